// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A network card: a tap of the host's, whose packets the host's vhost_net carries.
 * The tap stays open from open to free, vhost_net only while the driver runs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "net_host.h"
#include "net_options.h"
#include "vhost.h"

#define QUEUES 2 /* one to receive, one to send */
#define BIT(n) (1ULL << (n))

/* What taps can do. They add the header, so vhost_net is not to. */
#define TAP_FEATURES                                                   \
	(BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |        \
	 BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_NET_F_HOST_ECN) |    \
	 BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4) | \
	 BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN))

static const struct twinos_vhost_kind kind = {
	.path = "/dev/vhost-net",
	.module = "vhost_net",
	.features = TWINOS_VHOST_FEATURES | BIT(VIRTIO_NET_F_MRG_RXBUF),
};

struct net {
	struct twinos_vdev vdev;
	struct twinos_net_host host;
	unsigned int busy_poll; /* us */
	int vhost; /* -1 unless started */
};

static struct net *to_net(struct twinos_vdev *vdev)
{
	return (struct net *)vdev;
}

static int set_backend(int vhost, unsigned int queue, int fd)
{
	struct vhost_vring_file file = { .index = queue, .fd = fd };

	return ioctl(vhost, VHOST_NET_SET_BACKEND, &file) ? -errno : 0;
}

static int carry(const struct net *net)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < QUEUES && !ret; i++)
		ret = set_backend(net->vhost, i, net->host.tap.fd);
	return ret;
}

static void end_vhost(struct net *net)
{
	unsigned int i;

	/* Not left to the close: a child of ours may have the fd too. */
	for (i = 0; i < QUEUES; i++)
		set_backend(net->vhost, i, -1);
	close(net->vhost);
	net->vhost = -1;
}

static void net_stop(struct twinos_vdev *vdev)
{
	struct net *net = to_net(vdev);

	twinos_net_host_stop(&net->host);
	end_vhost(net);
}

static int serve(struct net *net, const struct twinos_vdev_setup *setup)
{
	const struct twinos_vhost_queues queues = { setup, 0, QUEUES };
	int ret;

	ret = twinos_vhost_set_up(net->vhost, &kind, &queues);
	if (!ret && net->busy_poll)
		ret = twinos_vhost_busy_poll(net->vhost, QUEUES,
					     net->busy_poll);
	if (!ret)
		ret = twinos_tap_offload(&net->host.tap, setup->features);
	if (!ret)
		ret = carry(net);
	if (!ret)
		twinos_vhost_kick(&queues);
	return ret;
}

static int net_start(struct twinos_vdev *vdev,
		     const struct twinos_vdev_setup *setup)
{
	struct net *net = to_net(vdev);
	int ret;

	net->vhost = twinos_vhost_open(&kind, NULL);
	if (net->vhost < 0)
		return net->vhost;
	ret = serve(net, setup);
	if (!ret)
		ret = twinos_net_host_start(&net->host);
	if (ret)
		end_vhost(net);
	return ret;
}

static void net_free(struct twinos_vdev *vdev)
{
	twinos_net_host_close(&to_net(vdev)->host);
	free(vdev);
}

static const struct twinos_vdev_ops net_ops = {
	.start = net_start,
	.stop = net_stop,
	.free = net_free,
};

/* Only asked: it is opened anew, with a thread, for each start. */
static int mask_features(struct net *net, struct twinos_error *err)
{
	int fd = twinos_vhost_open(&kind, err), ret;

	if (fd < 0)
		return fd;
	ret = twinos_vhost_mask(fd, &kind, &net->vdev.features, err);
	close(fd);
	return ret;
}

static void describe(struct net *net, const struct twinos_net_options *options)
{
	struct twinos_vdev *vdev = &net->vdev;
	char mac[TWINOS_MAC_TEXT], guest[INET_ADDRSTRLEN] = "";

	memcpy(vdev->config, options->mac.bytes, sizeof(options->mac.bytes));
	vdev->config_size = sizeof(options->mac.bytes);
	net->busy_poll = options->busy_poll;
	twinos_mac_format(&options->mac, mac);
	if (options->guest.s_addr)
		inet_ntop(AF_INET, &options->guest, guest, sizeof(guest));
	snprintf(vdev->detail, sizeof(vdev->detail), "%s, tap %s%s%s%s%s%s",
		 mac, net->host.tap.name, *options->bridge ? ", bridge " : "",
		 options->bridge, options->nat ? ", NAT" : "",
		 *guest ? ", DHCP " : "", guest);
}

static struct net *new_net(void)
{
	struct net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	twinos_net_host_init(&net->host);
	net->vhost = -1;
	net->vdev = (struct twinos_vdev){
		.ops = &net_ops,
		.id = VIRTIO_ID_NET,
		.features = TWINOS_VHOST_RING_FEATURES | TAP_FEATURES |
			    BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_NET_F_MAC),
		.nr_queues = QUEUES,
		.kind = "net",
	};
	return net;
}

static int open_net(struct net *net, const char *text, struct twinos_error *err)
{
	struct twinos_net_options options;
	int ret;

	ret = twinos_net_parse(&options, &net->vdev, text, err);
	if (!ret)
		ret = mask_features(net, err);
	if (!ret)
		ret = twinos_net_host_open(&net->host, &options, err);
	if (!ret)
		describe(net, &options);
	return ret;
}

int twinos_net_open(const char *text, struct twinos_vdev **vdev,
		    struct twinos_error *err)
{
	struct net *net = new_net();
	int ret;

	if (!net)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	ret = open_net(net, text, err);
	if (ret)
		net_free(&net->vdev);
	else
		*vdev = &net->vdev;
	return ret;
}
