/* SPDX-License-Identifier: GPL-2.0-only */
/* A command in a twin, from this end. */
#ifndef TWINCTL_REMOTE_H
#define TWINCTL_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct remote_sink - where what the command writes goes
 * @fd: -1: nowhere, but...
 * @text: ...the first @size - 1 bytes here, with a NUL behind them; or NULL
 */
struct remote_sink {
	int fd;
	char *text;
	size_t size;
};

/**
 * struct remote - what is wanted
 * @argv: the command, NULL behind its last argument; NULL: what powers the twin off
 * @environment: NAME=VALUE each, as well; or NULL
 * @directory: where to run it; NULL: root's home
 * @tty: on a terminal there, of the size of the one here
 * @in: what it reads; -1: nothing
 * @out: what it writes
 * @err: what it complains of
 * @signals: of remote_signals(); -1: none is passed on
 * @until: of watch_now(): when to give up; -1: never
 * @progress: called with each number of bytes that was passed on, of @in, or of @out
 *	if there is no @in; or NULL
 */
struct remote {
	char *const *argv;
	char *const *environment;
	const char *directory;
	bool tty;
	int in;
	struct remote_sink out;
	struct remote_sink err;
	int signals;
	int64_t until;
	void (*progress)(void *ctx, size_t bytes);
	void *ctx;
};

enum remote_kind {
	REMOTE_EXITED, /* @value is its exit code */
	REMOTE_SIGNALED, /* by signal @value */
	REMOTE_REFUSED, /* the agent can't start it: errno @value, @text */
	REMOTE_NOT_RUN, /* as well, because there is none or it can't be run */
	REMOTE_LOST, /* the twin has hung up, or its agent: errno @value */
	REMOTE_LATE, /* @until is over */
	REMOTE_LEFT, /* several signals came, the last was @value */
	REMOTE_UNREAD, /* @in can't be read: errno @value */
	REMOTE_UNWRITTEN, /* @out or @err can't be written: errno @value */
};

/* struct remote_end - how it ended; @text comes from the twin */
struct remote_end {
	enum remote_kind kind;
	unsigned int value;
	char text[256];
};

/*
 * remote_signals() - from now on signals that would end this process, and those of
 * a window's change, are for the command; a signalfd or -errno
 */
int remote_signals(void);

/*
 * remote_run() - run it by the agent behind @fd, of agent_connect(). But for
 * REMOTE_EXITED and _SIGNALED it may still run and will get SIGHUP when @fd is closed.
 */
void remote_run(int fd, const struct remote *remote, struct remote_end *end);

/*
 * remote_fail() - print the line of an @end in twin @name that is neither _EXITED nor
 * _SIGNALED; an exit code. @what could not be done, such as "run 'x'".
 */
int remote_fail(const char *name, const char *what,
		const struct remote_end *end);

#endif
