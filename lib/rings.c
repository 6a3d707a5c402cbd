// SPDX-License-Identifier: LGPL-2.1-or-later
#include <endian.h>

#include "rings.h"

static void *find(const struct twinos_twinmem *memory, uint64_t start,
		  uint64_t length, unsigned int align)
{
	return start % align ? NULL : twinos_twinmem_at(memory, start, length);
}

bool twinos_rings_find(struct twinos_rings *rings,
		       const struct twinos_twinmem *memory,
		       const struct twinos_vdev_queue *queue)
{
	uint64_t size = queue->size;

	if (!queue->ready || !size || size & (size - 1) ||
	    size > TWINOS_VDEV_QUEUE_SIZE)
		return false;
	rings->desc = find(memory, queue->desc, size * sizeof(*rings->desc),
			   VRING_DESC_ALIGN_SIZE);
	rings->avail = find(memory, queue->driver,
			    sizeof(*rings->avail) +
				    (size + 1) * sizeof(rings->avail->ring[0]),
			    VRING_AVAIL_ALIGN_SIZE);
	rings->used = find(memory, queue->device,
			   sizeof(*rings->used) +
				   size * sizeof(rings->used->ring[0]) +
				   sizeof(uint16_t),
			   VRING_USED_ALIGN_SIZE);
	return rings->desc && rings->avail && rings->used;
}

uint16_t twinos_rings_base(const struct twinos_rings *rings)
{
	const void *idx = &rings->used->idx;

	return le16toh(*(const volatile uint16_t *)idx);
}
