/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A twin that outlives its supervisor: this process keeps the twin, with all that its
 * devices need, and a child supervises it. If the child is killed the twin goes on, and
 * `twinctl attach` has another one made.
 */
#ifndef TWINCTL_KEEP_H
#define TWINCTL_KEEP_H

#include "follow.h"

/* keep_follow() - as follow_twin(), by a child; serves @how->control meanwhile */
int keep_follow(struct twinos_twin *twin, const struct follow_how *how,
		struct follow_end *end, struct twinos_error *err);

#endif
