// SPDX-License-Identifier: LGPL-2.1-or-later
/* Every twin of the host, as /sys/class/twinos shows it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/twinos.h>

#include "error.h"
#include "status.h"

#define CLASS_DIR "/sys/class/twinos"
#define ATTRIBUTE_MAX 4096 /* sysfs shows no more */

static const char *const state_names[] = TWINOS_STATE_NAMES;
static const char *const reason_names[] = TWINOS_REASON_NAMES;
static const char *const kind_names[] = TWINOS_MEMORY_NAMES;

#define COUNT(names) (sizeof(names) / sizeof(*(names)))

static const char *name_of(const char *const *names, size_t nr, unsigned int i)
{
	return i < nr ? names[i] : "unknown";
}

/* The number of a word, or @nr if it is none of them. */
static unsigned int number_of(const char *const *names, size_t nr,
			      const char *word)
{
	unsigned int i;

	for (i = 0; i < nr && strcmp(names[i], word); i++)
		;
	return i;
}

const char *twinos_state_name(unsigned int state)
{
	return name_of(state_names, COUNT(state_names), state);
}

const char *twinos_reason_name(unsigned int reason)
{
	return name_of(reason_names, COUNT(reason_names), reason);
}

/* Reads an attribute without its closing newline; "" if it is gone. */
static void read_attribute(int dir, const char *name, char *text)
{
	ssize_t length = 0;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, ATTRIBUTE_MAX);
		close(fd);
	}
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length > 0 ? length : 0] = '\0';
}

/* In base 10, or in hexadecimal behind 0x. */
static uint64_t read_number(int dir, const char *name)
{
	char text[ATTRIBUTE_MAX + 1];

	read_attribute(dir, name, text);
	return strtoull(text, NULL, strncmp(text, "0x", 2) ? 10 : 16);
}

/* A module from before shared mode has none of these: dedicated, and zeros. */
static void read_mode(struct twinos_status *status, int dir)
{
	struct twinos_vcpu *vcpu = &status->vcpu;
	char text[ATTRIBUTE_MAX + 1];

	read_attribute(dir, "mode", text);
	status->shared = !strcmp(text, "shared");
	vcpu->pid = (pid_t)read_number(dir, "vcpu/pid");
	vcpu->slice_us = (unsigned int)read_number(dir, "vcpu/slice_us");
	vcpu->switches = read_number(dir, "vcpu/switches");
	vcpu->run_ns = read_number(dir, "vcpu/run_ns");
	vcpu->switch_ns = read_number(dir, "vcpu/switch_ns");
	vcpu->steal_ns = read_number(dir, "vcpu/steal_ns");
	vcpu->forwarded = read_number(dir, "vcpu/forwarded");
	vcpu->reraised = read_number(dir, "vcpu/reraised");
	vcpu->unclaimed = read_number(dir, "vcpu/unclaimed");
}

static void read_bells(struct twinos_bells *bells, int dir)
{
	bells->irq = (unsigned int)read_number(dir, "doorbell/irq");
	bells->kicks = read_number(dir, "doorbell/kicks");
	bells->calls = read_number(dir, "doorbell/calls");
	bells->kicks_helped = read_number(dir, "doorbell/kicks_helped");
	bells->calls_helped = read_number(dir, "doorbell/calls_helped");
	bells->bad_targets = read_number(dir, "doorbell/bad_targets");
}

static int parse_cpus(struct twinos_status *status, char *text)
{
	char *word, *rest = text;

	status->cpus = calloc(strlen(text) / 2 + 1, sizeof(*status->cpus));
	if (!status->cpus)
		return -ENOMEM;
	while ((word = strsep(&rest, ",")))
		if (*word)
			status->cpus[status->nr_cpus++] =
				strtoul(word, NULL, 10);
	return 0;
}

