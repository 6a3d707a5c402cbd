/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A virtio device, as its back end shows it to the bus (virtio.h). One file a kind of
 * device fills a struct twinos_vdev; the bus answers the twin's messages from it.
 *
 * All calls come from one thread at a time, under the lock of the bus. None waits for
 * the twin.
 */
#ifndef TWINOS_LIB_VDEV_H
#define TWINOS_LIB_VDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libtwinos.h"
#include "twinmem.h"

#define TWINOS_VDEV_QUEUES 17 /* of one device: a network card with 8 pairs */
#define TWINOS_VDEV_QUEUE_SIZE 256 /* what is offered at most; a power of two */

/**
 * struct twinos_vdev_queue - a split virtqueue that the twin's driver has set up
 * @ready: it is in use; nothing else counts otherwise
 * @size: number of descriptors, a power of two up to TWINOS_VDEV_QUEUE_SIZE
 * @desc: address in the twin's physical memory; the whole table lies there, aligned
 * @driver: as above: the available ring
 * @device: as above: the used ring
 * @kick: an eventfd, non-blocking, that is readable once the driver has notified
 * @call: an eventfd that interrupts the driver once it is written; the back end
 *	writes it from any thread
 */
struct twinos_vdev_queue {
	bool ready;
	uint32_t size;
	uint64_t desc, driver, device;
	int kick, call;
};

/**
 * struct twinos_vdev_setup - what the driver has made of the device
 * @features: the negotiated ones
 * @memory: all of the twin's, mapped; valid until stop() has returned
 * @queues: vdev->nr_queues of them
 */
struct twinos_vdev_setup {
	uint64_t features;
	const struct twinos_twinmem *memory;
	struct twinos_vdev_queue queues[TWINOS_VDEV_QUEUES];
};

struct twinos_vdev;

/**
 * struct twinos_vdev_ops
 * @start: the driver is ready (DRIVER_OK): open the back end and serve. @setup is valid
 *	until stop(). What the driver has queued before must be served without a kick.
 *	0 or -errno, with nothing left running. Takes seconds at most.
 * @stop: the opposite, only after a start() that gave 0. When it returns, nobody
 *	touches the twin's memory any more, the kernel's threads included. A start() may
 *	follow: the device's own state (file, tap...) is kept open.
 * @write_config: the driver has changed @size bytes at @offset of ->config, which
 *	holds the new ones; NULL: the driver can't write there
 * @is_lost: who serves it has gone, though nobody has stopped it: the driver waits in
 *	vain; NULL: can't be
 * @count: what has gone through it so far, while it serves or not; false: that can't be
 *	told now. NULL: it never can
 * @free: at last, not while started
 * @forked: in a child process, which has nothing to do with the device: close what is
 *	open of the host, so that it is not kept in use after @free; NULL: nothing is
 */
struct twinos_vdev_ops {
	int (*start)(struct twinos_vdev *vdev,
		     const struct twinos_vdev_setup *setup);
	void (*stop)(struct twinos_vdev *vdev);
	void (*write_config)(struct twinos_vdev *vdev, size_t offset,
			     size_t size);
	bool (*is_lost)(struct twinos_vdev *vdev);
	bool (*count)(struct twinos_vdev *vdev, struct twinos_traffic *traffic);
	void (*free)(struct twinos_vdev *vdev);
	void (*forked)(struct twinos_vdev *vdev);
};

/**
 * struct twinos_vdev - the first member of each kind's own struct
 * @id: VIRTIO_ID_* of <linux/virtio_ids.h>
 * @features: what is offered; the bus adds VIRTIO_F_VERSION_1
 * @nr_queues: at most TWINOS_VDEV_QUEUES
 * @config: the configuration space
 * @config_size: bytes of it
 * @kind: "disk", "net"...
 * @name: unique among the twin's devices; "disk0"... if the user gave none
 * @detail: for people: the file, the tap...
 */
struct twinos_vdev {
	const struct twinos_vdev_ops *ops;
	uint32_t id;
	uint64_t features;
	unsigned int nr_queues;
	uint8_t config[64];
	size_t config_size;
	const char *kind;
	char name[32];
	char detail[256];
};

/*
 * The kinds: each reads @text (see spec.h) as what the user said behind --disk, --net...,
 * opens what it needs of the host (file, tap, CID...) and gives a device, whose ->name is
 * "" unless the user named it; or -errno with a line in @err and nothing left open.
 */
int twinos_disk_open(const char *text, struct twinos_vdev **vdev,
		     struct twinos_error *err);
int twinos_net_open(const char *text, struct twinos_vdev **vdev,
		    struct twinos_error *err);
int twinos_vsock_open(const char *text, struct twinos_vdev **vdev,
		      struct twinos_error *err);
int twinos_rng_open(const char *text, struct twinos_vdev **vdev,
		    struct twinos_error *err);
int twinos_vconsole_open(const char *text, struct twinos_vdev **vdev,
			 struct twinos_error *err);
int twinos_share_open(const char *text, struct twinos_vdev **vdev,
		      struct twinos_error *err);
int twinos_vhost_user_blk_open(const char *text, struct twinos_vdev **vdev,
			       struct twinos_error *err);
int twinos_vhost_user_fs_open(const char *text, struct twinos_vdev **vdev,
			      struct twinos_error *err);
int twinos_vhost_user_net_open(const char *text, struct twinos_vdev **vdev,
			       struct twinos_error *err);

/*
 * The same words without a device: 0 if they are right and the files that they name are
 * there; of the host nothing is opened.
 */
int twinos_disk_check(const char *text, struct twinos_error *err);
int twinos_net_check(const char *text, struct twinos_error *err);
int twinos_vsock_check(const char *text, struct twinos_error *err);
int twinos_rng_check(const char *text, struct twinos_error *err);
int twinos_vconsole_check(const char *text, struct twinos_error *err);
int twinos_share_check(const char *text, struct twinos_error *err);
int twinos_vhost_user_blk_check(const char *text, struct twinos_error *err);
int twinos_vhost_user_fs_check(const char *text, struct twinos_error *err);
int twinos_vhost_user_net_check(const char *text, struct twinos_error *err);

#endif
