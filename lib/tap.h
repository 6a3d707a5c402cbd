/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tap: an Ethernet interface of the host whose other end is an fd. Packets have a
 * struct virtio_net_hdr_v1 before them.
 */
#ifndef TWINOS_LIB_TAP_H
#define TWINOS_LIB_TAP_H

#include <net/if.h>

#include "libtwinos.h"

#define TWINOS_TAP_QUEUES 8

/**
 * struct twinos_tap - an open one
 * @fds: of its @nr_queues queues; they do not block. A tap that we made goes with them
 * @nr_used: so many of them, the first ones, get packets
 * @name: of the interface
 */
struct twinos_tap {
	int fds[TWINOS_TAP_QUEUES];
	unsigned int nr_queues, nr_used;
	char name[IFNAMSIZ];
};

/*
 * twinos_tap_open() - @name: one that exists and is nobody's; NULL: make one, which the
 * kernel names tw0, tw1...
 * @nr_queues: 1 to TWINOS_TAP_QUEUES; one with more than one queue is of another kind
 *
 * All queues are used.
 */
int twinos_tap_open(struct twinos_tap *tap, const char *name,
		    unsigned int nr_queues, struct twinos_error *err);

/* twinos_tap_use() - @nr of the queues, at least one; 0 or -errno */
int twinos_tap_use(struct twinos_tap *tap, unsigned int nr);

/*
 * twinos_tap_offload() - the reader has negotiated @features (VIRTIO_NET_F_GUEST_*):
 * hand it such packets and no others. What waits from before is thrown away.
 */
int twinos_tap_offload(const struct twinos_tap *tap, uint64_t features);

/* twinos_tap_count() - what its reader got (in) and sent (out); false: it is not told */
bool twinos_tap_count(const struct twinos_tap *tap,
		      struct twinos_traffic *traffic);

/* twinos_tap_close() - also of one that is all 0 or did not open */
void twinos_tap_close(struct twinos_tap *tap);

#endif
