// SPDX-License-Identifier: LGPL-2.1-or-later
#include <endian.h>
#include <linux/virtio_net.h>

#include "net_ctrl.h"

/* A header and the only command's data; any command with more is another one. */
#define COMMAND_SIZE \
	(sizeof(struct virtio_net_ctrl_hdr) + sizeof(struct virtio_net_ctrl_mq))

static bool is_mq(const struct virtio_net_ctrl_hdr *head)
{
	return head->class == VIRTIO_NET_CTRL_MQ &&
	       head->cmd == VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET;
}

static virtio_net_ctrl_ack obey(const struct twinos_net_ctrl *ctrl,
				struct twinos_iovs *out)
{
	struct virtio_net_ctrl_hdr head;
	uint16_t pairs;

	if (out->bytes != COMMAND_SIZE)
		return VIRTIO_NET_ERR;
	twinos_iovs_get(out, &head, sizeof(head));
	twinos_iovs_get(out, &pairs, sizeof(pairs));
	if (!is_mq(&head) || ctrl->use(ctrl->ctx, le16toh(pairs)))
		return VIRTIO_NET_ERR;
	return VIRTIO_NET_OK;
}

static bool process(void *ctx, unsigned int queue)
{
	struct twinos_net_ctrl *ctrl = ctx;
	virtio_net_ctrl_ack ack;
	size_t written;

	(void)queue;
	if (twinos_vring_next(&ctrl->ring, &ctrl->chain) <= 0)
		return false;
	ack = obey(ctrl, &ctrl->chain.out);
	written = twinos_iovs_put(&ctrl->chain.in, &ack, sizeof(ack));
	twinos_vring_push(&ctrl->ring, &ctrl->chain, (uint32_t)written);
	twinos_vring_call(&ctrl->ring);
	return true;
}

static const struct twinos_vworker_ops worker_ops = { .process = process };

int twinos_net_ctrl_start(struct twinos_net_ctrl *ctrl,
			  const struct twinos_vdev_setup *setup,
			  const struct twinos_vdev_queue *queue,
			  twinos_net_ctrl_use *use, void *ctx)
{
	int ret;

	ctrl->use = use;
	ctrl->ctx = ctx;
	ret = twinos_vring_init(&ctrl->ring, setup, queue);
	if (!ret)
		ret = twinos_vworker_start(&ctrl->worker, queue, 1, -1,
					   &worker_ops, ctrl);
	ctrl->runs = !ret;
	return ret;
}

void twinos_net_ctrl_stop(struct twinos_net_ctrl *ctrl)
{
	if (ctrl->runs)
		twinos_vworker_stop(&ctrl->worker);
	ctrl->runs = false;
}
