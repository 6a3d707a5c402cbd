/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_HOOK_H
#define TWINOS_GUEST_HOOK_H

#include <twinos/handover.h>

/* hook_init() - take note of the host's interrupts in shared->vectors */
int hook_init(struct twinos_shared *shared);

#endif
