// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A stop must be the end of all that the daemon does in the twin's memory. Our own one
 * ends with it, and a new start has a new one. Somebody else's has to stop its queues.
 * Where that may leave requests in flight the connection ends as well, and the daemon is
 * asked for a new one at once: it serves one at a time, and does not answer before it is
 * done with the old one. Others would end with their connection.
 */
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "vhost_user_device.h"

#define BIT(n) (1ULL << (n))

#define RING_FEATURES \
	(BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

/* For how long to wait until a daemon that was told that it was all has left. */
#define LEAVE_MS 2000

/* What is behind it is not known to each daemon. */
#define BLK_CONFIG_SIZE 60

/*
 * Never VIRTIO_BLK_F_CONFIG_WCE: a driver that turns the cache off flushes no more, and
 * the daemon may not notice.
 */
const struct twinos_vhost_user_kind twinos_vhost_user_blk = {
	.name = "vhost-user-blk",
	.id = VIRTIO_ID_BLOCK,
	.features = RING_FEATURES | BIT(VIRTIO_BLK_F_SIZE_MAX) |
		    BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_RO) |
		    BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) |
		    BIT(VIRTIO_BLK_F_TOPOLOGY) | BIT(VIRTIO_BLK_F_DISCARD) |
		    BIT(VIRTIO_BLK_F_WRITE_ZEROES),
	.nr_queues = 1,
	.config_size = BLK_CONFIG_SIZE,
	.reconnects = true,
};

/* One queue for what must not wait, one for requests. */
#define FS_REQUEST_QUEUES 1

const struct twinos_vhost_user_kind twinos_vhost_user_fs = {
	.name = "vhost-user-fs",
	.id = VIRTIO_ID_FS,
	.features = RING_FEATURES,
	.nr_queues = 1 + FS_REQUEST_QUEUES,
};

const struct twinos_vhost_user_kind twinos_vhost_user_net = {
	.name = "vhost-user-net",
	.id = VIRTIO_ID_NET,
	.features = RING_FEATURES | BIT(VIRTIO_NET_F_CSUM) |
		    BIT(VIRTIO_NET_F_GUEST_CSUM) |
		    BIT(VIRTIO_NET_F_GUEST_TSO4) |
		    BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN) |
		    BIT(VIRTIO_NET_F_HOST_TSO4) | BIT(VIRTIO_NET_F_HOST_TSO6) |
		    BIT(VIRTIO_NET_F_HOST_ECN) | BIT(VIRTIO_NET_F_MRG_RXBUF),
	.own_features = BIT(VIRTIO_NET_F_MAC),
	.nr_queues = 2,
};

static struct twinos_vhost_user_device *to_device(struct twinos_vdev *vdev)
{
	return (struct twinos_vhost_user_device *)vdev;
}

/* ---- the connection ---- */

static int try_to_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static int connect_to(const char *path, struct twinos_error *err)
{
	int fd = try_to_connect(path);

	if (fd >= 0)
		return fd;
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, -fd, "socket '%s': %s", path,
		fd == -ECONNREFUSED ? "nobody listens there" : strerror(-fd));
}

/* @said: see twinos_daemon_stop() */
static void disconnect(struct twinos_vhost_user_device *device, char *said,
		       size_t size)
{
	if (device->socket) {
		twinos_vhost_user_end(&device->link, LEAVE_MS);
		return;
	}
	twinos_daemon_stop(&device->daemon, said, size);
	/* It may have children. */
	twinos_vhost_user_end(&device->link, LEAVE_MS);
}

static const char *peer_name(const struct twinos_vhost_user_device *device)
{
	return device->socket ? device->socket : device->daemon.name;
}

static const char *explain(int ret)
{
	switch (ret) {
	case -EOPNOTSUPP:
		return "it does not offer what this device needs";
	case -EPROTO:
		return "it does not speak vhost-user as it should";
	case -EREMOTEIO:
		return "it refuses";
	case -ECONNRESET:
	case -EPIPE:
		return "it has closed the connection";
	}
	return strerror(-ret);
}

/* Without the program's name, with which lines of errors begin. */
static const char *said_by(const char *said, const char *name)
{
	size_t length = strlen(name);

	if (!strncmp(said, name, length) && !strncmp(said + length, ": ", 2))
		return said + length + 2;
	return said;
}

/* What our own daemon says itself is better than what we see of it. */
static int fail(struct twinos_vhost_user_device *device, int ret,
		struct twinos_error *err)
{
	const char *name = peer_name(device);
	char said[160] = "";

