// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices that somebody else's daemon serves, at a socket that the user names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "mac.h"
#include "spec_value.h"
#include "vhost_user_device.h"

static int out_of_memory(struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM, "out of memory");
}

/* By its whole path: it is connected to again after the user's directory was left. */
static int take_socket(struct twinos_vhost_user_device *device,
		       const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *path = twinos_spec_get(spec, "socket");

	if (!path)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "%s: no socket is given", spec->kind);
	device->socket = realpath(path, NULL);
	if (!device->socket)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "socket '%s': %s", path, strerror(errno));
	return 0;
}

static int take_tag(struct twinos_vhost_user_device *device,
		    const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *tag = twinos_spec_get(spec, "tag");

	if (!tag)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "%s: tag=TAG is missing, by which the twin "
				   "mounts it",
				   spec->kind);
	return twinos_vhost_user_set_tag(device, tag, err);
}

static int take_mac(struct twinos_vhost_user_device *device,
		    const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, "mac");
	struct twinos_mac mac;
	int ret = text ? 0 : twinos_mac_random(&mac);

	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't make up a MAC address: %s",
				   strerror(-ret));
	if (text && !twinos_mac_parse(&mac, text))
		return twinos_spec_fail(
			spec, "mac",
			"can't be a MAC address: as 02:00:00:00:00:01", err);
	memcpy(device->vdev.config, mac.bytes, sizeof(mac.bytes));
	device->vdev.config_size = sizeof(mac.bytes);
	return 0;
}

typedef int (*take_fn)(struct twinos_vhost_user_device *device,
		       const struct twinos_spec *spec,
		       struct twinos_error *err);

/* What may be said of a kind. @take: of what is its own; NULL: nothing is */
struct words {
	const struct twinos_vhost_user_kind *kind;
	take_fn take;
	struct twinos_spec_key keys[3];
};

static const struct words blk = {
	&twinos_vhost_user_blk,
	NULL,
	{ { "socket", false } },
};

static const struct words fs = {
	&twinos_vhost_user_fs,
	take_tag,
	{ { "socket", false }, { "tag", false } },
};

static const struct words net = {
	&twinos_vhost_user_net,
	take_mac,
	{ { "socket", false }, { "mac", false } },
};

static int fill(struct twinos_vhost_user_device *device,
		const struct twinos_spec *spec, take_fn take,
		struct twinos_error *err)
{
	int ret = twinos_spec_name(spec, &device->vdev, err);

	if (!ret)
		ret = take_socket(device, spec, err);
	if (!ret && take)
		ret = take(device, spec, err);
	if (ret)
		return ret;
	snprintf(device->vdev.detail, sizeof(device->vdev.detail), "%s",
		 device->socket);
	return 0;
}

/* NULL, with a line in @err and errno */
static struct twinos_vhost_user_device *
make(const struct words *words, const char *text, struct twinos_error *err)
{
	struct twinos_vhost_user_device *device;
	struct twinos_spec spec;
	int ret = twinos_spec_parse(&spec, words->kind->name, text, "socket",
				    words->keys, err);

	errno = -ret;
	if (ret)
		return NULL;
	device = twinos_vhost_user_new(words->kind);
	ret = device ? fill(device, &spec, words->take, err) :
		       out_of_memory(err);
	twinos_spec_free(&spec);
	if (ret && device) {
		device->vdev.ops->free(&device->vdev);
		device = NULL;
	}
	errno = -ret;
	return device;
}

static int check_socket(const struct words *words, const char *text,
			struct twinos_error *err)
{
	struct twinos_vhost_user_device *device = make(words, text, err);

	if (!device)
		return -errno;
	device->vdev.ops->free(&device->vdev);
	return 0;
}

static int open_socket(const struct words *words, const char *text,
		       struct twinos_vdev **vdev, struct twinos_error *err)
{
	struct twinos_vhost_user_device *device = make(words, text, err);
	int ret;

	if (!device)
		return -errno;
	ret = twinos_vhost_user_open(device, err);
	if (ret)
		device->vdev.ops->free(&device->vdev);
	else
		*vdev = &device->vdev;
	return ret;
}

int twinos_vhost_user_blk_open(const char *text, struct twinos_vdev **vdev,
			       struct twinos_error *err)
{
	return open_socket(&blk, text, vdev, err);
}

int twinos_vhost_user_fs_open(const char *text, struct twinos_vdev **vdev,
			      struct twinos_error *err)
{
	return open_socket(&fs, text, vdev, err);
}

int twinos_vhost_user_net_open(const char *text, struct twinos_vdev **vdev,
			       struct twinos_error *err)
{
	return open_socket(&net, text, vdev, err);
}

int twinos_vhost_user_blk_check(const char *text, struct twinos_error *err)
{
	return check_socket(&blk, text, err);
}

int twinos_vhost_user_fs_check(const char *text, struct twinos_error *err)
{
	return check_socket(&fs, text, err);
}

int twinos_vhost_user_net_check(const char *text, struct twinos_error *err)
{
	return check_socket(&net, text, err);
}
