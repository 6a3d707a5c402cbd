/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_PARK_H
#define TWINOS_GUEST_PARK_H

#include <twinos/handover.h>

/* park_init() - whatever ends this kernel gives the CPU to the host for good */
int park_init(struct twinos_handover *handover);

#endif
