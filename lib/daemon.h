/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process of our own that serves a device by vhost-user. It has the socket to listen
 * at as fd TWINOS_DAEMON_FD, and lives no longer than the thread that has started it.
 */
#ifndef TWINOS_LIB_DAEMON_H
#define TWINOS_LIB_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libtwinos.h"

#define TWINOS_DAEMON_FD 3
#define TWINOS_DAEMON_FD_TEXT "3"
#define TWINOS_DAEMON_ARGS 16

/**
 * struct twinos_daemon
 * @name: of the program, for people; not owned
 * @argv: NULL at its end; owned, see twinos_daemon_add_arg()
 * @read_only: a directory that it can't write below; NULL: none. Owned
 * @pid: 0: it does not run
 * @pidfd: of it
 * @said: what it has written to its standard output and error can be read there
 */
struct twinos_daemon {
	const char *name;
	char *argv[TWINOS_DAEMON_ARGS + 1];
	char *read_only;
	pid_t pid;
	int pidfd;
	int said;
};

/* twinos_daemon_add_arg() - the first one is the program's path; -ENOMEM, -E2BIG */
int twinos_daemon_add_arg(struct twinos_daemon *daemon, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * twinos_daemon_start() - the connection to it, or -errno; it may still turn out not to
 * answer, and then twinos_daemon_stop() tells why
 */
int twinos_daemon_start(struct twinos_daemon *daemon, struct twinos_error *err);

/*
 * twinos_daemon_stop() - ask it to end, and make it if it does not; nothing to do if it
 * does not run
 * @said: gets the last line that it has said, or how it ended if it did so before; NULL:
 *	nobody wants to know
 */
void twinos_daemon_stop(struct twinos_daemon *daemon, char *said, size_t size);

/* twinos_daemon_destroy() - free what it has, while it does not run */
void twinos_daemon_destroy(struct twinos_daemon *daemon);

#endif
