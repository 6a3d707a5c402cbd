// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "netif.h"
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

static int fail_busy(const char *name, struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, EBUSY,
			   "tap '%s' is in use by another program", name);
}

static int fail_kind(const char *name, unsigned int nr_queues,
		     struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, EINVAL,
		"'%s' is no tap with %s, as 'ip tuntap add NAME mode tap%s' makes",
		name, nr_queues > 1 ? "many queues" : "one queue",
		nr_queues > 1 ? " multi_queue" : "");
}

static int fail_attach(const char *name, unsigned int nr_queues, int code,
		       struct twinos_error *err)
{
	switch (code) {
	case EBUSY:
		return fail_busy(name, err);
	case EPERM:
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, code,
			"no right to use tap '%s': it needs CAP_NET_ADMIN, or 'ip tuntap add %s mode tap user USER'",
			name, name);
	case EINVAL:
		return fail_kind(name, nr_queues, err);
	default:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   "tap '%s': %s", name, strerror(code));
	}
}

/*
 * The kernel would make one that is not there, and it would go with us. It would also let
 * two share one with many queues, each with a part of the packets.
 */
static int check_free(const char *name, unsigned int nr_queues,
		      struct twinos_error *err)
{
	if (strlen(name) >= IFNAMSIZ || !if_nametoindex(name))
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, ENODEV,
			"there is no tap '%.64s': 'ip tuntap add %.64s mode tap%s' makes one, and without tap= the twin gets one of its own",
			name, name, nr_queues > 1 ? " multi_queue" : "");
	if (nr_queues > 1 && twinos_netif_runs(name))
		return fail_busy(name, err);
	return 0;
}

static int attach(struct twinos_tap *tap, int fd, bool many)
{
	int header = sizeof(struct virtio_net_hdr_v1);
	struct ifreq request = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
			     (many ? IFF_MULTI_QUEUE : 0),
	};

	strcpy(request.ifr_name, tap->name);
	if (ioctl(fd, TUNSETIFF, &request) ||
	    ioctl(fd, TUNSETVNETHDRSZ, &header))
		return -errno;
	/* The kernel's choice, of which the other queues are to be. */
	strcpy(tap->name, request.ifr_name);
	return 0;
}

static int add_queue(struct twinos_tap *tap, const char *name,
		     unsigned int nr_queues, struct twinos_error *err)
{
	int fd = open_device(err), ret;

	if (fd < 0)
		return fd;
	ret = attach(tap, fd, nr_queues > 1);
	if (!ret) {
		tap->fds[tap->nr_queues++] = fd;
		return 0;
	}
	close(fd);
	return name ? fail_attach(name, nr_queues, -ret, err) :
		      fail_make(-ret, err);
}

int twinos_tap_open(struct twinos_tap *tap, const char *name,
		    unsigned int nr_queues, struct twinos_error *err)
{
	int ret = 0;

	*tap = (struct twinos_tap){ 0 };
	if (name)
		ret = check_free(name, nr_queues, err);
	if (ret)
		return ret;
	strcpy(tap->name, name ? name : "tw%d");
	while (!ret && tap->nr_queues < nr_queues)
		ret = add_queue(tap, name, nr_queues, err);
	tap->nr_used = tap->nr_queues;
	if (ret)
		twinos_tap_close(tap);
	return ret;
}

static int set_queue(int fd, short how)
{
	struct ifreq request = { .ifr_flags = how };

	return ioctl(fd, TUNSETQUEUE, &request) ? -errno : 0;
}

int twinos_tap_use(struct twinos_tap *tap, unsigned int nr)
{
	int ret = 0;

	while (!ret && tap->nr_used < nr) {
		ret = set_queue(tap->fds[tap->nr_used], IFF_ATTACH_QUEUE);
		tap->nr_used += !ret;
	}
	while (!ret && tap->nr_used > nr) {
		ret = set_queue(tap->fds[tap->nr_used - 1], IFF_DETACH_QUEUE);
		tap->nr_used -= !ret;
	}
	return ret;
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
	unsigned int i;

	if (ioctl(tap->fds[0], TUNSETOFFLOAD, offloads(features)))
		return -errno;
	for (i = 0; i < tap->nr_used; i++)
		drain(tap->fds[i]);
	return 0;
}

/* In this process's network namespace. */
static bool read_count(const struct twinos_tap *tap, const char *what,
		       uint64_t *count)
{
	char path[64 + IFNAMSIZ];
	FILE *file;
	bool ret;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s",
		 tap->name, what);
	file = fopen(path, "re");
	if (!file)
		return false;
	ret = fscanf(file, "%" SCNu64, count) == 1;
	fclose(file);
	return ret;
}

bool twinos_tap_count(const struct twinos_tap *tap,
		      struct twinos_traffic *traffic)
{
	return read_count(tap, "tx_bytes", &traffic->in_bytes) &&
	       read_count(tap, "rx_bytes", &traffic->out_bytes) &&
	       read_count(tap, "tx_packets", &traffic->in_ops) &&
	       read_count(tap, "rx_packets", &traffic->out_ops);
}

void twinos_tap_close(struct twinos_tap *tap)
{
	while (tap->nr_queues)
		close(tap->fds[--tap->nr_queues]);
	tap->nr_used = 0;
}
