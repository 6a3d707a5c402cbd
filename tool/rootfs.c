// SPDX-License-Identifier: GPL-2.0-only
/* guest/root/system is the other side: it mounts what the command line names. */
#include <errno.h>
#include <linux/twinos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "escape.h"
#include "exit.h"
#include "lastlog.h"
#include "output.h"
#include "rootfs.h"
#include "spec.h"
#include "spec_value.h"
#include "twins.h"

/* How the line of no_root() in guest/root/system begins. */
#define NO_ROOT "twinos: no root: "
#define WHY_MAX 300

/* What a disk takes, and what is for us alone. */
static const struct twinos_spec_key keys[] = {
	{ "path", false },	{ "partition", false }, { "ro", true },
	{ "direct", true },	{ "format", false },	{ "serial", false },
	{ "busy-poll", false }, { NULL, false },
};

static int parse(struct twinos_spec *spec, const char *text,
		 uint64_t *partition, struct twinos_error *err)
{
	int ret = twinos_spec_parse(spec, "root", text, "path", keys, err);

	if (ret)
		return ret;
	*partition = 0;
	if (!twinos_spec_get(spec, "path"))
		ret = twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				  "root: no directory or image is given");
	if (!ret)
		ret = twinos_spec_number(spec, "partition", 1,
					 ROOTFS_PARTITION_MAX, partition, err);
	if (ret)
		twinos_spec_free(spec);
	return ret;
}

int rootfs_check(const char *text, struct twinos_error *err)
{
	struct twinos_spec spec;
	uint64_t partition;
	int ret = parse(&spec, text, &partition, err);

	if (!ret)
		twinos_spec_free(&spec);
	return ret;
}

/* ---- the device --------------------------------------------------------------- */

/* Commas that are meant are doubled in what a device takes. */
static void put(FILE *file, const char *text)
{
	for (; *text; fputc(*text++, file))
		if (*text == ',')
			fputc(',', file);
}

static void put_word(FILE *file, const struct twinos_spec *spec, size_t i)
{
	fprintf(file, ",%s", spec->keys[i]);
	if (!spec->values[i])
		return;
	fputc('=', file);
	put(file, spec->values[i]);
}

static int make_device(struct rootfs *rootfs, const struct twinos_spec *spec,
		       struct twinos_error *err)
{
	size_t i, size;
	FILE *file = open_memstream(&rootfs->device, &size);

	if (!file)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	fputs(rootfs->directory ? "dir=" : "file=", file);
	put(file, twinos_spec_get(spec, "path"));
	if (rootfs->directory)
		fputs(":" ROOTFS_TAG ",cached", file);
	for (i = 0; i < spec->nr; i++)
		if (strcmp(spec->keys[i], "path") &&
		    strcmp(spec->keys[i], "partition"))
			put_word(file, spec, i);
	if (!fclose(file))
		return 0;
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM, "out of memory");
}

/* ---- the command line --------------------------------------------------------- */

/* Names of cards by where they are would say nothing: they are nowhere. */
static void make_cmdline(struct rootfs *rootfs, uint64_t partition,
			 bool read_only, bool serve)
{
	char where[64] = "root=" ROOTFS_TAG " rootfstype=virtiofs";

	if (!rootfs->directory)
		snprintf(where, sizeof(where),
			 partition ? "root=/dev/vda%u" : "root=/dev/vda",
			 (unsigned int)partition);
	snprintf(rootfs->cmdline, sizeof(rootfs->cmdline),
		 "%s %s net.ifnames=0%s", where, read_only ? "ro" : "rw",
		 serve ? " twinos.agent" : "");
}

static int look_at(const char *path, bool *directory, struct twinos_error *err)
{
	struct stat stat_buf;

	if (stat(path, &stat_buf))
		return twinos_fail(err, TWINOS_ERROR_IMAGE, errno,
				   "root '%.256s': %s", path, strerror(errno));
	*directory = S_ISDIR(stat_buf.st_mode);
	return 0;
}

static int check_directory(const struct twinos_spec *spec,
			   struct twinos_error *err)
{
	size_t i;

	for (i = 0; i < spec->nr; i++)
		if (strcmp(spec->keys[i], "path") &&
		    strcmp(spec->keys[i], "ro") &&
		    strcmp(spec->keys[i], "name"))
			return twinos_fail(
				err, TWINOS_ERROR_USAGE, EINVAL,
				"root: '%s' is for images, and '%.256s' is a directory",
				spec->keys[i], twinos_spec_get(spec, "path"));
	return 0;
}

static int open_spec(struct rootfs *rootfs, const struct twinos_spec *spec,
		     uint64_t partition, bool serve, struct twinos_error *err)
{
	int ret =
		look_at(twinos_spec_get(spec, "path"), &rootfs->directory, err);

	if (!ret && rootfs->directory)
		ret = check_directory(spec, err);
	if (ret)
		return ret;
	make_cmdline(rootfs, partition, twinos_spec_has(spec, "ro"), serve);
	return make_device(rootfs, spec, err);
}

int rootfs_open(struct rootfs *rootfs, const char *text, bool serve,
		struct twinos_error *err)
{
	struct twinos_spec spec;
	uint64_t partition;
	int ret = parse(&spec, text, &partition, err);

	if (ret)
		return ret;
	ret = open_spec(rootfs, &spec, partition, serve, err);
	twinos_spec_free(&spec);
	return ret;
}

void rootfs_release(struct rootfs *rootfs)
{
	free(rootfs->device);
	rootfs->device = NULL;
}

/* ---- its end ------------------------------------------------------------------ */

static bool take_why(const struct twinos_record *record, char *why)
{
	size_t length = strlen(NO_ROOT);

	if (strncmp(record->text, NO_ROOT, length))
		return false;
	snprintf(why, WHY_MAX, "%s", record->text + length);
	return true;
}

static bool find_why(const char *name, char *why)
{
	struct twinos_record record;
	bool found = false;
	char *text;
	time_t when;
	FILE *file = lastlog_open(LASTLOG_DIR, name, &when);

	while (file && !found && lastlog_next(file, &record, &text)) {
		found = take_why(&record, why);
		free(text);
	}
	if (file)
		fclose(file);
	return found;
}

int rootfs_end(const char *name, unsigned int state, unsigned int reason)
{
	char why[WHY_MAX], plain[WHY_MAX * ESCAPE_MAX];

	if (reason != TWINOS_REASON_PANICKED || !find_why(name, why))
		return twins_end(name, state, reason);
	if (output_json) {
		twins_end(name, state, reason);
		return EXIT_IMAGE;
	}
	escape(plain, why, strlen(why), "");
	return fail_with(EXIT_IMAGE, "twin '%s' has no root: %s", name, plain);
}
