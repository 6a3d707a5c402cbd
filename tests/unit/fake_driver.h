/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's side of a split virtqueue, and the twin's memory that it lies in. */
#ifndef TESTS_UNIT_FAKE_DRIVER_H
#define TESTS_UNIT_FAKE_DRIVER_H

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "vdev.h"

/*
 * Three regions; the second begins where the first ends, and before the third there is
 * a hole. The rings are in the first.
 */
#define DRIVER_REGION 0x10000ULL
#define DRIVER_FIRST 0x100000ULL
#define DRIVER_SECOND (DRIVER_FIRST + DRIVER_REGION)
#define DRIVER_END (DRIVER_SECOND + DRIVER_REGION)
#define DRIVER_THIRD 0x400000ULL

#define DRIVER_DESC DRIVER_FIRST
#define DRIVER_AVAIL (DRIVER_FIRST + 0x2000)
#define DRIVER_USED (DRIVER_FIRST + 0x3000)
#define DRIVER_TABLE (DRIVER_FIRST + 0x4000) /* for an indirect one */
#define DRIVER_DATA (DRIVER_FIRST + 0x6000)

struct fake_driver {
	struct twinos_twinmem memory;
	struct twinos_vdev_setup setup;
	struct twinos_vdev_queue *queue; /* the only one */
	uint16_t next_used; /* to be looked at */
	uint16_t next_kick; /* the next to be kicked for */
	unsigned int nr_kicks;
};

/* fake_driver_init() - with all memory zero, the used index too */
void fake_driver_init(struct fake_driver *driver, uint64_t features,
		      uint32_t size);
void fake_driver_free(struct fake_driver *driver);

/* fake_driver_at() - where @addr is for us */
void *fake_driver_at(const struct fake_driver *driver, uint64_t addr);

struct vring_avail *fake_driver_avail(const struct fake_driver *driver);
struct vring_used *fake_driver_used(const struct fake_driver *driver);
uint16_t *fake_driver_used_event(const struct fake_driver *driver);
uint16_t *fake_driver_avail_event(const struct fake_driver *driver);

/* fake_driver_begin_at() - both indices begin at @index instead of 0 */
void fake_driver_begin_at(struct fake_driver *driver, uint16_t index);

/* fake_driver_desc() - number @i of the table at @table */
void fake_driver_desc(const struct fake_driver *driver, uint64_t table,
		      uint16_t i, struct vring_desc desc);

/* fake_driver_offer() - the chain that begins at @head, without a kick */
void fake_driver_offer(struct fake_driver *driver, uint16_t head);

/* fake_driver_kick() - if the device wants to know of what was offered */
void fake_driver_kick(struct fake_driver *driver);

/*
 * fake_driver_wait() - for the next used element, with interrupts on; false: nothing
 * came and no call either, for seconds
 */
bool fake_driver_wait(struct fake_driver *driver, struct vring_used_elem *used);

#endif
