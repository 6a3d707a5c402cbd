// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "output.h"
#include "record.h"

static void print_line(const struct twinos_record *record, const char *line,
		       size_t length, FILE *file, const char *end)
{
	fprintf(file, "[%5llu.%06llu] %.*s%s",
		(unsigned long long)(record->ts_nsec / 1000000000),
		(unsigned long long)(record->ts_nsec / 1000 % 1000000),
		(int)length, line, end);
}

/* As the kernel's console does, so that no text can forge a line's stamp. */
static void print_lines(const struct twinos_record *record, const char *text,
			FILE *file, const char *end)
{
	size_t length;

	if (record->lost)
		fprintf(file, "twinctl: %llu records were overwritten unread%s",
			(unsigned long long)record->lost, end);
	for (;;) {
		length = strcspn(text, "\n");
		print_line(record, text, length, file, end);
		if (!text[length])
			return;
		text += length + 1;
	}
}

/* A hostile twin can write numbers that JSON's signed ones can't hold. */
static json_int_t clamp(uint64_t number)
{
	return number > INT64_MAX ? INT64_MAX : (json_int_t)number;
}

static int print_object(const struct twinos_record *record, const char *text,
			FILE *file)
{
	json_t *object;
	int ret;

	object = json_pack("{s:I, s:I, s:i, s:i, s:I, s:s}", "seq",
			   clamp(record->seq), "ts_nsec",
			   clamp(record->ts_nsec), "facility",
			   (int)record->facility, "level", (int)record->level,
			   "lost", clamp(record->lost), "text", text);
	if (!object)
		return -ENOMEM;
	ret = json_dumpf(object, file, JSON_COMPACT);
	json_decref(object);
	fputc('\n', file);
	return ret ? -EIO : 0;
}

/* What may stand on a terminal and in JSON; malloc'd, NULL if there is no memory. */
static char *harmless_text(const struct twinos_record *record)
{
	char *text = malloc(record->length * ESCAPE_MAX + 1);

	if (text)
		escape(text, record->text, record->length, "\n\t");
	return text;
}

int record_lines(const struct twinos_record *record, FILE *file,
		 const char *end)
{
	char *text = harmless_text(record);

	if (!text)
		return -ENOMEM;
	print_lines(record, text, file, end);
	free(text);
	return 0;
}

int record_write(const struct twinos_record *record, FILE *file)
{
	char *text = harmless_text(record);
	int ret;

	if (!text)
		return -ENOMEM;
	ret = print_object(record, text, file);
	free(text);
	return ret;
}

int record_print(const struct twinos_record *record)
{
	char *text = harmless_text(record);
	int ret = 0;

	if (!text)
		return -ENOMEM;
	if (output_json)
		ret = print_object(record, text, stdout);
	else
		print_lines(record, text, stdout, "\n");
	free(text);
	if (fflush(stdout) == EOF)
		return -errno;
	return ret;
}

bool record_can_print(int timeout_ms)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	/* POLLERR, from a pipe without a reader: let the write say so. */
	return poll(&out, 1, timeout_ms) > 0;
}
