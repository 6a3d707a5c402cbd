/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control queue of a network card (Virtio 1.2, 5.1.6.5), by which the driver says how
 * many pairs of queues it uses. It may say nothing else.
 */
#ifndef TWINOS_LIB_NET_CTRL_H
#define TWINOS_LIB_NET_CTRL_H

#include "vring.h"
#include "vworker.h"

/* twinos_net_ctrl_use() - use @pairs, any number; 0 or -errno */
typedef int twinos_net_ctrl_use(void *ctx, unsigned int pairs);

/**
 * struct twinos_net_ctrl
 * @runs: there is a worker
 */
struct twinos_net_ctrl {
	twinos_net_ctrl_use *use;
	void *ctx;
	bool runs;
	struct twinos_vring ring;
	struct twinos_vring_chain chain;
	struct twinos_vworker worker;
};

/* twinos_net_ctrl_start() - serve @queue, in a thread; 0 or -errno */
int twinos_net_ctrl_start(struct twinos_net_ctrl *ctrl,
			  const struct twinos_vdev_setup *setup,
			  const struct twinos_vdev_queue *queue,
			  twinos_net_ctrl_use *use, void *ctx);

/* twinos_net_ctrl_stop() - also if it does not run */
void twinos_net_ctrl_stop(struct twinos_net_ctrl *ctrl);

#endif
