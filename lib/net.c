// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A network card: a tap of the host's, whose packets the host's vhost_net carries.
 * The tap stays open from open to free, vhost_net only while the driver runs.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "net_ctrl.h"
#include "net_host.h"
#include "net_options.h"
#include "net_pair.h"
#include "vhost.h"

#define PAIRS TWINOS_NET_QUEUES_MAX
#define BIT(n) (1ULL << (n))

/* What taps can do. They add the header, so vhost_net is not to. */
#define TAP_FEATURES                                                   \
	(BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |        \
	 BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_NET_F_HOST_ECN) |    \
	 BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4) | \
	 BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN))

#define FEATURES                                     \
	(TWINOS_VHOST_RING_FEATURES | TAP_FEATURES | \
	 BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_NET_F_MAC))
#define MANY_FEATURES (BIT(VIRTIO_NET_F_MQ) | BIT(VIRTIO_NET_F_CTRL_VQ))

_Static_assert(2 * PAIRS + 1 <= TWINOS_VDEV_QUEUES, "all queues find room");
_Static_assert(PAIRS <= TWINOS_TAP_QUEUES, "as above");

/**
 * struct net
 * @nr_pairs: what is offered
 * @pairs: of those that the driver has set up the first @nr_ready are too
 * @nr_used: so many of them carry packets; the driver says it by @ctrl
 */
struct net {
	struct twinos_vdev vdev;
	struct twinos_net_host host;
	unsigned int busy_poll; /* us */
	unsigned int nr_pairs, nr_ready, nr_used;
	struct twinos_net_pair pairs[PAIRS];
	struct twinos_net_ctrl ctrl;
};

static struct net *to_net(struct twinos_vdev *vdev)
{
	return (struct net *)vdev;
}

/* ---- pairs ---- */

/* What a queue of the tap's gets is carried at once, so it gets nothing before. */
static int add_pair(struct net *net)
{
	unsigned int i = net->nr_used;
	int ret = twinos_tap_use(&net->host.tap, i + 1);

	if (!ret)
		ret = twinos_net_pair_carry(&net->pairs[i],
					    net->host.tap.fds[i]);
	if (!ret)
		net->nr_used++;
	else if (i)
		twinos_tap_use(&net->host.tap, i);
	return ret;
}

static int drop_pair(struct net *net)
{
	unsigned int i = net->nr_used - 1;
	int ret = twinos_tap_use(&net->host.tap, i);

	if (!ret)
		ret = twinos_net_pair_carry(&net->pairs[i], -1);
	net->nr_used -= !ret;
	return ret;
}

static int use_pairs(void *ctx, unsigned int pairs)
{
	struct net *net = ctx;
	int ret = 0;

	if (!pairs || pairs > net->nr_ready)
		return -EINVAL;
	while (!ret && net->nr_used < pairs)
		ret = add_pair(net);
	while (!ret && net->nr_used > pairs)
		ret = drop_pair(net);
	return ret;
}

static void close_pairs(struct net *net)
{
	while (net->nr_ready)
		twinos_net_pair_close(&net->pairs[--net->nr_ready]);
	net->nr_used = 0;
}

static unsigned int max_pairs(const struct net *net,
			      const struct twinos_vdev_setup *setup)
{
	return setup->features & BIT(VIRTIO_NET_F_MQ) ? net->nr_pairs : 1;
}

/* A driver may have left out those that it never means to use, but not the first. */
static int set_up_pairs(struct net *net, const struct twinos_vdev_setup *setup)
{
	unsigned int max = max_pairs(net, setup);
	int ret = 0;

	if (!twinos_net_pair_is_ready(setup, 0))
		return -EINVAL;
	while (!ret && net->nr_ready < max &&
	       twinos_net_pair_is_ready(setup, net->nr_ready)) {
		ret = twinos_net_pair_set_up(&net->pairs[net->nr_ready], setup,
					     net->nr_ready, net->busy_poll);
		net->nr_ready += !ret;
	}
	return ret;
}

/* ---- the device ---- */

