// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a list of writes into a twin's memory with good disk requests in it, of
 * which the first half are there from the start and the others happen between requests.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/virtio_blk.h>

#include "blk.h"
#include "diskio.h"
#include "vring.h"

/* Fuzzers are linked with the library alone. */
#include "../unit/fake_driver.c"

#define NR_SECTORS 16
#define MAX_REQUESTS 64
#define REQUEST \
	0x300 /* a header, a sector of data, a status; twice as good as needed */

struct poke {
	uint16_t where;
	uint8_t area;
	uint8_t length;
	uint8_t bytes[8];
};

struct pokes {
	const uint8_t *data;
	size_t nr;
	size_t next;
};

static struct pokes pokes;
static struct fake_driver driver;
static struct twinos_vring ring;
static struct twinos_diskio now, later;

/* One for each place of the longest ring. */
static struct request {
	struct twinos_blk_request blk;
	bool used;
} requests[TWINOS_VDEV_QUEUE_SIZE + 1];

static struct twinos_blk *disk(void)
{
	static struct twinos_blk blk = { .file.fd = -1 };
	static const struct twinos_diskfile_how how = { .raw = true };
	char path[64];
	int fd;

	if (blk.file.fd >= 0)
		return &blk;
	fd = memfd_create("disk", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ftruncate(fd, NR_SECTORS * TWINOS_BLK_SECTOR) ||
	    twinos_diskfile_open(&blk.file, path, &how, NULL))
		abort();
	close(fd);
	return &blk;
}

static void poke_queue(const struct poke *poke)
{
	uint64_t value;

	memcpy(&value, poke->bytes, sizeof(value));
	switch (poke->where % 4) {
	case 0:
		driver.queue->desc = value;
		break;
	case 1:
		driver.queue->driver = value;
		break;
	case 2:
		driver.queue->device = value;
		break;
	case 3:
		driver.queue->size = (uint32_t)value;
	}
}

static void apply_poke(void)
{
	static const uint64_t areas[] = { DRIVER_DESC,	DRIVER_AVAIL,
					  DRIVER_USED,	DRIVER_TABLE,
					  DRIVER_DATA,	DRIVER_DESC,
					  DRIVER_AVAIL, 0 };
	struct poke poke;
	uint64_t area;

	memcpy(&poke, pokes.data + pokes.next++ * sizeof(poke), sizeof(poke));
	area = areas[poke.area % 8];
	if (area)
		memcpy(fake_driver_at(&driver, area + poke.where % 0x1000),
		       poke.bytes, poke.length % 9);
	else
		poke_queue(&poke);
}

static uint64_t data_of(uint16_t i)
{
	return DRIVER_DATA + REQUEST * i;
}

static void write_data(uint16_t i, uint32_t type)
{
	const struct virtio_blk_outhdr header = { .type = type, .sector = i };
	const struct virtio_blk_discard_write_zeroes range = { i, 2, 0 };

	memcpy(fake_driver_at(&driver, data_of(i)), &header, sizeof(header));
	memcpy(fake_driver_at(&driver, data_of(i) + 16), &range, sizeof(range));
}

static void write_desc(uint64_t table, uint16_t at, uint64_t addr, uint32_t len,
		       uint16_t flags)
{
	fake_driver_desc(&driver, table, at,
			 (struct vring_desc){ addr, len, flags, at + 1 });
}

/* Number @i: three descriptors, in an indirect table if @i is odd. */
static void write_request(uint16_t i, uint32_t type, uint32_t length,
			  uint16_t flags)
{
	uint64_t table = i % 2 ? DRIVER_TABLE + 48 * i : DRIVER_DESC;
	uint16_t at = i % 2 ? 0 : 3 * i;

	write_data(i, type);
	write_desc(table, at, data_of(i), 16, VRING_DESC_F_NEXT);
	write_desc(table, at + 1, data_of(i) + 16, length,
		   VRING_DESC_F_NEXT | flags);
	write_desc(table, at + 2, data_of(i) + REQUEST - 1, 1,
		   VRING_DESC_F_WRITE);
	if (i % 2)
		write_desc(DRIVER_DESC, 3 * i, table, 48,
			   VRING_DESC_F_INDIRECT);
	fake_driver_offer(&driver, 3 * i);
}

