/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device whose queues the host's kernel serves: /dev/vhost-net, /dev/vhost-vsock.
 *
 * From twinos_vhost_set_up() on the fd has a thread of the kernel's, which closing it
 * ends; in between it touches the twin's memory only while the kind's own call has it
 * run (VHOST_NET_SET_BACKEND, VHOST_VSOCK_SET_RUNNING).
 */
#ifndef TWINOS_LIB_VHOST_H
#define TWINOS_LIB_VHOST_H

#include "libtwinos.h"
#include "vdev.h"

/**
 * struct twinos_vhost_kind - one of the kernel's
 * @path: of its device
 * @module: what has that device
 * @features: those that it must know of to serve queues; the others are not its affair
 */
struct twinos_vhost_kind {
	const char *path;
	const char *module;
	uint64_t features;
};

/* What every kind must know of, VIRTIO_F_VERSION_1 among it. */
#define TWINOS_VHOST_FEATURES \
	((1ULL << VIRTIO_F_VERSION_1) | TWINOS_VHOST_RING_FEATURES)
#define TWINOS_VHOST_RING_FEATURES               \
	((1ULL << VIRTIO_RING_F_INDIRECT_DESC) | \
	 (1ULL << VIRTIO_RING_F_EVENT_IDX))

/* twinos_vhost_open() - a new fd, with no thread yet; -errno */
int twinos_vhost_open(const struct twinos_vhost_kind *kind,
		      struct twinos_error *err);

/*
 * twinos_vhost_mask() - of @features those that can be offered: where the kernel's
 * has not all of kind->features, the lacking ones are taken away
 */
int twinos_vhost_mask(int fd, const struct twinos_vhost_kind *kind,
		      uint64_t *features, struct twinos_error *err);

/**
 * struct twinos_vhost_queues - which queues one fd serves
 * @setup: of the device
 * @first: this one of the device's is the fd's first one
 * @nr: all must be ready
 */
struct twinos_vhost_queues {
	const struct twinos_vdev_setup *setup;
	unsigned int first, nr;
};

/*
 * twinos_vhost_set_up() - become the owner, tell the twin's memory and where the queues
 * lie in it. They go on where the used ring says that they stopped.
 * 0 or -errno; the fd is to be closed then. -EINVAL: a queue can't be served
 */
int twinos_vhost_set_up(int fd, const struct twinos_vhost_kind *kind,
			const struct twinos_vhost_queues *queues);

/* twinos_vhost_busy_poll() - look for work this long, in us, before sleeping */
int twinos_vhost_busy_poll(int fd, unsigned int nr, unsigned int us);

/*
 * twinos_vhost_kick() - once it runs: let it see what was queued before. A kick that
 * came in between was lost.
 */
void twinos_vhost_kick(const struct twinos_vhost_queues *queues);

#endif
