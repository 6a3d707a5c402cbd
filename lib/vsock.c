// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A socket between host and twin, served by the host's vhost_vsock.
 *
 * The CID is the twin's from open to free: an fd that has it, but no owner and so no
 * thread, holds it while the device is stopped. Who connects in the meantime waits until
 * his time is up, or the twin's driver starts.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "spec_value.h"
#include "vhost.h"

#define CID_MIN (VMADDR_CID_HOST + 1)
#define CID_MAX (VMADDR_CID_ANY - 1)

/*
 * Where "auto" looks: 16 bits are enough, and people and libvirt begin to count at 3.
 */
#define CID_AUTO_MIN 1000
#define CID_AUTO_MAX 65535

#define QUEUES 3
/* The third one, of events, has none as long as no twin migrates. */
#define SERVED_QUEUES 2

static const struct twinos_vhost_kind kind = {
	.path = "/dev/vhost-vsock",
	.module = "vhost_vsock",
	.features = TWINOS_VHOST_FEATURES | (1ULL << VIRTIO_VSOCK_F_SEQPACKET),
};

struct vsock {
	struct twinos_vdev vdev;
	uint64_t cid; /* 0: reserve() chooses one */
	int fd; /* -1 only after a stop() that could not get the CID again */
};

static struct vsock *to_vsock(struct twinos_vdev *vdev)
{
	return (struct vsock *)vdev;
}

static bool set_cid(int fd, uint64_t cid)
{
	return !ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &cid);
}

/* Only the kernel knows which are free. */
static bool take_cid(int fd, struct vsock *vsock)
{
	uint64_t cid;

	if (vsock->cid)
		return set_cid(fd, vsock->cid);
	for (cid = CID_AUTO_MIN; cid <= CID_AUTO_MAX; cid++) {
		if (set_cid(fd, cid)) {
			vsock->cid = cid;
			return true;
		}
		if (errno != EADDRINUSE)
			return false;
	}
	return false;
}

static int reserve(struct vsock *vsock, struct twinos_error *err)
{
	int fd = twinos_vhost_open(&kind, err), code;

	if (fd < 0)
		return fd;
	if (take_cid(fd, vsock)) {
		vsock->fd = fd;
		return 0;
	}
	code = errno;
	close(fd);
	if (code == EADDRINUSE)
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, code,
			"vsock: CID %" PRIu64
			" is taken by another twin or virtual machine, or is this host's own",
			vsock->cid);
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
			   "vsock: CID %" PRIu64 ": %s", vsock->cid,
			   strerror(code));
}

static void release(struct vsock *vsock)
{
	if (vsock->fd >= 0)
		close(vsock->fd);
	vsock->fd = -1;
}

static int run(struct vsock *vsock, int running)
{
	return ioctl(vsock->fd, VHOST_VSOCK_SET_RUNNING, &running) ? -errno : 0;
}

static void vsock_stop(struct twinos_vdev *vdev)
{
	struct vsock *vsock = to_vsock(vdev);

	/*
	 * Not left to the close: a child of ours may have the fd too. It must be
	 * closed, though, for that resets the connections, and before the CID can
	 * be had again.
	 */
	run(vsock, 0);
	release(vsock);
	reserve(vsock, NULL);
}

static int vsock_start(struct twinos_vdev *vdev,
		       const struct twinos_vdev_setup *setup)
{
	const struct twinos_vhost_queues queues = { setup, 0, SERVED_QUEUES };
	struct vsock *vsock = to_vsock(vdev);
	int ret = 0;

	if (vsock->fd < 0)
		ret = reserve(vsock, NULL);
	if (ret)
		return ret;
	ret = twinos_vhost_set_up(vsock->fd, &kind, &queues);
	if (!ret)
		ret = run(vsock, 1);
	if (ret)
		vsock_stop(vdev);
	else
		twinos_vhost_kick(&queues);
	return ret;
}

static void vsock_free(struct twinos_vdev *vdev)
{
	release(to_vsock(vdev));
	free(vdev);
}

static void vsock_forked(struct twinos_vdev *vdev)
{
	close(to_vsock(vdev)->fd);
}

static const struct twinos_vdev_ops vsock_ops = {
	.start = vsock_start,
	.stop = vsock_stop,
	.free = vsock_free,
	.forked = vsock_forked,
};

static int parse_cid(struct vsock *vsock, const struct twinos_spec *spec,
		     struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, "cid");

	if (!text)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"vsock: a CID is needed, from %u to %u, or auto",
			CID_MIN, CID_MAX);
	if (!strcmp(text, "auto"))
		return 0;
	return twinos_spec_number(spec, "cid", CID_MIN, CID_MAX, &vsock->cid,
				  err);
}

static int parse(struct vsock *vsock, const char *text,
		 struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = { { "cid", false },
						       { NULL, false } };
	struct twinos_spec spec;
	int ret;

	ret = twinos_spec_parse(&spec, "vsock", text, "cid", keys, err);
	if (ret)
		return ret;
	ret = parse_cid(vsock, &spec, err);
	if (!ret)
		ret = twinos_spec_name(&spec, &vsock->vdev, err);
	twinos_spec_free(&spec);
	return ret;
}

int twinos_vsock_check(const char *text, struct twinos_error *err)
{
	struct vsock vsock = { .fd = -1 };

	return parse(&vsock, text, err);
}

static void describe(struct vsock *vsock)
{
	struct twinos_vdev *vdev = &vsock->vdev;
	uint64_t guest_cid = htole64(vsock->cid);

	memcpy(vdev->config, &guest_cid, sizeof(guest_cid));
	vdev->config_size = sizeof(struct virtio_vsock_config);
	snprintf(vdev->detail, sizeof(vdev->detail), "CID %" PRIu64,
		 vsock->cid);
}

static struct vsock *new_vsock(void)
{
	struct vsock *vsock = calloc(1, sizeof(*vsock));

	if (!vsock)
		return NULL;
	vsock->fd = -1;
	vsock->vdev = (struct twinos_vdev){
		.ops = &vsock_ops,
		.id = VIRTIO_ID_VSOCK,
		.features = TWINOS_VHOST_RING_FEATURES |
			    (1ULL << VIRTIO_VSOCK_F_SEQPACKET),
		.nr_queues = QUEUES,
		.kind = "vsock",
	};
	return vsock;
}

int twinos_vsock_open(const char *text, struct twinos_vdev **vdev,
		      struct twinos_error *err)
{
	struct vsock *vsock = new_vsock();
	int ret;

	if (!vsock)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	ret = parse(vsock, text, err);
	if (!ret)
		ret = reserve(vsock, err);
	if (!ret)
		ret = twinos_vhost_mask(vsock->fd, &kind, &vsock->vdev.features,
					err);
	if (ret) {
		vsock_free(&vsock->vdev);
		return ret;
	}
	describe(vsock);
	*vdev = &vsock->vdev;
	return 0;
}
