// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A disk for a twin: virtio-blk (Virtio 1.2, 5.2) over a raw file or a block device.
 * blk.c reads the requests, diskio.c does them, as many at a time as the driver has.
 */
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blk.h"
#include "diskio.h"
#include "error.h"
#include "qcow2.h"
#include "spec_value.h"
#include "vring.h"
#include "vworker.h"

/* Beside the data there are the header and the status. */
#define MAX_SEGMENTS (TWINOS_VDEV_QUEUE_SIZE - 2)

/* Up to the padding before what secure erase needs, which is not ours. */
#define CONFIG(field) offsetof(struct virtio_blk_config, field)
#define CONFIG_SIZE (CONFIG(write_zeroes_may_unmap) + 4)

/* One more than there can be in the ring, for twinos_vring_next(). */
#define NR_REQUESTS (TWINOS_VDEV_QUEUE_SIZE + 1)

#define BATCH 32 /* requests that the kernel is told of at once */

/**
 * struct request
 * @blk: the first, and so it is what ->io is in, see to_request()
 * @bytes: what is to be read or written for it
 * @next: of the free ones
 */
struct request {
	struct twinos_blk_request blk;
	size_t bytes;
	struct request *next;
};

/**
 * struct disk
 * @io: while it is started
 * @started: there is a worker
 * @requests: NR_REQUESTS of them, while it is started
 * @begun: since the kernel was last told
 * @pushed: the driver may be waiting to hear of it
 * @busy_poll: us to look for work before the worker sleeps
 * @traffic: atomic; written by the worker
 */
struct disk {
	struct twinos_vdev vdev;
	struct twinos_blk blk;
	struct twinos_diskio io;
	bool started;
	struct request *requests, *free;
	unsigned int begun;
	bool pushed;
	unsigned int busy_poll;
	struct twinos_traffic traffic;
	struct twinos_vring ring;
	struct twinos_vworker worker;
};

static struct request *to_request(struct twinos_diskfile_io *io)
{
	return (struct request *)((char *)io -
				  offsetof(struct request, blk.io));
}

static void answer(struct disk *disk, struct request *request, int result)
{
	uint32_t written = twinos_blk_end(&request->blk, result);

	twinos_vring_push(&disk->ring, &request->blk.chain, written);
	disk->pushed = true;
	request->next = disk->free;
	disk->free = request;
}

/* There is one writer: whoever reads needs whole numbers, and no order. */
static void add(uint64_t *count, uint64_t more)
{
	__atomic_store_n(count, *count + more, __ATOMIC_RELAXED);
}

static void count_request(struct twinos_traffic *traffic,
			  const struct request *request)
{
	switch (request->blk.io.op) {
	case TWINOS_DISKFILE_READ:
		add(&traffic->in_bytes, request->bytes);
		add(&traffic->in_ops, 1);
		break;
	case TWINOS_DISKFILE_WRITE:
		add(&traffic->out_bytes, request->bytes);
		add(&traffic->out_ops, 1);
		break;
	case TWINOS_DISKFILE_FLUSH:
		break;
	}
}

static void done(void *ctx, struct twinos_diskfile_io *io, int result)
{
	struct disk *disk = ctx;

	if (!result)
		count_request(&disk->traffic, to_request(io));
	answer(disk, to_request(io), result);
}

static void call(struct disk *disk)
{
	if (disk->pushed)
		twinos_vring_call(&disk->ring);
	disk->pushed = false;
}

static bool submit(struct disk *disk)
{
	disk->begun = 0;
	return twinos_diskio_submit(&disk->io);
}

