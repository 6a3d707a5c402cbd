/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPUs have done with their time, for the host to see. */
#ifndef TWINOS_GUEST_TIMES_H
#define TWINOS_GUEST_TIMES_H

#include <twinos/handover.h>

/* times_init() - before anybody calls times_show() */
int times_init(struct twinos_handover *handover);

/* times_show() - of this CPU, in a timer of its own */
void times_show(void);

#endif
