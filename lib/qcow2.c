// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "program.h"
#include "qcow2.h"
#include "spec_value.h"
#include "vhost_user_device.h"

#define PROGRAM "qemu-storage-daemon"

static int find_program(char path[PATH_MAX], struct twinos_error *err)
{
	if (twinos_program_find(PROGRAM, "/usr/bin", path))
		return 0;
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOENT,
			   "disk: qcow2 needs the program " PROGRAM
			   ": install the package qemu-system-common");
}

static int look_at(const char *path, bool *is_device, struct twinos_error *err)
{
	struct stat stat_buf;

	if (stat(path, &stat_buf))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "disk '%s': %s", path, strerror(errno));
	*is_device = S_ISBLK(stat_buf.st_mode);
	if (*is_device || S_ISREG(stat_buf.st_mode))
		return 0;
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, EINVAL,
			   "disk '%s' is no file and no block device", path);
}

/* In its options a comma ends a value unless there are two. NULL: out of memory */
static char *double_commas(const char *text)
{
	char *doubled = malloc(2 * strlen(text) + 1), *to = doubled;

	if (!doubled)
		return NULL;
	for (; *text; *to++ = *text++)
		if (*text == ',')
			*to++ = ',';
	*to = '\0';
	return doubled;
}

struct how {
	bool is_device;
	bool read_only;
	bool direct;
};

/* @path: absolute, with doubled commas */
static int add_args(struct twinos_daemon *daemon, const char *program,
		    const char *path, const struct how *how)
{
	const char *mode = how->read_only ? "on" : "off";
	int ret = twinos_daemon_add_arg(daemon, "%s", program);

	daemon->name = PROGRAM;
	if (!ret)
		ret = twinos_daemon_add_arg(daemon, "--blockdev");
	if (!ret)
		ret = twinos_daemon_add_arg(
			daemon,
			"driver=%s,node-name=file,discard=unmap,cache.direct=%s,read-only=%s,filename=%s",
			how->is_device ? "host_device" : "file",
			how->direct ? "on" : "off", mode, path);
	if (!ret)
		ret = twinos_daemon_add_arg(daemon, "--blockdev");
	if (!ret)
		ret = twinos_daemon_add_arg(
			daemon,
			"driver=qcow2,node-name=disk,file=file,discard=unmap,read-only=%s",
			mode);
	if (!ret)
		ret = twinos_daemon_add_arg(daemon, "--export");
	if (!ret)
		ret = twinos_daemon_add_arg(
			daemon,
			"type=vhost-user-blk,id=disk,node-name=disk,addr.type=fd,addr.str=" TWINOS_DAEMON_FD_TEXT
			",writable=%s",
			how->read_only ? "off" : "on");
	return ret;
}

static int prepare(struct twinos_daemon *daemon, const char *path,
		   struct how *how, struct twinos_error *err)
{
	char program[PATH_MAX], *whole, *doubled;
	int ret = find_program(program, err);

	if (!ret)
		ret = look_at(path, &how->is_device, err);
	if (ret)
		return ret;
	whole = realpath(path, NULL);
	doubled = whole ? double_commas(whole) : NULL;
	ret = doubled ? add_args(daemon, program, doubled, how) : -ENOMEM;
	free(doubled);
	free(whole);
	return ret ? twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				 "disk '%s': %s", path, strerror(-ret)) :
		     0;
}

static int fill(struct twinos_vhost_user_device *device,
		const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *path = twinos_spec_get(spec, "file");
	struct how how = {
		.read_only = twinos_spec_has(spec, "ro"),
		.direct = twinos_spec_has(spec, "direct"),
	};
	int ret = twinos_spec_name(spec, &device->vdev, err);

	if (ret)
		return ret;
	ret = prepare(&device->daemon, path, &how, err);
	if (ret)
		return ret;
	device->vdev.kind = "disk";
	snprintf(device->vdev.detail, sizeof(device->vdev.detail),
		 "%s (qcow2%s%s)", path, how.read_only ? ", ro" : "",
		 how.direct ? ", direct" : "");
	return twinos_vhost_user_open(device, err);
}

int twinos_qcow2_open(const struct twinos_spec *spec, struct twinos_vdev **vdev,
		      struct twinos_error *err)
{
	struct twinos_vhost_user_device *device =
		twinos_vhost_user_new(&twinos_vhost_user_blk);
	int ret;

	if (!device)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	ret = fill(device, spec, err);
	if (ret)
		device->vdev.ops->free(&device->vdev);
	else
		*vdev = &device->vdev;
	return ret;
}
