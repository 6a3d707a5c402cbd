// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "tap.h"

#define DEVICE "/dev/net/tun"

static int open_device(struct twinos_error *err)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK), code = errno;

	if (fd >= 0)
		return fd;
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   DEVICE " is not there: modprobe tun");
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code, DEVICE ": %s",
			   strerror(code));
}

static int fail_make(int code, struct twinos_error *err)
{
	if (code == EPERM)
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, code,
			"no right to make a tap: it needs CAP_NET_ADMIN");
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
			   "can't make a tap: %s", strerror(code));
}

static int fail_attach(const char *name, int code, struct twinos_error *err)
{
	switch (code) {
	case EBUSY:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   "tap '%s' is in use by another program",
				   name);
	case EPERM:
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, code,
			"no right to use tap '%s': it needs CAP_NET_ADMIN, or 'ip tuntap add %s mode tap user USER'",
			name, name);
	case EINVAL:
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, code,
			"'%s' is no tap with one queue, as 'ip tuntap add NAME mode tap' makes",
			name);
	default:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   "tap '%s': %s", name, strerror(code));
	}
}

/* The kernel would make one that is not there, and it would go with us. */
static int check_exists(const char *name, struct twinos_error *err)
{
	if (strlen(name) < IFNAMSIZ && if_nametoindex(name))
		return 0;
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, ENODEV,
		"there is no tap '%.64s': 'ip tuntap add %.64s mode tap' makes one, and without tap= the twin gets one of its own",
		name, name);
}

static int attach(struct twinos_tap *tap, const char *name)
{
	int header = sizeof(struct virtio_net_hdr_v1);
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI |
					      IFF_VNET_HDR };

	strcpy(request.ifr_name, name);
	if (ioctl(tap->fd, TUNSETIFF, &request) ||
	    ioctl(tap->fd, TUNSETVNETHDRSZ, &header))
		return -errno;
	strcpy(tap->name, request.ifr_name);
	return 0;
}

int twinos_tap_open(struct twinos_tap *tap, const char *name,
		    struct twinos_error *err)
{
	int ret = 0;

	tap->fd = -1;
	if (name)
		ret = check_exists(name, err);
	if (ret)
		return ret;
	tap->fd = open_device(err);
	if (tap->fd < 0)
		return tap->fd;
	ret = attach(tap, name ? name : "tw%d");
	if (!ret)
		return 0;
	twinos_tap_close(tap);
	return name ? fail_attach(name, -ret, err) : fail_make(-ret, err);
}

static unsigned int offloads(uint64_t features)
{
	static const struct {
		unsigned int bit, offload;
	} table[] = {
		{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
		{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
		{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
	};
	unsigned int offload = TUN_F_CSUM;
	size_t i;

	/* All the others are nothing without this one. */
	if (!(features & (1ULL << VIRTIO_NET_F_GUEST_CSUM)))
		return 0;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (features & (1ULL << table[i].bit))
			offload |= table[i].offload;
	return offload;
}

/* Bounded, for they may come faster than we read. */
static void drain(int fd)
{
	char packet[64];
	int i;

	for (i = 0; i < 65536 && read(fd, packet, sizeof(packet)) > 0; i++)
		;
}

int twinos_tap_offload(const struct twinos_tap *tap, uint64_t features)
{
	if (ioctl(tap->fd, TUNSETOFFLOAD, offloads(features)))
		return -errno;
	drain(tap->fd);
	return 0;
}

void twinos_tap_close(struct twinos_tap *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	tap->fd = -1;
}
