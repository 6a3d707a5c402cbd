/* SPDX-License-Identifier: GPL-2.0-only */
/* The one loop over a running twin: its log, its end, and who wants to stop it. */
#ifndef TWINCTL_FOLLOW_H
#define TWINCTL_FOLLOW_H

#include <sys/types.h>
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

/**
 * struct follow_how - what is wanted
 * @signals: of follow_signals()
 * @print: its log goes to standard output, to the last line, and how it is to whom
 *	notify.h tells
 * @seat: of sit_down(): while this process runs it is what prints; 0: there is none
 * @terminal: what its log and its programs print goes there, and what comes from
 *	there to its programs; NULL: nowhere
 * @control: orders come from there; NULL: nowhere
 * @hang_ms: it hangs when one of its CPUs had no heartbeat for so long; 0: never
 * @stop_hung: and is stopped then
 */
struct follow_how {
	int signals;
	bool print;
	pid_t seat;
	struct terminal *terminal;
	struct control *control;
	int64_t hang_ms;
	bool stop_hung;
};

/*
 * follow_signals() - from now on SIGINT, SIGTERM and SIGHUP stop the twin that
 * is followed, not this process; the signalfd, or -errno
 */
int follow_signals(void);

/*
 * follow_twin() - until the twin has ended, whose log is kept then
 * (lastlog_save()); it is stopped if its kernel has come to its end, or if a signal
 * came. How it is goes into its state, for everybody.
 * -errno if it could be neither followed nor stopped.
 */
int follow_twin(struct twinos_twin *twin, const struct follow_how *how,
		struct follow_end *end, struct twinos_error *err);

/*
 * follow_had_a_turn() - a twin in shared mode can fail at its start and yet have
 * run: @err of twinos_twin_start() says so
 */
bool follow_had_a_turn(const struct twinos_error *err);

/*
 * follow_rest() - read the log of a twin that does not run any more, print it with
 * @print, and keep it; true if it tells of a panic
 */
bool follow_rest(struct twinos_twin *twin, bool print);

#endif