static int parse_memory(struct twinos_status *status, char *text)
{
	struct twinos_range *range;
	char *line, *rest = text;
	char kind[16];

	status->ranges = calloc(TWINOS_MAX_RANGES, sizeof(*status->ranges));
	if (!status->ranges)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n")) &&
	       status->nr_ranges < TWINOS_MAX_RANGES) {
		range = &status->ranges[status->nr_ranges];
		if (sscanf(line, "%15s %" SCNx64 " %" SCNx64, kind,
			   &range->start, &range->length) != 3)
			continue;
		range->kind = number_of(kind_names, COUNT(kind_names), kind);
		if (range->kind != TWINOS_MEMORY_LOW)
			status->memory += range->length;
		status->nr_ranges++;
	}
	return 0;
}

static void parse_changes(struct twinos_status *status, char *text)
{
	struct twinos_change *change;
	char state[16], reason[16];
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) &&
	       status->nr_changes < TWINOS_CHANGES_MAX) {
		change = &status->changes[status->nr_changes];
		if (sscanf(line, "%" SCNd64 " %15s %15s", &change->time_ms,
			   state, reason) != 3)
			continue;
		change->state =
			number_of(state_names, COUNT(state_names), state);
		change->reason =
			number_of(reason_names, COUNT(reason_names), reason);
		status->nr_changes++;
	}
}

static int read_status(struct twinos_status *status, int dir, const char *name)
{
	char text[ATTRIBUTE_MAX + 1];
	int ret;

	snprintf(status->name, sizeof(status->name), "%.31s", name);
	read_attribute(dir, "state", text);
	status->state = number_of(state_names, COUNT(state_names), text);
	read_attribute(dir, "reason", text);
	status->reason = number_of(reason_names, COUNT(reason_names), text);
	read_attribute(dir, "owner", text);
	status->owner = strtol(text, NULL, 10);
	read_attribute(dir, "age_ms", text);
	status->age_ms = strtoll(text, NULL, 10);
	status->starts = read_number(dir, "starts");
	status->handover = read_number(dir, "handover");
	read_mode(status, dir);
	read_bells(&status->bells, dir);
	read_attribute(dir, "changes", text);
	parse_changes(status, text);
	read_attribute(dir, "cpus", text);
	ret = parse_cpus(status, text);
	if (ret)
		return ret;
	read_attribute(dir, "memory", text);
	return parse_memory(status, text);
}

static int add_status(struct twinos_status **list, size_t *nr, int class_dir,
		      const char *name)
{
	struct twinos_status *longer;
	int dir, ret;

	dir = openat(class_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0; /* it has ended since */
	longer = realloc(*list, (*nr + 1) * sizeof(**list));
	ret = -ENOMEM;
	if (longer) {
		*list = longer;
		memset(&longer[*nr], 0, sizeof(*longer));
		ret = read_status(&longer[(*nr)++], dir, name);
	}
	close(dir);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	const struct twinos_status *x = a, *y = b;

	return strcmp(x->name, y->name);
}

uint64_t twinos_status_run_ns(const char *name)
{
	char path[64 + sizeof(CLASS_DIR)];
	uint64_t run_ns;
	int dir;

	snprintf(path, sizeof(path), CLASS_DIR "/%.31s", name);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	run_ns = read_number(dir, "vcpu/run_ns");
	close(dir);
	return run_ns;
}

int twinos_list(struct twinos_status **list, size_t *nr,
		struct twinos_error *err)
{
	struct dirent *entry;
	DIR *dir;
	int ret = 0;

	*list = NULL;
	*nr = 0;
	dir = opendir(CLASS_DIR);
	if (!dir)
		return twinos_fail(
			err, TWINOS_ERROR_MODULE, errno,
			"the module is not loaded: try 'modprobe twinos'");
	while (!ret && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			ret = add_status(list, nr, dirfd(dir), entry->d_name);
	closedir(dir);
	if (ret) {
		twinos_list_free(*list, *nr);
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "out of memory");
	}
	if (*nr)
		qsort(*list, *nr, sizeof(**list), by_name);
	return 0;
}

void twinos_list_free(struct twinos_status *list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		free(list[i].cpus);
		free(list[i].ranges);
	}
	free(list);
}
