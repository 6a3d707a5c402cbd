/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal that the host's user sees: hvc0. */
#ifndef TWINOS_GUEST_CONSOLE_H
#define TWINOS_GUEST_CONSOLE_H

#include <twinos/handover.h>

/* console_init() - from now on there is a hvc0; after doorbell_init() */
int console_init(struct twinos_handover *handover);

#endif
