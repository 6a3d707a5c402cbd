// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lastlines.h"
#include "libtwinos.h"
#include "record.h"

/* What a large terminal shows. */
#define LINES_KEPT 128

/* One that writes without end must not keep us. */
#define RECORDS_A_LOOK 4096

/**
 * struct lastlines
 * @log: NULL: not open
 * @lines: number i of all that came at i % LINES_KEPT; malloc'd
 * @nr: of all that came
 * @trouble: "": there is none
 */
struct lastlines {
	char name[32];
	int fd;
	struct twinos_log *log;
	uint64_t life;
	char *lines[LINES_KEPT];
	size_t nr;
	char trouble[600];
};

struct lastlines *lastlines_open(const char *name)
{
	struct lastlines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	snprintf(lines->name, sizeof(lines->name), "%s", name);
	lines->fd = -1;
	return lines;
}

static void close_log(struct lastlines *lines)
{
	twinos_log_free(lines->log);
	lines->log = NULL;
	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = -1;
}

void lastlines_close(struct lastlines *lines)
{
	size_t i;

	if (!lines)
		return;
	for (i = 0; i < LINES_KEPT; i++)
		free(lines->lines[i]);
	close_log(lines);
	free(lines);
}

const char *lastlines_name(const struct lastlines *lines)
{
	return lines->name;
}

const char *lastlines_get(const struct lastlines *lines, size_t i)
{
	if (*lines->trouble)
		return i ? NULL : lines->trouble;
	if (i >= lines->nr || i >= LINES_KEPT)
		return NULL;
	return lines->lines[(lines->nr - 1 - i) % LINES_KEPT];
}

static void add_line(struct lastlines *lines, const char *text, size_t length)
{
	char **line = &lines->lines[lines->nr % LINES_KEPT];

	free(*line);
	*line = strndup(text, length);
	lines->nr++;
}

/* As 'twinctl dmesg' prints it. */
static void add_record(struct lastlines *lines,
		       const struct twinos_record *record)
{
	char *text = NULL, *line, *end;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return;
	record_lines(record, file, "\n");
	fclose(file);
	for (line = text; line && (end = strchr(line, '\n')); line = end + 1)
		add_line(lines, line, (size_t)(end - line));
	free(text);
}

static void open_ranges(struct lastlines *lines,
			const struct twinos_status *twins, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(twins[i].name, lines->name) && !lines->log)
			twinos_log_open(&lines->log, lines->fd, twins[i].ranges,
					twins[i].nr_ranges);
}

/* The twin may not have its memory yet, so it is tried again. */
static void open_log(struct lastlines *lines)
{
	struct twinos_status *twins;
	struct twinos_error err;
	size_t nr;

	*lines->trouble = '\0';
	if (lines->fd < 0)
		lines->fd = twinos_open(lines->name, &err);
	if (lines->fd < 0 || twinos_list(&twins, &nr, &err)) {
		snprintf(lines->trouble, sizeof(lines->trouble),
			 "its log can't be read: %s", err.text);
		return;
	}
	open_ranges(lines, twins, nr);
	twinos_list_free(twins, nr);
}

/* Another twin may have the name of one that is gone by the next look. */
static void tell_end(struct lastlines *lines, int ret)
{
	*lines->trouble = '\0';
	if (ret == -EAGAIN)
		strcpy(lines->trouble, "it has not set its log up yet");
	else if (ret < 0 && ret != -ENODEV)
		snprintf(lines->trouble, sizeof(lines->trouble),
			 "its log can't be read: %s", strerror(-ret));
	if (ret < 0 && ret != -EAGAIN)
		close_log(lines);
}

void lastlines_read(struct lastlines *lines, uint64_t life)
{
	int left = RECORDS_A_LOOK, ret = 0;
	struct twinos_record record;

	if (lines->life != life)
		close_log(lines);
	lines->life = life;
	if (!lines->log)
		open_log(lines);
	if (!lines->log)
		return;
	while (left-- && (ret = twinos_log_next(lines->log, &record)) > 0)
		add_record(lines, &record);
	tell_end(lines, ret);
}
