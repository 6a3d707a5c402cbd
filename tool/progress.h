/* SPDX-License-Identifier: GPL-2.0-only */
/* A bar on standard error, for a person who waits at a terminal. */
#ifndef TWINCTL_PROGRESS_H
#define TWINCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown; /* there is somebody to show it to */
	int64_t next; /* not before this time */
};

/* progress_begin() - nothing is ever shown but on a terminal, without --json */
void progress_begin(struct progress *progress);
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* progress_end() - the line is empty again */
void progress_end(struct progress *progress);

#endif
