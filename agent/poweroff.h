/* SPDX-License-Identifier: GPL-2.0-only */
/* How a twin is powered off in order. */
#ifndef TWINOS_AGENT_POWEROFF_H
#define TWINOS_AGENT_POWEROFF_H

/*
 * poweroff_command() - what asks this system's init for it, with its arguments; NULL if
 * there is no such program
 */
char *const *poweroff_command(void);

/* poweroff_now() - without init, but with what is to be written on the disks; an errno */
int poweroff_now(void);

#endif
