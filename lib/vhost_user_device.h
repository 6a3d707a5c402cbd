/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device that a daemon serves by vhost-user: one of our own, or somebody else's at a
 * socket.
 */
#ifndef TWINOS_LIB_VHOST_USER_DEVICE_H
#define TWINOS_LIB_VHOST_USER_DEVICE_H

#include "daemon.h"
#include "vdev.h"
#include "vhost_user.h"

/**
 * struct twinos_vhost_user_kind - what a kind of device has
 * @name: "vhost-user-blk"...
 * @features: those that the twin is offered if the daemon has them
 * @own_features: those that are no matter of the daemon's
 * @config_size: bytes of the configuration to ask the daemon for; 0: it is made here
 * @reconnects: a daemon may have stopped its queues and still have requests in flight;
 *	it is done with them before it answers on another connection
 */
struct twinos_vhost_user_kind {
	const char *name;
	uint32_t id;
	uint64_t features;
	uint64_t own_features;
	unsigned int nr_queues;
	size_t config_size;
	bool reconnects;
};

extern const struct twinos_vhost_user_kind twinos_vhost_user_blk,
	twinos_vhost_user_fs, twinos_vhost_user_net;

/**
 * struct twinos_vhost_user_device
 * @socket: of somebody else's daemon; NULL: ->daemon is. Owned
 * @setup: while it is started
 */
struct twinos_vhost_user_device {
	struct twinos_vdev vdev;
	const struct twinos_vhost_user_kind *kind;
	struct twinos_vhost_user link;
	const struct twinos_vdev_setup *setup;
	char *socket;
	struct twinos_daemon daemon;
};

/*
 * twinos_vhost_user_new() - one without a daemon yet: the caller fills ->socket or
 * ->daemon and what there is to say of ->vdev. NULL: out of memory
 */
struct twinos_vhost_user_device *
twinos_vhost_user_new(const struct twinos_vhost_user_kind *kind);

/*
 * twinos_vhost_user_open() - get in touch with the daemon, and learn what it offers. In
 * the end, also if this fails, ->vdev.ops->free()
 */
int twinos_vhost_user_open(struct twinos_vhost_user_device *device,
			   struct twinos_error *err);

/* twinos_vhost_user_set_tag() - the name by which the twin mounts a file system */
int twinos_vhost_user_set_tag(struct twinos_vhost_user_device *device,
			      const char *tag, struct twinos_error *err);

#endif