static void write_requests(void)
{
	write_request(0, VIRTIO_BLK_T_IN, 512, VRING_DESC_F_WRITE);
	write_request(1, VIRTIO_BLK_T_OUT, 512, 0);
	write_request(2, VIRTIO_BLK_T_GET_ID, 20, VRING_DESC_F_WRITE);
	write_request(3, VIRTIO_BLK_T_WRITE_ZEROES, 16, 0);
	write_request(4, VIRTIO_BLK_T_DISCARD, 16, 0);
	write_request(5, VIRTIO_BLK_T_FLUSH, 0, 0);
}

static bool is_in_memory(const struct iovec *iov)
{
	const struct twinos_twinmem_region *region;
	const char *at = iov->iov_base;

	for (size_t i = 0; i < driver.memory.nr; i++) {
		region = &driver.memory.regions[i];
		if (at >= region->data && iov->iov_len <= region->length &&
		    at + iov->iov_len <= region->data + region->length)
			return true;
	}
	return false;
}

static void check(const struct twinos_iovs *iovs)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < iovs->nr; i++) {
		if (!iovs->iov[i].iov_len || !is_in_memory(&iovs->iov[i]))
			abort();
		bytes += iovs->iov[i].iov_len;
	}
	if (bytes != iovs->bytes || bytes > UINT32_MAX)
		abort();
}

static void answer(struct request *request, int result)
{
	uint32_t written = twinos_blk_end(&request->blk, result);

	if (written > request->blk.room + 1)
		abort();
	twinos_vring_push(&ring, &request->blk.chain, written);
	twinos_vring_call(&ring);
	request->used = false;
}

static void done(void *ctx, struct twinos_diskfile_io *io, int result)
{
	(void)ctx;
	answer((struct request *)((char *)io -
				  offsetof(struct request, blk.io)),
	       result);
}

static void begin(struct twinos_diskio *diskio, struct request *request)
{
	int ret = -EINVAL;

	request->used = true;
	check(&request->blk.chain.out);
	check(&request->blk.chain.in);
	/* Huge requests are only slow. */
	if (request->blk.chain.in.bytes + request->blk.chain.out.bytes >
	    1 << 20)
		request->blk.chain.in = (struct twinos_iovs){ 0 };
	ret = twinos_blk_begin(disk(), &request->blk);
	if (ret > 0)
		twinos_diskio_begin(diskio, &request->blk.io);
	else
		answer(request, ret);
}

static struct request *find_request(void)
{
	size_t i;

	for (i = 0; requests[i].used; i++)
		if (i == TWINOS_VDEV_QUEUE_SIZE)
			abort();
	return &requests[i];
}

static void wait_for_all(struct twinos_diskio *diskio)
{
	struct pollfd event = { .fd = diskio->event, .events = POLLIN };

	while (!twinos_diskio_submit(diskio))
		;
	while (diskio->in_flight) {
		poll(&event, 1, -1);
		while (!twinos_diskio_reap(diskio))
			;
	}
}

static void run(struct twinos_diskio *diskio)
{
	struct request *request;

	if (twinos_vring_init(&ring, &driver.setup, driver.queue))
		return;
	for (unsigned int i = 0; i < MAX_REQUESTS; i++) {
		request = find_request();
		if (twinos_vring_next(&ring, &request->blk.chain) <= 0)
			break;
		begin(diskio, request);
		if (pokes.next < pokes.nr)
			apply_poke();
	}
	wait_for_all(diskio);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (!now.file) {
		twinos_diskio_init(&now, &disk()->file, 0, done, NULL);
		twinos_diskio_init(&later, &disk()->file,
				   TWINOS_VDEV_QUEUE_SIZE, done, NULL);
	}
	pokes = (struct pokes){
		.data = data + 1,
		.nr = (size - 1) / sizeof(struct poke),
	};
	fake_driver_init(&driver,
			 (data[0] & 1ULL) << VIRTIO_RING_F_EVENT_IDX |
				 (data[0] >> 1 & 1ULL)
					 << VIRTIO_RING_F_INDIRECT_DESC,
			 1U << (data[0] >> 4) % 9);
	fake_driver_begin_at(&driver, data[0] & 4 ? 65534 : 0);
	disk()->write_through = data[0] >> 3 & 1;
	write_requests();
	while (pokes.next < pokes.nr / 2)
		apply_poke();
	run(data[0] >> 4 < 9 ? &now : &later);
	fake_driver_free(&driver);
	return 0;
}
