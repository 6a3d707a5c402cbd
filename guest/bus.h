/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtio devices that the host has for this twin; they come and go. */
#ifndef TWINOS_GUEST_BUS_H
#define TWINOS_GUEST_BUS_H

#include <linux/device.h>
#include <twinos/handover.h>

/*
 * bus_init() - look for devices from now on
 * @parent: of all of them
 */
int bus_init(struct device *parent, struct twinos_virtio *area);

#endif
