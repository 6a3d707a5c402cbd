/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_BEAT_H
#define TWINOS_GUEST_BEAT_H

#include <twinos/handover.h>

/* beat_init() - every CPU shows from now on that it takes interrupts */
int beat_init(struct twinos_handover *handover);

#endif
