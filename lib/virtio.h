/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bus of a twin's virtio devices, the host's side: answers the twin's messages
 * (struct twinos_virtio) and drives the devices' back ends by them. Whatever a message
 * says is hostile; what it can reach is the twin's own memory and devices.
 *
 * The caller keeps calls from overlapping.
 */
#ifndef TWINOS_LIB_VIRTIO_H
#define TWINOS_LIB_VIRTIO_H

#include <linux/twinos.h>
#include <twinos/handover.h>

#include "vdev.h"

/**
 * struct twinos_bus_slot - one device
 * @vdev: NULL: the slot is free
 * @status: of the device, VIRTIO_CONFIG_S_*
 * @features: the driver's
 * @first_bit: of ->bits, which has vdev->nr_queues of them
 * @started: the back end serves
 * @leaving: the twin was asked to let go of it
 * @released: it has
 * @burnt: a device was taken from a twin that had not let go of it: until its end
 *	neither the slot nor the bits can be another's
 */
struct twinos_bus_slot {
	struct twinos_vdev *vdev;
	struct twinos_vdev_setup setup;
	uint32_t status;
	uint32_t generation;
	uint64_t features;
	unsigned int first_bit;
	bool started, leaving, released, burnt;
};

/**
 * struct twinos_bus
 * @area: NULL while no twin runs: nothing is answered
 * @memory: the twin's
 * @owner: its owner fd, to tie eventfds to; -1: none yet
 * @kick: an eventfd for messages
 * @call: the answer to it, and changes of devices
 * @bits: which of both bitmaps are given to queues
 */
struct twinos_bus {
	volatile struct twinos_virtio *area;
	const struct twinos_twinmem *memory;
	int owner;
	int kick, call;
	uint64_t bits;
	uint32_t last_token;
	struct twinos_bus_slot slots[TWINOS_VIRTIO_DEVICES];
};

/* twinos_bus_init() - empty; 0 or -errno */
int twinos_bus_init(struct twinos_bus *bus);

/* twinos_bus_destroy() - stop and free all devices */
void twinos_bus_destroy(struct twinos_bus *bus);

/*
 * twinos_bus_add() - one more device, in any state of the twin
 *
 * Gives it its name if it has none, makes its eventfds, and tells the twin if one runs.
 * The device is the bus's from now on; on failure it stays the caller's. -EEXIST: its
 * name is taken; -ENOSPC: there are too many devices, or queues.
 */
int twinos_bus_add(struct twinos_bus *bus, struct twinos_vdev *vdev,
		   struct twinos_error *err);

/* twinos_bus_find() - the slot of the device @name, NULL: there is none */
struct twinos_bus_slot *twinos_bus_find(struct twinos_bus *bus,
					const char *name);

/*
 * twinos_bus_ask_back() - have the twin let go of a device; ->released tells when it
 * has. One whose driver was never there is released at once.
 */
void twinos_bus_ask_back(struct twinos_bus *bus, struct twinos_bus_slot *slot);

/* twinos_bus_drop() - stop and free a device, released or not */
void twinos_bus_drop(struct twinos_bus *bus, struct twinos_bus_slot *slot);

/* twinos_bus_tie() - all eventfds to the twin of @owner; 0 or -errno */
int twinos_bus_tie(struct twinos_bus *bus, int owner);

/*
 * twinos_bus_begin() - a life of the twin begins: answer from now on
 * @area: all 0
 * @memory: valid until twinos_bus_end()
 */
void twinos_bus_begin(struct twinos_bus *bus,
		      volatile struct twinos_virtio *area,
		      const struct twinos_twinmem *memory);

/*
 * twinos_bus_end() - stop all back ends: nobody writes to the twin's memory any more,
 * nor reads it. Its cores must be stopped. Nothing to do if none runs.
 */
void twinos_bus_end(struct twinos_bus *bus);

/* twinos_bus_serve() - answer what was asked; never waits for the twin */
void twinos_bus_serve(struct twinos_bus *bus);

#endif
