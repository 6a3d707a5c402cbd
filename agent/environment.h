/* SPDX-License-Identifier: GPL-2.0-only */
/* What every command finds in its environment, whoever started the agent. */
#ifndef TWINOS_AGENT_ENVIRONMENT_H
#define TWINOS_AGENT_ENVIRONMENT_H

/*
 * environment_set() - of this process, with @additions behind it, NAME=VALUE each,
 * which stay the caller's; 0 or -ENOMEM
 */
int environment_set(char *const *additions);

/* environment_path() - its PATH */
const char *environment_path(void);

/* environment_home() - root's directory */
const char *environment_home(void);

#endif
