/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a twin that nobody asks. */
#ifndef TWINCTL_UNPLUG_H
#define TWINCTL_UNPLUG_H

#include <stdbool.h>
#include <stdint.h>

/* How long the process may take to let go, if nobody says otherwise. */
#define UNPLUG_MS 30000

/**
 * struct unplug - how
 * @force: kill the process that holds the twin if it does not let go of it...
 * @timeout_ms: ...in that time
 */
struct unplug {
	bool force;
	int64_t timeout_ms;
};

/*
 * unplug_twin() - stop the twin behind the observer @fd, unless it has ended already, and
 * wait until all that it had is given back; an exit code, with its line printed
 */
int unplug_twin(const struct unplug *unplug, int fd, const char *name);

#endif
