/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The virtio devices of a twin: what the user wants, opened before anything is taken
 * for the twin, and a thread that answers the twin's messages.
 */
#ifndef TWINOS_LIB_DEVICES_H
#define TWINOS_LIB_DEVICES_H

#include <pthread.h>

#include "libtwinos.h"
#include "virtio.h"

/**
 * struct twinos_devices
 * @lock: guards @bus
 * @has_bus: @bus is initialised
 * @runs: there is the thread
 * @end: an eventfd that ends it
 * @shared: the twin shares its CPU
 */
struct twinos_devices {
	pthread_mutex_t lock;
	struct twinos_bus bus;
	struct twinos_twinmem memory;
	bool has_bus, runs;
	pthread_t thread;
	int end;
	bool shared;
};

/*
 * twinos_devices_open() - open the back ends of @list; nothing left open on failure
 *
 * twinos_devices_close() in the end, also for one that is all 0.
 */
int twinos_devices_open(struct twinos_devices *devices,
			const struct twinos_device *list, size_t nr,
			bool shared, struct twinos_error *err);

/*
 * twinos_devices_check() - what can be said of @list without opening anything; see
 * vdev.h
 */
int twinos_devices_check(const struct twinos_device *list, size_t nr,
			 bool shared, struct twinos_error *err);

/*
 * twinos_devices_load() - the twin of @owner has its memory, and messages are answered
 * once it runs
 * @ranges: all of its memory, which is mapped
 */
int twinos_devices_load(struct twinos_devices *devices, int owner,
			const struct twinos_range *ranges, size_t nr_ranges,
			struct twinos_error *err);

/* twinos_devices_begin() - before the twin starts; @area is all 0 */
void twinos_devices_begin(struct twinos_devices *devices,
			  volatile struct twinos_virtio *area);

/*
 * twinos_devices_end() - its cores are stopped: when this returns no back end touches
 * its memory. May be called again, and for one that did not begin.
 */
void twinos_devices_end(struct twinos_devices *devices);

/* twinos_devices_forked() - see twinos_twin_forked() */
void twinos_devices_forked(struct twinos_devices *devices);

/* See twinos_twin_device_add() and those below it. */
int twinos_devices_add(struct twinos_devices *devices,
		       const struct twinos_device *device, char *name,
		       struct twinos_error *err);
int twinos_devices_remove(struct twinos_devices *devices, const char *name,
			  bool force, struct twinos_error *err);
size_t twinos_devices_list(struct twinos_devices *devices,
			   struct twinos_device_status *list, size_t max);

/*
 * twinos_devices_close() - end, and give all back; the twin's memory is not mapped any
 * more, so that its owner fd can be closed
 */
void twinos_devices_close(struct twinos_devices *devices);

#endif
