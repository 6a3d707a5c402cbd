/* SPDX-License-Identifier: GPL-2.0-only */
/* What twinctl's exit code says; the table stands in twinctl(8) too. */
#ifndef TWINCTL_EXIT_H
#define TWINCTL_EXIT_H

enum exit_code {
	EXIT_OK = 0, /* also: the twin halted or was stopped on request */
	EXIT_SYSTEM = 1, /* the machine said no, or the twin was lost */
	EXIT_USAGE = 2,
	EXIT_IMAGE = 3,
	EXIT_MEMORY = 4,
	EXIT_CPU = 5,
	EXIT_NAME = 6,
	EXIT_MODULE = 7,
	EXIT_PANICKED = 8,
	EXIT_TIMED_OUT = 9,
	EXIT_UNFIT = 10, /* doctor: twins can't run here */
	EXIT_UNKNOWN = 11, /* doctor: not all that decides could be seen */
	EXIT_HUNG = 12,
};

#endif
