/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to a virtio-blk device: Virtio 1.2, 5.2.6. All that they say is checked. */
#ifndef TWINOS_LIB_BLK_H
#define TWINOS_LIB_BLK_H

#include "diskfile.h"
#include "vring.h"

#define TWINOS_BLK_SECTOR 512
#define TWINOS_BLK_ID_SIZE 20

/*
 * The most that one request may discard or zero. Where the file system doesn't help,
 * zeroes are written, which takes its time.
 */
#define TWINOS_BLK_MAX_RANGES 16
#define TWINOS_BLK_MAX_ZERO_SECTORS (16U << 20 >> 9)
#define TWINOS_BLK_MAX_DISCARD_SECTORS (1U << 30 >> 9)

/**
 * struct twinos_blk - what they are served from
 * @serial: what the driver is told as the disk's id
 * @write_through: each write lasts once it is answered: the driver never flushes
 */
struct twinos_blk {
	struct twinos_diskfile file;
	char serial[TWINOS_BLK_ID_SIZE + 1];
	bool write_through;
};

/**
 * struct twinos_blk_request - one that is being served
 * @chain: to be filled before it begins; stays the caller's
 * @io: what is to be done for it
 * @status: where its result goes; NULL: nowhere
 * @room: of ->in at first, without the status
 * @in: what is left of it
 */
struct twinos_blk_request {
	struct twinos_vring_chain chain;
	struct twinos_diskfile_io io;
	uint8_t *status;
	size_t room;
	struct twinos_iovs in;
};

/*
 * twinos_blk_begin() - see what @request->chain asks for; 1: @request->io is to be done,
 * which twinos_diskfile_check() has nothing against; 0 or -errno: the result is known.
 */
int twinos_blk_begin(struct twinos_blk *blk,
		     struct twinos_blk_request *request);

/*
 * twinos_blk_end() - leave the status of @result, 0 or -errno, in the chain; returns
 * what twinos_vring_push() wants to know
 */
uint32_t twinos_blk_end(struct twinos_blk_request *request, int result);

#endif
