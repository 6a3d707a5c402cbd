/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /dev/twinos and the fds it gives: each call with its errors in words. */
#ifndef TWINOS_LIB_DEVICE_H
#define TWINOS_LIB_DEVICE_H

#include <linux/twinos.h>

#include "libtwinos.h"

/*
 * twinos_device_open() - open it and check that the module speaks our revision
 *
 * Returns the fd or -errno; @info may be NULL.
 */
int twinos_device_open(struct twinos_info *info, struct twinos_error *err);

/* twinos_device_cpu() - fill @info for CPU @cpu: 0, or -ENODEV: there is none */
int twinos_device_cpu(int device, unsigned int cpu, struct twinos_cpu *info);

/* twinos_device_create() - a new twin; returns its owner fd or -errno */
int twinos_device_create(int device, const char *name,
			 struct twinos_error *err);

/*
 * twinos_device_memory() - take one range; @range->start is set
 *
 * Returns 0 or -errno, without words: what a failure means is up to who tries.
 */
int twinos_device_memory(int owner, struct twinos_range *range, uint64_t min,
			 uint64_t max);

/* twinos_device_memory_fd() - that of the range at @start; or -errno */
int twinos_device_memory_fd(int owner, uint64_t start);

#endif
