// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "escape.h"
#include "exit.h"
#include "output.h"

/* struct twinos_error's text and an option's name fit. */
#define LINE_SIZE 1024

bool output_json;

/* Standard error has the reason already. */
static bool told;

/* Users name files in UTF-8; only control characters could forge a line. */
static void tame(char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			*line = '?';
}

static void print_error(int code, char *line)
{
	json_t *object;

	tame(line);
	if (!output_json) {
		fprintf(stderr, "twinctl: %s\n", line);
		told = true;
		return;
	}
	object = json_pack("{s:s, s:i}", "error", line, "exit", code);
	/* jansson takes no text that is not UTF-8 */
	if (!object) {
		char plain[LINE_SIZE * ESCAPE_MAX + 1];

		escape(plain, line, strlen(line), "");
		object = json_pack("{s:s, s:i}", "error", plain, "exit", code);
	}
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

int fail_code(const struct twinos_error *err)
{
	static const int codes[] = {
		[TWINOS_ERROR_SYSTEM] = EXIT_SYSTEM,
		[TWINOS_ERROR_USAGE] = EXIT_USAGE,
		[TWINOS_ERROR_IMAGE] = EXIT_IMAGE,
		[TWINOS_ERROR_MEMORY] = EXIT_MEMORY,
		[TWINOS_ERROR_CPU] = EXIT_CPU,
		[TWINOS_ERROR_NAME] = EXIT_NAME,
		[TWINOS_ERROR_MODULE] = EXIT_MODULE,
	};

	return codes[err->kind];
}

int fail(const struct twinos_error *err)
{
	return fail_with(fail_code(err), "%s", err->text);
}

int fail_with(int code, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	print_error(code, line);
	return code;
}

int fail_errno(const char *format, ...)
{
	int code = errno;
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return fail_with(EXIT_SYSTEM, "%s: %s", line, strerror(code));
}

int fail_usage(const char *command, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	print_error(EXIT_USAGE, line);
	if (!output_json)
		fprintf(stderr, "Try 'twinctl%s%s --help'.\n",
			command ? " " : "", command ? command : "");
	return EXIT_USAGE;
}

static void note_args(const char *format, va_list args)
{
	char line[LINE_SIZE];

	vsnprintf(line, sizeof(line), format, args);
	tame(line);
	if (!output_json)
		fprintf(stderr, "twinctl: %s\n", line);
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note_args(format, args);
	va_end(args);
}

void tell(bool log, int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (log) {
		openlog("twinctl", LOG_PID, LOG_DAEMON);
		vsyslog(priority, format, args);
		closelog();
	} else {
		note_args(format, args);
	}
	va_end(args);
}

int output_object(json_t *object, size_t flags)
{
	int ret;

	if (!object) {
		errno = ENOMEM;
		return fail_errno("cannot make the JSON output");
	}
	ret = json_dumpf(object, stdout, flags);
	json_decref(object);
	if (ret || putchar('\n') == EOF)
		return fail_errno("cannot write to standard output");
	return EXIT_OK;
}

/*
 * Only fclose() tells of a full disk. A reader that went away, as head(1) does,
 * has had what it wanted.
 */
void output_close(void)
{
	bool failed = ferror(stdout);

	if (fclose(stdout) == EOF)
		failed = errno != EPIPE;
	if (!failed || told)
		return;
	fprintf(stderr, "twinctl: cannot write to standard output\n");
	_exit(EXIT_SYSTEM);
}
