// SPDX-License-Identifier: LGPL-2.1-or-later
/* A directory of the host's for a twin to mount, which virtiofsd serves. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "program.h"
#include "spec_value.h"
#include "vhost_user_device.h"

#define PROGRAM "virtiofsd"

/* No part of anybody's path. */
#define DIRECTORIES "/usr/lib/qemu"

static int find_program(char path[PATH_MAX], struct twinos_error *err)
{
	if (twinos_program_find(PROGRAM, DIRECTORIES, path))
		return 0;
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOENT,
			   "share: the program " PROGRAM
			   " is not there: install the package "
			   "qemu-system-common");
}

/* The whole path of a directory; NULL, with a line in @err */
static char *find_directory(const char *path, struct twinos_error *err)
{
	char *whole = realpath(path, NULL);
	struct stat stat_buf;

	if (whole && stat(whole, &stat_buf)) {
		free(whole);
		whole = NULL;
	}
	if (!whole) {
		twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
			    "share: directory '%s': %s", path, strerror(errno));
		return NULL;
	}
	if (S_ISDIR(stat_buf.st_mode))
		return whole;
	twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOTDIR,
		    "share: '%s' is no directory", path);
	free(whole);
	errno = ENOTDIR;
	return NULL;
}

/* In its options a comma ends a value unless a backslash is before it. */
static char *escape(const char *text)
{
	char *escaped = malloc(2 * strlen(text) + 1), *to = escaped;

	if (!escaped)
		return NULL;
	for (; *text; *to++ = *text++)
		if (*text == ',' || *text == '\\')
			*to++ = '\\';
	*to = '\0';
	return escaped;
}

/*
 * A file's pages are dropped whenever it is opened, a library's by each program that
 * starts, unless it is told to keep them; that they are stale is seen by the attributes
 * then, which hold for a second.
 */
#define CACHED ",cache=always,timeout=1"

static int add_args(struct twinos_daemon *daemon, const char *program,
		    const char *source, bool cached)
{
	int ret = twinos_daemon_add_arg(daemon, "%s", program);

	daemon->name = PROGRAM;
	if (!ret)
		ret = twinos_daemon_add_arg(daemon,
					    "--fd=" TWINOS_DAEMON_FD_TEXT);
	if (!ret)
		ret = twinos_daemon_add_arg(daemon, "-o");
	if (!ret)
		ret = twinos_daemon_add_arg(daemon,
					    "log_level=warn%s,source=%s",
					    cached ? CACHED : "", source);
	return ret;
}

/* @directory is the device's from now on. */
static int prepare(struct twinos_vhost_user_device *device, char *directory,
		   bool read_only, bool cached, struct twinos_error *err)
{
	char program[PATH_MAX], *escaped = escape(directory);
	int ret = find_program(program, err);

	if (!ret &&
	    (!escaped || add_args(&device->daemon, program, escaped, cached)))
		ret = twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				  "out of memory");
	free(escaped);
	if (read_only)
		device->daemon.read_only = directory;
	else
		free(directory);
	return ret;
}

/* @text: DIR:TAG, cut in two; @directory: its whole path, for free() */
static int fill(struct twinos_vhost_user_device *device, char *text,
		bool read_only, char **directory, struct twinos_error *err)
{
	char *tag = strrchr(text, ':');
	int ret;

	if (!tag || tag == text)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "share: '%.64s' is not DIR:TAG", text);
	*tag++ = '\0';
	ret = twinos_vhost_user_set_tag(device, tag, err);
	if (ret)
		return ret;
	*directory = find_directory(text, err);
	if (!*directory)
		return -errno;
	device->vdev.kind = "share";
	snprintf(device->vdev.detail, sizeof(device->vdev.detail),
		 "%.128s, tag %s%s", *directory, tag, read_only ? " (ro)" : "");
	return 0;
}

static int fill_by_spec(struct twinos_vhost_user_device *device,
			const struct twinos_spec *spec, char **directory,
			struct twinos_error *err)
{
	const char *what = twinos_spec_get(spec, "dir");
	int ret = twinos_spec_name(spec, &device->vdev, err);
	char *text;

	if (ret)
		return ret;
	if (!what)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "share: no directory is given");
	text = strdup(what);
	ret = text ? fill(device, text, twinos_spec_has(spec, "ro"), directory,
			  err) :
		     twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				 "out of memory");
	free(text);
	return ret;
}

static int parse(struct twinos_spec *spec, const char *text,
		 struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = { { "dir", false },
						       { "ro", true },
						       { "cached", true },
						       { NULL, false } };

	return twinos_spec_parse(spec, "share", text, "dir", keys, err);
}

int twinos_share_check(const char *text, struct twinos_error *err)
{
	struct twinos_vhost_user_device device = { 0 };
	char *directory = NULL;
	struct twinos_spec spec;
	int ret = parse(&spec, text, err);

	if (ret)
		return ret;
	ret = fill_by_spec(&device, &spec, &directory, err);
	free(directory);
	twinos_spec_free(&spec);
	return ret;
}

static int open_share(struct twinos_vhost_user_device *device,
		      const struct twinos_spec *spec, struct twinos_error *err)
{
	char *directory;
	int ret = fill_by_spec(device, spec, &directory, err);

	if (!ret)
		ret = prepare(device, directory, twinos_spec_has(spec, "ro"),
			      twinos_spec_has(spec, "cached"), err);
	return ret ? ret : twinos_vhost_user_open(device, err);
}

int twinos_share_open(const char *text, struct twinos_vdev **vdev,
		      struct twinos_error *err)
{
	struct twinos_vhost_user_device *device;
	struct twinos_spec spec;
	int ret = parse(&spec, text, err);

	if (ret)
		return ret;
	device = twinos_vhost_user_new(&twinos_vhost_user_fs);
	ret = device ? open_share(device, &spec, err) :
		       twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	twinos_spec_free(&spec);
	if (!ret)
		*vdev = &device->vdev;
	else if (device)
		device->vdev.ops->free(&device->vdev);
	return ret;
}
