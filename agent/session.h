/* SPDX-License-Identifier: GPL-2.0-only */
/* One connection of the host's, from its hello to its end. */
#ifndef TWINOS_AGENT_SESSION_H
#define TWINOS_AGENT_SESSION_H

#include <stdbool.h>

/**
 * struct session_options
 * @poweroff: program that powers the twin off; NULL: what is found
 * @only_here: this is a test: never call reboot(2), nor what is found
 */
struct session_options {
	char *poweroff;
	bool only_here;
};

/*
 * session_run() - serve the host at @fd, in a process of its own; returns when it has
 * hung up
 */
void session_run(int fd, const struct session_options *options);

#endif
