/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device's side of a split virtqueue (Virtio 1.2, 2.7) in the twin's memory, where
 * all that is read may be wrong and change at any time. A ring that makes no sense is
 * broken: nothing more is taken from it or put into it.
 *
 * A ring belongs to one thread at a time.
 */
#ifndef TWINOS_LIB_VRING_H
#define TWINOS_LIB_VRING_H

#include "iovs.h"
#include "vdev.h"

/* What every ring here can do, for vdev->features. */
#define TWINOS_VRING_FEATURES \
	(1ULL << VIRTIO_RING_F_INDIRECT_DESC | 1ULL << VIRTIO_RING_F_EVENT_IDX)

/* A buffer that crosses from one region into the next takes one piece more. */
#define TWINOS_VRING_PIECES (TWINOS_VDEV_QUEUE_SIZE + TWINOS_MAX_RANGES)

/**
 * struct twinos_vring
 * @next_avail: the next to be taken of the available ring
 * @next_used: where the next goes in the used ring
 * @called_used: @next_used when it was last thought of a call, if @called
 */
struct twinos_vring {
	const struct twinos_twinmem *memory;
	uint32_t size;
	const char *desc;
	uint16_t *avail;
	uint16_t *used;
	bool indirect, event_idx;
	int call;
	uint16_t next_avail, next_used, called_used;
	bool called;
	bool broken;
};

/**
 * struct twinos_vring_chain - a request
 * @head: how the driver knows it
 * @out: from the driver, to be read
 * @in: for the driver, to be written
 * @pieces: of both; so a chain can't be copied
 */
struct twinos_vring_chain {
	uint16_t head;
	struct twinos_iovs out, in;
	struct iovec pieces[TWINOS_VRING_PIECES];
};

/*
 * twinos_vring_init() - @queue as the driver has set it up. It goes on where the used
 * ring ends: whatever was taken but not put back there is taken again. -EINVAL: its
 * size; -EFAULT: a part isn't aligned, or not in one region of the twin's memory.
 */
int twinos_vring_init(struct twinos_vring *vring,
		      const struct twinos_vdev_setup *setup,
		      const struct twinos_vdev_queue *queue);

/*
 * twinos_vring_pop() - take the next request; 1: there is one; 0: none; -EBADMSG: the
 * ring is broken. The sum of each direction's bytes fits 32 bits, and there are never
 * more requests between this and twinos_vring_push() than the ring is long.
 */
int twinos_vring_pop(struct twinos_vring *vring,
		     struct twinos_vring_chain *chain);

/*
 * twinos_vring_next() - as twinos_vring_pop(), but after 0 the driver kicks for its
 * next request, and doesn't need to after 1
 */
int twinos_vring_next(struct twinos_vring *vring,
		      struct twinos_vring_chain *chain);

/* twinos_vring_has() - there is a next request, whatever it is; asks for no kick */
bool twinos_vring_has(const struct twinos_vring *vring);

/*
 * twinos_vring_push() - give @chain back, with what it says of memory all written
 * @written: so many bytes at the front of its ->in
 */
void twinos_vring_push(struct twinos_vring *vring,
		       const struct twinos_vring_chain *chain,
		       uint32_t written);

/* twinos_vring_call() - after one or more pushes: interrupt the driver if it likes */
void twinos_vring_call(struct twinos_vring *vring);

#endif
