/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ranges that the host was booted without: memmap=SIZE$ADDR. */
#ifndef TWINOS_LIB_BOOT_RANGES_H
#define TWINOS_LIB_BOOT_RANGES_H

#include "libtwinos.h"

/*
 * twinos_boot_ranges_parse() - those named by @cmdline, of any contents,
 * rounded inwards to TWINOS_RANGE_ALIGN; at most @max. Returns how many.
 */
size_t twinos_boot_ranges_parse(const char *cmdline,
				struct twinos_range *ranges, size_t max);

/*
 * twinos_boot_ranges_free() - what of the host's boot-time ranges no twin has,
 * the largest first
 *
 * Returns how many, at most @max, or -errno.
 */
ssize_t twinos_boot_ranges_free(struct twinos_range *ranges, size_t max,
				struct twinos_error *err);

#endif