/* False: there is none. */
static bool begin(struct disk *disk)
{
	struct request *request = disk->free;
	int ret;

	if (twinos_vring_next(&disk->ring, &request->blk.chain) <= 0)
		return false;
	disk->free = request->next;
	ret = twinos_blk_begin(&disk->blk, &request->blk);
	request->bytes = request->blk.io.iovs.bytes;
	if (ret > 0)
		twinos_diskio_begin(&disk->io, &request->blk.io);
	else
		answer(disk, request, ret);
	return true;
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Neither a kick nor a wake-up is needed for what comes in this time. */
static void look_for_work(struct disk *disk)
{
	int64_t until = now_us() + disk->busy_poll;

	while (!twinos_vring_has(&disk->ring) && now_us() < until) {
		if (disk->begun)
			submit(disk);
		if (twinos_diskio_look(&disk->io))
			until = now_us() + disk->busy_poll;
		call(disk);
	}
}

static bool process(void *ctx, unsigned int queue)
{
	struct disk *disk = ctx;
	bool more;

	(void)queue;
	if (disk->busy_poll)
		look_for_work(disk);
	more = begin(disk);
	if (!more || ++disk->begun == BATCH)
		more |= !submit(disk);
	call(disk);
	return more;
}

static bool reap(void *ctx)
{
	struct disk *disk = ctx;
	bool more = !twinos_diskio_reap(&disk->io);

	call(disk);
	return more;
}

static void drain(void *ctx)
{
	struct disk *disk = ctx;

	twinos_diskio_drain(&disk->io);
	call(disk);
}

static const struct twinos_vworker_ops worker_ops = {
	.process = process,
	.ready = reap,
	.end = drain,
};

static int make_requests(struct disk *disk)
{
	size_t i;

	disk->requests = calloc(NR_REQUESTS, sizeof(*disk->requests));
	if (!disk->requests)
		return -ENOMEM;
	disk->free = NULL;
	for (i = NR_REQUESTS; i-- > 0;) {
		disk->requests[i].next = disk->free;
		disk->free = &disk->requests[i];
	}
	return 0;
}

static void free_requests(struct disk *disk)
{
	free(disk->requests);
	disk->requests = disk->free = NULL;
}

static int start_worker(struct disk *disk,
			const struct twinos_vdev_setup *setup)
{
	int ret = make_requests(disk);

	if (ret)
		return ret;
	disk->begun = 0;
	disk->pushed = false;
	twinos_diskio_init(&disk->io, &disk->blk.file, TWINOS_VDEV_QUEUE_SIZE,
			   done, disk);
	ret = twinos_vworker_start(&disk->worker, setup->queues, 1,
				   disk->io.event, &worker_ops, disk);
	if (ret) {
		twinos_diskio_destroy(&disk->io);
		free_requests(disk);
	}
	return ret;
}

/* A driver that never flushes wants each write to last once it is told of it. */
static int start(struct twinos_vdev *vdev,
		 const struct twinos_vdev_setup *setup)
{
	struct disk *disk = (struct disk *)vdev;
	int ret;

	if (!setup->queues[0].ready)
		return 0;
	if (!*disk->blk.serial)
		memcpy(disk->blk.serial, vdev->name, TWINOS_BLK_ID_SIZE);
	disk->blk.write_through = !(setup->features >> VIRTIO_BLK_F_FLUSH & 1);
	ret = twinos_vring_init(&disk->ring, setup, &setup->queues[0]);
	if (!ret)
		ret = start_worker(disk, setup);
	disk->started = !ret;
	return ret;
}

/* What nobody waits for any more doesn't keep us waiting either. */
static void stop(struct twinos_vdev *vdev)
{
	struct disk *disk = (struct disk *)vdev;

	if (!disk->started)
		return;
	twinos_diskio_cancel(&disk->io);
	twinos_vworker_stop(&disk->worker);
	twinos_diskio_destroy(&disk->io);
	free_requests(disk);
	disk->started = false;
}

static uint64_t get(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static bool count(struct twinos_vdev *vdev, struct twinos_traffic *traffic)
{
	const struct twinos_traffic *now = &((struct disk *)vdev)->traffic;

	*traffic = (struct twinos_traffic){
		.in_bytes = get(&now->in_bytes),
		.out_bytes = get(&now->out_bytes),
		.in_ops = get(&now->in_ops),
		.out_ops = get(&now->out_ops),
	};
	return true;
}

static void free_disk(struct twinos_vdev *vdev)
{
	struct disk *disk = (struct disk *)vdev;

	twinos_diskfile_close(&disk->blk.file);
	free(disk);
}

static void forked(struct twinos_vdev *vdev)
{
	twinos_diskfile_close(&((struct disk *)vdev)->blk.file);
}

static const struct twinos_vdev_ops ops = {
	.start = start,
	.stop = stop,
	.count = count,
	.free = free_disk,
	.forked = forked,
};

static void set(struct twinos_vdev *vdev, size_t offset, uint32_t value)
{
	memcpy(vdev->config + offset, &value, sizeof(value));
}

static void fill_config(struct twinos_vdev *vdev, uint64_t size,
			uint32_t block_size)
{
	const uint64_t capacity = size / TWINOS_BLK_SECTOR;

	vdev->config_size = CONFIG_SIZE;
	memcpy(vdev->config + CONFIG(capacity), &capacity, sizeof(capacity));
	set(vdev, CONFIG(seg_max), MAX_SEGMENTS);
	set(vdev, CONFIG(blk_size), block_size);
	set(vdev, CONFIG(max_discard_sectors), TWINOS_BLK_MAX_DISCARD_SECTORS);
	set(vdev, CONFIG(max_discard_seg), TWINOS_BLK_MAX_RANGES);
	set(vdev, CONFIG(discard_sector_alignment),
	    block_size / TWINOS_BLK_SECTOR);
	set(vdev, CONFIG(max_write_zeroes_sectors),
	    TWINOS_BLK_MAX_ZERO_SECTORS);
	set(vdev, CONFIG(max_write_zeroes_seg), TWINOS_BLK_MAX_RANGES);
	vdev->config[CONFIG(write_zeroes_may_unmap)] = 1;
}

/* Never VIRTIO_BLK_F_CONFIG_WCE: a driver that turns the cache off flushes no more. */
static uint64_t features(bool read_only)
{
	uint64_t common = TWINOS_VRING_FEATURES | 1ULL << VIRTIO_BLK_F_SEG_MAX |
			  1ULL << VIRTIO_BLK_F_FLUSH |
			  1ULL << VIRTIO_BLK_F_BLK_SIZE;

	if (read_only)
		return common | 1ULL << VIRTIO_BLK_F_RO;
	return common | 1ULL << VIRTIO_BLK_F_DISCARD |
	       1ULL << VIRTIO_BLK_F_WRITE_ZEROES;
}

/* The value of @key, or "", to @to. */
static int take(const struct twinos_spec *spec, const char *key, char *to,
		size_t size, struct twinos_error *err)
{
	const char *value = twinos_spec_get(spec, key);

	if (!value)
		return 0;
	if (strlen(value) >= size)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "disk: '%.64s' is too long for a %s, which "
				   "has at most %zu characters",
				   value, key, size - 1);
	strcpy(to, value);
	return 0;
}

static bool is_qcow2(const struct twinos_spec *spec)
{
	const char *format = twinos_spec_get(spec, "format");

	return format && !strcmp(format, "qcow2");
}

static int check_spec(const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *format = twinos_spec_get(spec, "format");

	if (!twinos_spec_get(spec, "file"))
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "disk: no file is given");
	if (format && strcmp(format, "raw") && strcmp(format, "qcow2"))
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "disk: format '%.64s': only raw and qcow2 "
				   "are known here; convert it with qemu-img",
				   format);
	if (is_qcow2(spec) && twinos_spec_has(spec, "busy-poll"))
		return twinos_spec_fail(spec, "busy-poll",
					"is of no use: qemu-storage-daemon "
					"has its own way to wait",
					err);
	if (is_qcow2(spec) && twinos_spec_has(spec, "serial"))
		return twinos_spec_fail(spec, "serial",
					"is of no use: a qcow2 disk has no "
					"serial number",
					err);
	return 0;
}

