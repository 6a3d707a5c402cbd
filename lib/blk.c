// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/virtio_blk.h>
#include <string.h>

#include "blk.h"

/* struct virtio_blk_outhdr without its tags; the twin's numbers are as ours */
struct header {
	uint32_t type;
	uint32_t priority;
	uint64_t sector;
};

/* struct virtio_blk_discard_write_zeroes */
struct range {
	uint64_t sector;
	uint32_t nr_sectors;
	uint32_t flags;
};

/* struct request - its own copy of the header; ->in without the status byte */
struct request {
	struct header header;
	struct twinos_iovs out, in;
};

/* Never further than the end, whatever the twin asks for. */
static bool is_inside(const struct twinos_blk *blk, uint64_t sector,
		      uint64_t nr_sectors)
{
	uint64_t capacity = blk->file.size / TWINOS_BLK_SECTOR;

	return nr_sectors && sector <= capacity &&
	       nr_sectors <= capacity - sector;
}

static int check_data(const struct twinos_blk *blk,
		      const struct request *request,
		      const struct twinos_iovs *data)
{
	if (data->bytes % TWINOS_BLK_SECTOR ||
	    !is_inside(blk, request->header.sector,
		       data->bytes / TWINOS_BLK_SECTOR))
		return -EINVAL;
	return 0;
}

static int read_data(struct twinos_blk *blk, struct request *request)
{
	int ret = check_data(blk, request, &request->in);

	return ret ? ret :
		     twinos_diskfile_read(&blk->file,
					  request->header.sector *
						  TWINOS_BLK_SECTOR,
					  &request->in);
}

static int write_data(struct twinos_blk *blk, struct request *request)
{
	int ret = check_data(blk, request, &request->out);

	if (blk->file.read_only)
		return -EROFS;
	return ret ? ret :
		     twinos_diskfile_write(&blk->file,
					   request->header.sector *
						   TWINOS_BLK_SECTOR,
					   &request->out, blk->write_through);
}

static int get_id(struct twinos_blk *blk, struct request *request)
{
	char id[VIRTIO_BLK_ID_BYTES] = { 0 };

	memcpy(id, blk->serial, strnlen(blk->serial, sizeof(id)));
	twinos_iovs_put(&request->in, id, sizeof(id));
	return 0;
}

static int clear_range(struct twinos_blk *blk, uint32_t type,
		       const struct range *range)
{
	bool zero = type == VIRTIO_BLK_T_WRITE_ZEROES;
	uint32_t max = zero ? TWINOS_BLK_MAX_ZERO_SECTORS :
			      TWINOS_BLK_MAX_DISCARD_SECTORS;
	uint64_t start = range->sector * TWINOS_BLK_SECTOR;
	uint64_t length = (uint64_t)range->nr_sectors * TWINOS_BLK_SECTOR;

	if (range->flags & ~(zero ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0U))
		return -EOPNOTSUPP;
	if (range->nr_sectors > max ||
	    !is_inside(blk, range->sector, range->nr_sectors))
		return -EINVAL;
	if (!zero)
		return twinos_diskfile_discard(&blk->file, start, length);
	return twinos_diskfile_zero(&blk->file, start, length, range->flags);
}

/* Discards and zeroes. */
static int clear(struct twinos_blk *blk, struct request *request)
{
	struct range range;
	size_t nr = request->out.bytes / sizeof(range);
	int ret = 0;

	if (blk->file.read_only || request->out.bytes % sizeof(range) || !nr ||
	    nr > TWINOS_BLK_MAX_RANGES)
		return -EINVAL;
	while (!ret && twinos_iovs_get(&request->out, &range, sizeof(range)))
		ret = clear_range(blk, request->header.type, &range);
	if (!ret && blk->write_through)
		ret = twinos_diskfile_flush(&blk->file);
	return ret;
}

static int handle(struct twinos_blk *blk, struct request *request)
{
	switch (request->header.type) {
	case VIRTIO_BLK_T_IN:
		return read_data(blk, request);
	case VIRTIO_BLK_T_OUT:
		return write_data(blk, request);
	case VIRTIO_BLK_T_FLUSH:
		return twinos_diskfile_flush(&blk->file);
	case VIRTIO_BLK_T_GET_ID:
		return get_id(blk, request);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return clear(blk, request);
	}
	return -EOPNOTSUPP;
}

static uint8_t status_of(int ret)
{
	if (ret == -EOPNOTSUPP)
		return VIRTIO_BLK_S_UNSUPP;
	return ret ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

/* Returns how many bytes are written without a gap: the status is behind all others. */
uint32_t twinos_blk_serve(struct twinos_blk *blk,
			  struct twinos_vring_chain *chain)
{
	struct request request;
	uint8_t *status = twinos_iovs_last(&chain->in);
	size_t room = chain->in.bytes;
	int ret = -EINVAL;

	/* Nowhere to tell of a result, so there is none to be had. */
	if (!status)
		return 0;
	request.out = chain->out;
	request.in = chain->in;
	if (twinos_iovs_get(&request.out, &request.header,
			    sizeof(request.header)) == sizeof(request.header))
		ret = handle(blk, &request);
	*status = status_of(ret);
	if (!request.in.bytes)
		return (uint32_t)room + 1;
	return ret ? 0 : (uint32_t)(room - request.in.bytes);
}
