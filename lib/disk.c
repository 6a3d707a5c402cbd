// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A disk for a twin: virtio-blk (Virtio 1.2, 5.2) over a raw file or a block device,
 * one request after the other. blk.c reads the requests, diskfile.c does them.
 */
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk.h"
#include "diskfile.h"
#include "error.h"
#include "spec_value.h"
#include "vring.h"
#include "vworker.h"

/* Beside the data there are the header and the status. */
#define MAX_SEGMENTS (TWINOS_VDEV_QUEUE_SIZE - 2)

/* Up to the padding before what secure erase needs, which is not ours. */
#define CONFIG(field) offsetof(struct virtio_blk_config, field)
#define CONFIG_SIZE (CONFIG(write_zeroes_may_unmap) + 4)

struct disk {
	struct twinos_vdev vdev;
	struct twinos_blk blk;
	bool started; /* there is a worker */
	struct twinos_vring ring;
	struct twinos_vring_chain chain;
	struct twinos_vworker worker;
};

static bool process(void *ctx, unsigned int queue)
{
	struct disk *disk = ctx;
	uint32_t written;

	(void)queue;
	if (twinos_vring_next(&disk->ring, &disk->chain) <= 0)
		return false;
	written = twinos_blk_serve(&disk->blk, &disk->chain);
	twinos_vring_push(&disk->ring, &disk->chain, written);
	twinos_vring_call(&disk->ring);
	return true;
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
		ret = twinos_vworker_start(&disk->worker, setup->queues, 1,
					   process, disk);
	disk->started = !ret;
	return ret;
}

static void stop(struct twinos_vdev *vdev)
{
	struct disk *disk = (struct disk *)vdev;

	if (disk->started)
		twinos_vworker_stop(&disk->worker);
	disk->started = false;
}

static void free_disk(struct twinos_vdev *vdev)
{
	struct disk *disk = (struct disk *)vdev;

	twinos_diskfile_close(&disk->blk.file);
	free(disk);
}

static const struct twinos_vdev_ops ops = {
	.start = start,
	.stop = stop,
	.free = free_disk,
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

static int check_spec(const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *format = twinos_spec_get(spec, "format");

	if (!twinos_spec_get(spec, "file"))
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "disk: no file is given");
	if (format && strcmp(format, "raw"))
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "disk: format '%.64s': only raw is known "
				   "here; convert it with qemu-img",
				   format);
	return 0;
}

static int fill(struct disk *disk, const struct twinos_spec *spec,
		struct twinos_error *err)
{
	const char *path = twinos_spec_get(spec, "file");
	int ret = check_spec(spec, err);

	if (!ret)
		ret = twinos_spec_name(spec, &disk->vdev, err);
	if (!ret)
		ret = take(spec, "serial", disk->blk.serial,
			   sizeof(disk->blk.serial), err);
	if (!ret)
		ret = twinos_diskfile_open(&disk->blk.file, path,
					   twinos_spec_has(spec, "ro"),
					   twinos_spec_has(spec, "format"),
					   err);
	if (ret)
		return ret;
	snprintf(disk->vdev.detail, sizeof(disk->vdev.detail), "%s%s", path,
		 disk->blk.file.read_only ? " (ro)" : "");
	fill_config(&disk->vdev, disk->blk.file.size,
		    disk->blk.file.block_size);
	disk->vdev.features = features(disk->blk.file.read_only);
	disk->vdev.ops = &ops;
	disk->vdev.id = VIRTIO_ID_BLOCK;
	disk->vdev.kind = "disk";
	disk->vdev.nr_queues = 1;
	return 0;
}

int twinos_disk_open(const char *text, struct twinos_vdev **vdev,
		     struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = {
		{ "file", false },   { "ro", true },  { "format", false },
		{ "serial", false }, { NULL, false },
	};
	struct disk *disk;
	struct twinos_spec spec;
	int ret = twinos_spec_parse(&spec, "disk", text, "file", keys, err);

	if (ret)
		return ret;
	disk = calloc(1, sizeof(*disk));
	ret = disk ? fill(disk, &spec, err) :
		     twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				 "out of memory");
	twinos_spec_free(&spec);
	if (ret)
		free(disk);
	else
		*vdev = &disk->vdev;
	return ret;
}
