/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pair of queues of a network card, one to receive and one to send, whose packets the
 * host's vhost_net carries from and to a queue of a tap.
 */
#ifndef TWINOS_LIB_NET_PAIR_H
#define TWINOS_LIB_NET_PAIR_H

#include "libtwinos.h"
#include "vdev.h"

/**
 * struct twinos_net_pair
 * @vhost: -1: it is not set up, and the rest counts for nothing
 * @setup: of the device
 * @first: of the pair, among the queues of the device
 */
struct twinos_net_pair {
	int vhost;
	const struct twinos_vdev_setup *setup;
	unsigned int first;
};

/*
 * twinos_net_pair_mask() - of @features those that the host's vhost_net lets a device
 * offer
 */
int twinos_net_pair_mask(uint64_t *features, struct twinos_error *err);

/* twinos_net_pair_is_ready() - pair @number has been set up by the driver */
bool twinos_net_pair_is_ready(const struct twinos_vdev_setup *setup,
			      unsigned int number);

/*
 * twinos_net_pair_set_up() - with a thread of the kernel's, which has nothing to do yet
 * @busy_poll: in us; 0: sleep at once
 */
int twinos_net_pair_set_up(struct twinos_net_pair *pair,
			   const struct twinos_vdev_setup *setup,
			   unsigned int number, unsigned int busy_poll);

/* twinos_net_pair_carry() - by @tap, or no more if it is -1; 0 or -errno */
int twinos_net_pair_carry(struct twinos_net_pair *pair, int tap);

/* twinos_net_pair_close() - nobody touches the queues any more; also if not set up */
void twinos_net_pair_close(struct twinos_net_pair *pair);

#endif
