/* SPDX-License-Identifier: GPL-2.0-only */
/* The one loop over a running twin: its log, its end, and who wants to stop it. */
#ifndef TWINCTL_FOLLOW_H
#define TWINCTL_FOLLOW_H

#include "libtwinos.h"

/**
 * struct follow_end - how it ended
 * @state: TWINOS_STOPPED or TWINOS_LOST
 * @reason: TWINOS_REASON_*
 * @log_error: -errno of the log reader at the end, 0 if all was read
 * @print_error: -errno of standard output, 0 if all was written
 */
struct follow_end {
	unsigned int state;
	unsigned int reason;
	int log_error;
	int print_error;
};

/*
 * follow_signals() - from now on SIGINT, SIGTERM and SIGHUP stop the twin that
 * is followed, not this process; the signalfd, or -errno
 */
int follow_signals(void);

/*
 * follow_twin() - until the twin has ended; it is stopped if it has parked or
 * panicked, or if a signal came. With @print its log goes to standard output,
 * to the last line. -errno if it could be neither followed nor stopped.
 */
int follow_twin(struct twinos_twin *twin, int signals, bool print,
		struct follow_end *end, struct twinos_error *err);

/* follow_rest() - print the log of a twin that does not run any more */
void follow_rest(struct twinos_twin *twin);

#endif
