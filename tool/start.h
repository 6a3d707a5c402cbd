/* SPDX-License-Identifier: GPL-2.0-only */
/* A twin that another process holds. */
#ifndef TWINCTL_START_H
#define TWINCTL_START_H

#include "options.h"

/*
 * start_bound() - as 'twinctl start', but silently, and the twin ends when this process
 * does, or when its kernel panics; 0 with its name, or an exit code with its line printed
 */
int start_bound(struct options *options, char name[TWINOS_NAME_SIZE]);

#endif
