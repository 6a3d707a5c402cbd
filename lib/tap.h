/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tap: an Ethernet interface of the host whose other end is an fd. Packets have a
 * struct virtio_net_hdr_v1 before them.
 */
#ifndef TWINOS_LIB_TAP_H
#define TWINOS_LIB_TAP_H

#include <net/if.h>

#include "libtwinos.h"

/**
 * struct twinos_tap - an open one
 * @fd: does not block; a tap that we made goes with it
 * @name: of the interface
 */
struct twinos_tap {
	int fd;
	char name[IFNAMSIZ];
};

/*
 * twinos_tap_open() - @name: one that exists and is nobody's; NULL: make one, which the
 * kernel names tw0, tw1...
 */
int twinos_tap_open(struct twinos_tap *tap, const char *name,
		    struct twinos_error *err);

/*
 * twinos_tap_offload() - the reader has negotiated @features (VIRTIO_NET_F_GUEST_*):
 * hand it such packets and no others. What waits from before is thrown away.
 */
int twinos_tap_offload(const struct twinos_tap *tap, uint64_t features);

/* twinos_tap_close() - also of one that did not open */
void twinos_tap_close(struct twinos_tap *tap);

#endif
