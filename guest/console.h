/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal that the host's user sees: hvc0. */
#ifndef TWINOS_GUEST_CONSOLE_H
#define TWINOS_GUEST_CONSOLE_H

#include <twinos/handover.h>

/* console_init() - from now on there is a hvc0 */
int console_init(struct twinos_handover *handover);

/* console_called() - the host has written to it, or its terminal has a new size */
void console_called(void);

#endif
