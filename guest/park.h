/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_PARK_H
#define TWINOS_GUEST_PARK_H

#include <twinos/handover.h>

/* park_init() - whatever ends this kernel is told to the host */
int park_init(struct twinos_handover *handover);

/*
 * park() - this CPU does nothing any more, and the host is told that it may take
 * the twin's CPUs; from any context
 * @life: TWINOS_LIFE_*; a panic that was told of before stays one
 */
void park(u32 life);

#endif
