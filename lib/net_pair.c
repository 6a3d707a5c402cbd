// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net_pair.h"
#include "vhost.h"

#define QUEUES 2

static const struct twinos_vhost_kind kind = {
	.path = "/dev/vhost-net",
	.module = "vhost_net",
	.features = TWINOS_VHOST_FEATURES | 1ULL << VIRTIO_NET_F_MRG_RXBUF,
};

/* Only asked: it is opened anew, with a thread, for each start. */
int twinos_net_pair_mask(uint64_t *features, struct twinos_error *err)
{
	int fd = twinos_vhost_open(&kind, err), ret;

	if (fd < 0)
		return fd;
	ret = twinos_vhost_mask(fd, &kind, features, err);
	close(fd);
	return ret;
}

bool twinos_net_pair_is_ready(const struct twinos_vdev_setup *setup,
			      unsigned int number)
{
	return setup->queues[QUEUES * number].ready &&
	       setup->queues[QUEUES * number + 1].ready;
}

static struct twinos_vhost_queues queues(const struct twinos_net_pair *pair)
{
	return (struct twinos_vhost_queues){ pair->setup, pair->first, QUEUES };
}

int twinos_net_pair_set_up(struct twinos_net_pair *pair,
			   const struct twinos_vdev_setup *setup,
			   unsigned int number, unsigned int busy_poll)
{
	struct twinos_vhost_queues its;
	int ret;

	*pair = (struct twinos_net_pair){
		.vhost = twinos_vhost_open(&kind, NULL),
		.setup = setup,
		.first = QUEUES * number,
	};
	if (pair->vhost < 0)
		return pair->vhost;
	its = queues(pair);
	ret = twinos_vhost_set_up(pair->vhost, &kind, &its);
	if (!ret && busy_poll)
		ret = twinos_vhost_busy_poll(pair->vhost, QUEUES, busy_poll);
	if (ret)
		twinos_net_pair_close(pair);
	return ret;
}

static int set_backend(const struct twinos_net_pair *pair, unsigned int queue,
		       int tap)
{
	struct vhost_vring_file file = { .index = queue, .fd = tap };

	return ioctl(pair->vhost, VHOST_NET_SET_BACKEND, &file) ? -errno : 0;
}

int twinos_net_pair_carry(struct twinos_net_pair *pair, int tap)
{
	struct twinos_vhost_queues its = queues(pair);
	unsigned int i;
	int ret = 0;

	for (i = 0; i < QUEUES && !ret; i++)
		ret = set_backend(pair, i, tap);
	if (ret)
		return ret;
	if (tap >= 0)
		twinos_vhost_kick(&its);
	return 0;
}

void twinos_net_pair_close(struct twinos_net_pair *pair)
{
	if (pair->vhost < 0)
		return;
	/* Not left to the close: a child of ours may have the fd too. */
	twinos_net_pair_carry(pair, -1);
	close(pair->vhost);
	pair->vhost = -1;
}
