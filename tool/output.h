/* SPDX-License-Identifier: GPL-2.0-only */
/* What every command says alike: errors, JSON, and the end of standard output. */
#ifndef TWINCTL_OUTPUT_H
#define TWINCTL_OUTPUT_H

#include <jansson.h>

#include "libtwinos.h"

/* Set by --json: objects, errors among them, go to standard output. */
extern bool output_json;

/*
 * Each prints one line and returns the exit code that goes with it:
 * fail() - a failure of the library; fail_code() - that exit code alone
 * fail_with() - one of our own, @code is the exit code
 * fail_errno() - one of the system, whose errno it adds
 * fail_usage() - a mistake on the command line of @command; NULL: before it
 */
int fail(const struct twinos_error *err);
int fail_code(const struct twinos_error *err);
int fail_with(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fail_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* note() - one line for a person on standard error; nothing with --json */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* tell() - note(), or with @log one line of @priority to syslog(3) */
void tell(bool log, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * output_object() - print @object, release it; @flags as for json_dumpf()
 * Returns 0 or an exit code, with its line printed.
 */
int output_object(json_t *object, size_t flags);

/* output_close() - at exit: what could not be written is an error */
void output_close(void);

#endif
