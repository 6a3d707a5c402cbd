/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vhost-user (QEMU's docs/interop/vhost-user.rst), the front end's side: a process at the
 * other end of a socket, the daemon, serves a device's queues. What it answers is not
 * trusted, nor that it answers.
 */
#ifndef TWINOS_LIB_VHOST_USER_H
#define TWINOS_LIB_VHOST_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdev.h"

#define TWINOS_VHOST_USER_CONFIG 64 /* bytes of a configuration, at most */
#define TWINOS_VHOST_USER_LIMIT_MS 8000

/**
 * struct twinos_vhost_user - a connection
 * @fd: -1: there is none
 * @features: that the daemon has, also those of virtio itself
 * @protocol: features of the protocol that both have
 * @limit_ms: for how long one of the calls below waits for the daemon
 * @until: the end of that, by CLOCK_MONOTONIC
 * @has_memory: the daemon was told of the twin's
 */
struct twinos_vhost_user {
	int fd;
	uint64_t features;
	uint64_t protocol;
	int limit_ms;
	int64_t until;
	bool has_memory;
};

/*
 * All return 0 or -errno: what the socket gave, -ETIMEDOUT, -EPROTO: the answer is none;
 * -EREMOTEIO: the daemon refuses. The connection is of no more use then.
 */

/*
 * twinos_vhost_user_begin() - get to know the daemon at @fd, which is the connection's
 * from now on. -EOPNOTSUPP: it does not know virtio 1
 */
int twinos_vhost_user_begin(struct twinos_vhost_user *link, int fd);

/* twinos_vhost_user_config() - @size bytes. -EOPNOTSUPP: the daemon has none */
int twinos_vhost_user_config(struct twinos_vhost_user *link, uint8_t *config,
			     size_t size);

/*
 * twinos_vhost_user_start() - have the ready ones of @nr queues served, from where their
 * used rings say. -EINVAL: one can't be; -E2BIG: the memory is in too many pieces
 */
int twinos_vhost_user_start(struct twinos_vhost_user *link,
			    const struct twinos_vdev_setup *setup,
			    unsigned int nr);

/* twinos_vhost_user_stop() - the opposite; no more of the driver's requests is begun */
int twinos_vhost_user_stop(struct twinos_vhost_user *link,
			   const struct twinos_vdev_setup *setup,
			   unsigned int nr);

/* twinos_vhost_user_is_lost() - there is a connection, and nobody at the other end */
bool twinos_vhost_user_is_lost(const struct twinos_vhost_user *link);

/*
 * twinos_vhost_user_end() - tell the daemon that it was all; does nothing if there is no
 * connection
 * @wait_ms: for how long to wait for it to leave as well
 */
void twinos_vhost_user_end(struct twinos_vhost_user *link, int wait_ms);

#endif
