/* SPDX-License-Identifier: GPL-2.0-only */
/* One virtio device of the host's, for the drivers that this kernel has. */
#ifndef TWINOS_GUEST_VIRTIO_H
#define TWINOS_GUEST_VIRTIO_H

#include <linux/device.h>
#include <linux/types.h>

struct virtio_device;

/*
 * virtio_core_get() - find the kernel's virtio core
 *
 * It may be a module that is not there yet, which must not keep this one from being
 * loaded: so its functions are looked up. It stays once it was found. False: not there.
 */
bool virtio_core_get(void);

/*
 * twin_virtio_add() - have the kernel know of the host's device @number
 *
 * After virtio_core_get(). An ERR_PTR() on failure.
 */
struct virtio_device *twin_virtio_add(struct device *parent, u16 number);

/* twin_virtio_remove() - the opposite; the device is reset and not used any more */
void twin_virtio_remove(struct virtio_device *vdev);

/* twin_virtio_config_changed() - any context */
void twin_virtio_config_changed(struct virtio_device *vdev);

#endif
