/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the three parts of a split virtqueue lie in a twin's memory. */
#ifndef TWINOS_LIB_RINGS_H
#define TWINOS_LIB_RINGS_H

#include <linux/virtio_ring.h>

#include "vdev.h"

struct twinos_rings {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

/*
 * twinos_rings_find() - those of @queue, with the word of VIRTIO_RING_F_EVENT_IDX behind
 * both rings. False: a part of it lies nowhere, or it is not to be served
 */
bool twinos_rings_find(struct twinos_rings *rings,
		       const struct twinos_twinmem *memory,
		       const struct twinos_vdev_queue *queue);

/*
 * twinos_rings_base() - from where on the driver's requests are to be served: what was
 * taken but not answered by a stopped back end is taken again
 */
uint16_t twinos_rings_base(const struct twinos_rings *rings);

#endif
