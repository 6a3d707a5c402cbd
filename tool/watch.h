/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for a twin's change of state. */
#ifndef TWINCTL_WATCH_H
#define TWINCTL_WATCH_H

#include "libtwinos.h"

/*
 * How often to look for a log that twinos_log_next() has not found yet (-EAGAIN):
 * each look is at all of the twin's memory.
 */
#define WATCH_SEARCH_MS 250

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
