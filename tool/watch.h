/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for a twin's change of state. */
#ifndef TWINCTL_WATCH_H
#define TWINCTL_WATCH_H

#include "libtwinos.h"

/* watch_now() - milliseconds of a clock that nobody sets */
int64_t watch_now(void);

/*
 * watch_until() - wait until @reached says so of the state of the twin behind
 * @fd; @timeout_ms below 0 is for ever. 0, -ETIMEDOUT or -errno; @state and
 * @reason are the last ones seen.
 */
int watch_until(int fd, bool (*reached)(unsigned int state), int64_t timeout_ms,
		unsigned int *state, unsigned int *reason);

#endif