	disconnect(device, said, sizeof(said));
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret, "%s: %s", name,
			   *said ? said_by(said, name) : explain(ret));
}

static int take_config(struct twinos_vhost_user_device *device)
{
	const struct twinos_vhost_user_kind *kind = device->kind;

	if (!kind->config_size)
		return 0;
	device->vdev.config_size = kind->config_size;
	return twinos_vhost_user_config(&device->link, device->vdev.config,
					kind->config_size);
}

static int begin(struct twinos_vhost_user_device *device,
		 struct twinos_error *err)
{
	int fd = device->socket ? connect_to(device->socket, err) :
				  twinos_daemon_start(&device->daemon, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = twinos_vhost_user_begin(&device->link, fd);
	if (!ret)
		ret = take_config(device);
	return ret ? fail(device, ret, err) : 0;
}

static uint64_t offered(const struct twinos_vhost_user_device *device)
{
	return (device->link.features & device->kind->features) |
	       device->kind->own_features;
}

/* ---- the device ---- */

/* The twin knows of those that were offered when the device was opened. */
static int begin_again(struct twinos_vhost_user_device *device)
{
	int ret = begin(device, NULL);

	if (ret)
		return ret;
	if (device->vdev.features & ~offered(device)) {
		disconnect(device, NULL, 0);
		return -EPROTO;
	}
	return 0;
}

static int start(struct twinos_vdev *vdev,
		 const struct twinos_vdev_setup *setup)
{
	struct twinos_vhost_user_device *device = to_device(vdev);
	int ret = 0;

	if (twinos_vhost_user_is_lost(&device->link))
		disconnect(device, NULL, 0);
	if (device->link.fd < 0)
		ret = begin_again(device);
	if (ret)
		return ret;
	ret = twinos_vhost_user_start(&device->link, setup, vdev->nr_queues);
	if (ret)
		disconnect(device, NULL, 0);
	device->setup = ret ? NULL : setup;
	return ret;
}

static void stop(struct twinos_vdev *vdev)
{
	struct twinos_vhost_user_device *device = to_device(vdev);

	int ret = twinos_vhost_user_is_lost(&device->link) ?
			  -ECONNRESET :
			  twinos_vhost_user_stop(&device->link, device->setup,
						 vdev->nr_queues);

	if (!ret && device->socket && !device->kind->reconnects)
		return;
	disconnect(device, NULL, 0);
	if (device->socket)
		begin_again(device);
}

static bool is_lost(struct twinos_vdev *vdev)
{
	return twinos_vhost_user_is_lost(&to_device(vdev)->link);
}

static void free_device(struct twinos_vdev *vdev)
{
	struct twinos_vhost_user_device *device = to_device(vdev);

	disconnect(device, NULL, 0);
	twinos_daemon_destroy(&device->daemon);
	free(device->socket);
	free(device);
}

static const struct twinos_vdev_ops ops = {
	.start = start,
	.stop = stop,
	.is_lost = is_lost,
	.free = free_device,
};

struct twinos_vhost_user_device *
twinos_vhost_user_new(const struct twinos_vhost_user_kind *kind)
{
	struct twinos_vhost_user_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->kind = kind;
	device->link.fd = -1;
	device->link.limit_ms = TWINOS_VHOST_USER_LIMIT_MS;
	device->vdev.ops = &ops;
	device->vdev.id = kind->id;
	device->vdev.kind = kind->name;
	device->vdev.nr_queues = kind->nr_queues;
	return device;
}

int twinos_vhost_user_open(struct twinos_vhost_user_device *device,
			   struct twinos_error *err)
{
	int ret = begin(device, err);

	if (!ret)
		device->vdev.features = offered(device);
	return ret;
}

int twinos_vhost_user_set_tag(struct twinos_vhost_user_device *device,
			      const char *tag, struct twinos_error *err)
{
	const uint32_t nr = htole32(FS_REQUEST_QUEUES);
	struct virtio_fs_config config = { 0 };

	_Static_assert(sizeof(config) <= sizeof(device->vdev.config), "config");
	if (!*tag || strlen(tag) > sizeof(config.tag))
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "'%.64s' can't be a tag: it has 1 to %zu "
				   "characters",
				   tag, sizeof(config.tag));
	memcpy(config.tag, tag, strlen(tag));
	memcpy(&config.num_request_queues, &nr, sizeof(nr));
	memcpy(device->vdev.config, &config, sizeof(config));
	device->vdev.config_size = sizeof(config);
	return 0;
}
