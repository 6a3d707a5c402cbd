/* SPDX-License-Identifier: GPL-2.0-only */
/* A twin for one command. */
#ifndef TWINCTL_ERRAND_H
#define TWINCTL_ERRAND_H

#include "options.h"

/*
 * errand_run() - start a twin, run @options' command in it and power it off; the exit code
 * is the command's, or that of the twin's end if it does not live so long
 */
int errand_run(struct options *options);

#endif