/* twinos_spec_free() in the end */
static int parse(struct twinos_spec *spec, const char *text,
		 struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = {
		{ "file", false },   { "ro", true },
		{ "direct", true },  { "format", false },
		{ "serial", false }, { "busy-poll", false },
		{ NULL, false },
	};
	int ret = twinos_spec_parse(spec, "disk", text, "file", keys, err);

	if (ret)
		return ret;
	ret = check_spec(spec, err);
	if (ret)
		twinos_spec_free(spec);
	return ret;
}

static int take_values(struct disk *disk, const struct twinos_spec *spec,
		       struct twinos_error *err)
{
	int ret = twinos_spec_name(spec, &disk->vdev, err);

	if (!ret)
		ret = take(spec, "serial", disk->blk.serial,
			   sizeof(disk->blk.serial), err);
	return ret ? ret : twinos_spec_busy_poll(spec, &disk->busy_poll, err);
}

int twinos_disk_check(const char *text, struct twinos_error *err)
{
	struct disk disk = { 0 };
	struct twinos_spec spec;
	int ret = parse(&spec, text, err);

	if (ret)
		return ret;
	ret = take_values(&disk, &spec, err);
	if (!ret)
		ret = twinos_diskfile_check_path(twinos_spec_get(&spec, "file"),
						 err);
	twinos_spec_free(&spec);
	return ret;
}

static void describe(struct disk *disk, const char *path)
{
	const struct twinos_diskfile *file = &disk->blk.file;
	static const char *const hows[2][2] = { { "", " (direct)" },
						{ " (ro)", " (ro, direct)" } };

	snprintf(disk->vdev.detail, sizeof(disk->vdev.detail), "%s%s", path,
		 hows[file->read_only][file->direct]);
}

static int fill(struct disk *disk, const struct twinos_spec *spec,
		struct twinos_error *err)
{
	const struct twinos_diskfile_how how = {
		.read_only = twinos_spec_has(spec, "ro"),
		.raw = twinos_spec_has(spec, "format"),
		.direct = twinos_spec_has(spec, "direct"),
	};
	const char *path = twinos_spec_get(spec, "file");
	int ret;

	ret = take_values(disk, spec, err);
	if (!ret)
		ret = twinos_diskfile_open(&disk->blk.file, path, &how, err);
	if (ret)
		return ret;
	describe(disk, path);
	fill_config(&disk->vdev, disk->blk.file.size,
		    disk->blk.file.block_size);
	disk->vdev.features = features(disk->blk.file.read_only);
	disk->vdev.ops = &ops;
	disk->vdev.id = VIRTIO_ID_BLOCK;
	disk->vdev.kind = "disk";
	disk->vdev.nr_queues = 1;
	return 0;
}

static int open_raw(const struct twinos_spec *spec, struct twinos_vdev **vdev,
		    struct twinos_error *err)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int ret;

	if (!disk)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	ret = fill(disk, spec, err);
	if (ret)
		free(disk);
	else
		*vdev = &disk->vdev;
	return ret;
}

int twinos_disk_open(const char *text, struct twinos_vdev **vdev,
		     struct twinos_error *err)
{
	struct twinos_spec spec;
	int ret = parse(&spec, text, err);

	if (ret)
		return ret;
	ret = is_qcow2(&spec) ? twinos_qcow2_open(&spec, vdev, err) :
				open_raw(&spec, vdev, err);
	twinos_spec_free(&spec);
	return ret;
}
