/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_IDLE_H
#define TWINOS_GUEST_IDLE_H

/* idle_init() - from now on an idle twin gives the CPU to the host */
int idle_init(void);

#endif
