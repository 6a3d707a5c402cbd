// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "lastlog.h"
#include "output.h"
#include "record.h"

/* Of a record: so many empty ones must not make a large file either. */
static size_t size_of(const struct twinos_record *record)
{
	return record->length + 96;
}

/* How many of its first bytes must go. */
static int measure(struct twinos_log *log, size_t *surplus)
{
	struct twinos_record record;
	size_t length = 0;
	int ret;

	twinos_log_rewind(log);
	while ((ret = twinos_log_next(log, &record)) > 0)
		length += size_of(&record);
	*surplus = length > LASTLOG_MAX ? length - LASTLOG_MAX : 0;
	return ret;
}

static int write_records(struct twinos_log *log, size_t surplus, FILE *file)
{
	struct twinos_record record;
	uint64_t left_out = 0;
	int ret;

	twinos_log_rewind(log);
	while ((ret = twinos_log_next(log, &record)) > 0) {
		if (surplus) {
			surplus -= MIN(size_of(&record), surplus);
			left_out += 1 + record.lost;
			continue;
		}
		record.lost += left_out;
		left_out = 0;
		ret = record_write(&record, file);
		if (ret)
			break;
	}
	return ret;
}

static FILE *create(const char *path)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

static int write_file(struct twinos_log *log, size_t surplus, const char *path)
{
	FILE *file = create(path);
	int ret;

	if (!file)
		return -errno;
	ret = write_records(log, surplus, file);
	if (fclose(file) && !ret)
		ret = -errno;
	return ret;
}

static void name_file(char *path, size_t size, const char *dir,
		      const char *name)
{
	snprintf(path, size, "%s/%s.log", dir, name);
}

int lastlog_make_dir(const char *dir)
{
	return mkdir(dir, 0700) && errno != EEXIST ? -errno : 0;
}

int lastlog_keep(const char *dir, const char *name, struct twinos_log *log)
{
	char path[PATH_MAX], new[PATH_MAX + 4];
	size_t surplus;
	int ret;

	ret = measure(log, &surplus);
	if (ret)
		return ret;
	ret = lastlog_make_dir(dir);
	if (ret)
		return ret;
	name_file(path, sizeof(path), dir, name);
	snprintf(new, sizeof(new), "%s.new", path);
	/* Whoever reads the old one meanwhile reads it to its end. */
	ret = write_file(log, surplus, new);
	if (!ret && rename(new, path))
		ret = -errno;
	if (ret)
		unlink(new);
	return ret;
}

void lastlog_save(const char *name, struct twinos_log *log, bool quiet)
{
	int ret = lastlog_keep(LASTLOG_DIR, name, log);

	if (ret)
		tell(quiet, LOG_WARNING,
		     "the last log of twin '%s' is not kept: %s", name,
		     strerror(-ret));
}

FILE *lastlog_open(const char *dir, const char *name, time_t *when)
{
	char path[PATH_MAX];
	struct stat stat;
	FILE *file;

	name_file(path, sizeof(path), dir, name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	*when = fstat(fileno(file), &stat) ? 0 : stat.st_mtime;
	return file;
}

int lastlog_next(FILE *file, struct twinos_record *record, char **text)
{
	json_int_t seq, ts_nsec, lost;
	const char *string;
	json_t *object;
	int facility, level;

	object = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
	if (json_unpack(object, "{s:I, s:I, s:i, s:i, s:I, s:s}", "seq", &seq,
			"ts_nsec", &ts_nsec, "facility", &facility, "level",
			&level, "lost", &lost, "text", &string)) {
		json_decref(object);
		return 0;
	}
	*text = strdup(string);
	json_decref(object);
	if (!*text)
		return 0;
	*record = (struct twinos_record){
		.seq = (uint64_t)seq,
		.ts_nsec = (uint64_t)ts_nsec,
		.facility = (unsigned int)facility,
		.level = (unsigned int)level,
		.lost = (uint64_t)lost,
		.text = *text,
		.length = strlen(*text),
	};
	return 1;
}