/* It comes behind the pairs that there can be, whether or not they are set up. */
static int start_ctrl(struct net *net, const struct twinos_vdev_setup *setup)
{
	const struct twinos_vdev_queue *queue =
		&setup->queues[2 * max_pairs(net, setup)];

	if (!(setup->features & BIT(VIRTIO_NET_F_CTRL_VQ)) || !queue->ready)
		return 0;
	return twinos_net_ctrl_start(&net->ctrl, setup, queue, use_pairs, net);
}

static void net_stop(struct twinos_vdev *vdev)
{
	struct net *net = to_net(vdev);

	twinos_net_ctrl_stop(&net->ctrl);
	close_pairs(net);
	twinos_net_host_stop(&net->host);
}

static int net_start(struct twinos_vdev *vdev,
		     const struct twinos_vdev_setup *setup)
{
	struct net *net = to_net(vdev);
	int ret = twinos_net_host_start(&net->host);

	if (ret)
		return ret;
	ret = set_up_pairs(net, setup);
	if (!ret)
		ret = twinos_tap_offload(&net->host.tap, setup->features);
	if (!ret)
		ret = use_pairs(net, 1);
	if (!ret)
		ret = start_ctrl(net, setup);
	if (ret)
		net_stop(vdev);
	return ret;
}

static bool net_count(struct twinos_vdev *vdev, struct twinos_traffic *traffic)
{
	return twinos_tap_count(&to_net(vdev)->host.tap, traffic);
}

static void net_free(struct twinos_vdev *vdev)
{
	twinos_net_host_close(&to_net(vdev)->host);
	free(vdev);
}

static void net_forked(struct twinos_vdev *vdev)
{
	twinos_tap_close(&to_net(vdev)->host.tap);
}

static const struct twinos_vdev_ops net_ops = {
	.start = net_start,
	.stop = net_stop,
	.count = net_count,
	.free = net_free,
	.forked = net_forked,
};

/* ---- what it is ---- */

/* Up to what it does not have, an MTU of the host's choice. */
static void set_config(struct net *net,
		       const struct twinos_net_options *options)
{
	struct twinos_vdev *vdev = &net->vdev;
	uint16_t pairs = htole16((uint16_t)options->queues);

	memcpy(vdev->config, options->mac.bytes, sizeof(options->mac.bytes));
	memcpy(vdev->config +
		       offsetof(struct virtio_net_config, max_virtqueue_pairs),
	       &pairs, sizeof(pairs));
	vdev->config_size = offsetof(struct virtio_net_config, mtu);
}

static void set_detail(struct net *net,
		       const struct twinos_net_options *options)
{
	struct twinos_vdev *vdev = &net->vdev;
	char mac[TWINOS_MAC_TEXT], guest[INET_ADDRSTRLEN] = "";

	twinos_mac_format(&options->mac, mac);
	if (options->guest.s_addr)
		inet_ntop(AF_INET, &options->guest, guest, sizeof(guest));
	snprintf(vdev->detail, sizeof(vdev->detail), "%s, tap %s%s%s%s%s%s",
		 mac, net->host.tap.name, *options->bridge ? ", bridge " : "",
		 options->bridge, options->nat ? ", NAT" : "",
		 *guest ? ", DHCP " : "", guest);
}

/* One pair needs no control. */
static void describe(struct net *net, const struct twinos_net_options *options)
{
	struct twinos_vdev *vdev = &net->vdev;

	net->busy_poll = options->busy_poll;
	net->nr_pairs = options->queues;
	vdev->nr_queues = 2 * options->queues;
	if (options->queues > 1) {
		vdev->nr_queues++;
		vdev->features |= MANY_FEATURES;
	}
	set_config(net, options);
	set_detail(net, options);
}

static struct net *new_net(void)
{
	struct net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	twinos_net_host_init(&net->host);
	net->vdev = (struct twinos_vdev){
		.ops = &net_ops,
		.id = VIRTIO_ID_NET,
		.features = FEATURES,
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
		ret = twinos_net_pair_mask(&net->vdev.features, err);
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

int twinos_net_check(const char *text, struct twinos_error *err)
{
	struct twinos_net_options options;
	struct twinos_vdev vdev;

	return twinos_net_parse(&options, &vdev, text, err);
}
