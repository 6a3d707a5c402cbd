/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A twin's memory, mapped: its physical addresses for us. */
#ifndef TWINOS_LIB_TWINMEM_H
#define TWINOS_LIB_TWINMEM_H

#include <linux/twinos.h>
#include <stddef.h>
#include <stdint.h>

struct twinos_twinmem_region {
	uint64_t start; /* physical */
	uint64_t length;
	char *data;
};

/**
 * struct twinos_twinmem
 * @get_fd: an fd, the caller's to close, that shows region number @i from offset 0 on
 *	to another process; or -errno. NULL: there is none to be had
 * @owner: for @get_fd: the twin's owner fd
 */
struct twinos_twinmem {
	size_t nr;
	struct twinos_twinmem_region regions[TWINOS_MAX_RANGES];
	int (*get_fd)(const struct twinos_twinmem *memory, size_t i);
	int owner;
};

/*
 * twinos_twinmem_at() - where [@start, @start + @length) is; NULL unless it lies in one
 * region. Any values may be asked for: they come from the twin.
 */
void *twinos_twinmem_at(const struct twinos_twinmem *memory, uint64_t start,
			uint64_t length);

#endif
