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

/* Never further than the end, whatever the twin asks for. */
static bool is_inside(const struct twinos_blk *blk, uint64_t sector,
		      uint64_t nr_sectors)
{
	uint64_t capacity = blk->file.size / TWINOS_BLK_SECTOR;

	return nr_sectors && sector <= capacity &&
	       nr_sectors <= capacity - sector;
}

static int check_data(const struct twinos_blk *blk, const struct header *header,
		      const struct twinos_iovs *data)
{
	if (data->bytes % TWINOS_BLK_SECTOR ||
	    !is_inside(blk, header->sector, data->bytes / TWINOS_BLK_SECTOR))
		return -EINVAL;
	return 0;
}

static int begin_io(const struct twinos_blk *blk,
		    struct twinos_blk_request *request,
		    struct twinos_diskfile_io io)
{
	int ret = twinos_diskfile_check(&blk->file, &io);

	request->io = io;
	return ret ? ret : 1;
}

static int read_data(const struct twinos_blk *blk,
		     struct twinos_blk_request *request,
		     const struct header *header)
{
	int ret = check_data(blk, header, &request->in);
	const struct twinos_diskfile_io io = {
		.op = TWINOS_DISKFILE_READ,
		.offset = header->sector * TWINOS_BLK_SECTOR,
		.iovs = request->in,
	};

	if (ret)
		return ret;
	/* No matter how it is filled: unless all of it is, nothing counts. */
	request->in = (struct twinos_iovs){ 0 };
	return begin_io(blk, request, io);
}

static int write_data(const struct twinos_blk *blk,
		      struct twinos_blk_request *request,
		      const struct header *header,
		      const struct twinos_iovs *out)
{
	int ret = check_data(blk, header, out);
	const struct twinos_diskfile_io io = {
		.op = TWINOS_DISKFILE_WRITE,
		.sync = blk->write_through,
		.offset = header->sector * TWINOS_BLK_SECTOR,
		.iovs = *out,
	};

	if (blk->file.read_only)
		return -EROFS;
	return ret ? ret : begin_io(blk, request, io);
}

static int flush(const struct twinos_blk *blk,
		 struct twinos_blk_request *request)
{
	return begin_io(
		blk, request,
		(struct twinos_diskfile_io){ .op = TWINOS_DISKFILE_FLUSH });
}

static int get_id(const struct twinos_blk *blk,
		  struct twinos_blk_request *request)
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

/* Discards and zeroes: they are done at once, but what makes them last may take a while. */
static int clear(struct twinos_blk *blk, struct twinos_blk_request *request,
		 uint32_t type, struct twinos_iovs *out)
{
	struct range range;
	size_t nr = out->bytes / sizeof(range);
	int ret = 0;

	if (blk->file.read_only || out->bytes % sizeof(range) || !nr ||
	    nr > TWINOS_BLK_MAX_RANGES)
		return -EINVAL;
	while (!ret && twinos_iovs_get(out, &range, sizeof(range)))
		ret = clear_range(blk, type, &range);
	return !ret && blk->write_through ? flush(blk, request) : ret;
}

static int handle(struct twinos_blk *blk, struct twinos_blk_request *request,
		  const struct header *header, struct twinos_iovs *out)
{
	switch (header->type) {
	case VIRTIO_BLK_T_IN:
		return read_data(blk, request, header);
	case VIRTIO_BLK_T_OUT:
		return write_data(blk, request, header, out);
	case VIRTIO_BLK_T_FLUSH:
		return flush(blk, request);
	case VIRTIO_BLK_T_GET_ID:
		return get_id(blk, request);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return clear(blk, request, header->type, out);
	}
	return -EOPNOTSUPP;
}

int twinos_blk_begin(struct twinos_blk *blk, struct twinos_blk_request *request)
{
	struct twinos_iovs out = request->chain.out;
	struct header header;

	request->status = twinos_iovs_last(&request->chain.in);
	request->in = request->chain.in;
	request->room = request->in.bytes;
	/* Nowhere to tell of a result, so there is none to be had. */
	if (!request->status ||
	    twinos_iovs_get(&out, &header, sizeof(header)) != sizeof(header))
		return -EINVAL;
	return handle(blk, request, &header, &out);
}

static uint8_t status_of(int ret)
{
	if (ret == -EOPNOTSUPP)
		return VIRTIO_BLK_S_UNSUPP;
	return ret ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

/* Returns how many bytes are written without a gap: the status is behind all others. */
uint32_t twinos_blk_end(struct twinos_blk_request *request, int result)
{
	size_t left = result ? request->room : request->in.bytes;

	if (!request->status)
		return 0;
	*request->status = status_of(result);
	return (uint32_t)(left ? request->room - left : request->room + 1);
}
