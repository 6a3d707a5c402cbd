/* SPDX-License-Identifier: GPL-2.0-only */
/* A twin that runs, from its start to its last end. */
#ifndef TWINCTL_LIVES_H
#define TWINCTL_LIVES_H

#include "follow.h"
#include "options.h"

/*
 * lives_follow() - follow the running @twin; dump it when it panics or hangs and
 * start it anew as @options say. With @print the log and what happens go to the
 * terminal, else to syslog(3). -errno if it could not be followed, stopped or
 * started anew.
 */
int lives_follow(const struct options *options, struct twinos_twin *twin,
		 int signals, bool print, struct follow_end *end,
		 struct twinos_error *err);

/* lives_open_terminal() - where people can work at @twin; NULL if it can't be had */
struct terminal *lives_open_terminal(struct twinos_twin *twin, bool print);

#endif
