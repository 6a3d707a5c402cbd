/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in the host's memory a range can be reserved at its next boot, by memmap=. */
#ifndef TWINOS_LIB_RESERVATION_H
#define TWINOS_LIB_RESERVATION_H

#include "hostfs.h"
#include "libtwinos.h"

/**
 * struct twinos_reservation - a range
 * @start: a multiple of TWINOS_RANGE_ALIGN, as @length is; 0: to be chosen
 */
struct twinos_reservation {
	uint64_t start, length;
};

/*
 * twinos_reservation_place() - choose @wanted->start, above 4 GiB if that can be, or
 * look whether all of the range is memory
 * @old: is one now, and will not be; its length may be 0
 *
 * TWINOS_ERROR_MEMORY: there is no place; or too little is left for the host.
 */
int twinos_reservation_place(struct twinos_reservation *wanted,
			     const struct twinos_reservation *old,
			     const struct twinos_hostfs *fs,
			     struct twinos_error *err);

#endif
