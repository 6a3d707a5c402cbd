/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_GUEST_WALL_H
#define TWINOS_GUEST_WALL_H

#include <twinos/handover.h>

/* wall_init() - set the clock by the host's, now and from time to time */
void wall_init(const struct twinos_shared *shared);

#endif
