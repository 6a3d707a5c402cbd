/* SPDX-License-Identifier: GPL-2.0-only */
/* What 'twinctl exec' does, for who has a connection to the agent. */
#ifndef TWINCTL_EXEC_H
#define TWINCTL_EXEC_H

#include "remote.h"

/* exec_open_files() - see to it that 0, 1 and 2 are open; 0 or an exit code */
int exec_open_files(void);

/*
 * exec_run() - the command @argv by the agent behind @fd, as with no option: 0, or an exit
 * code if that can't be done at all, with its line printed
 */
int exec_run(int fd, char *const *argv, struct remote_end *end);

/* exec_code() - the exit code for @end; where there is no other one, with a line */
int exec_code(const char *name, const char *command,
	      const struct remote_end *end);

#endif
