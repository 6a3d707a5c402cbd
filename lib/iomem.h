/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's map of physical memory: /proc/iomem and /sys/firmware/memmap. */
#ifndef TWINOS_LIB_IOMEM_H
#define TWINOS_LIB_IOMEM_H

#include "hostfs.h"

/**
 * struct twinos_iomem_range
 * @end: behind the last byte
 * @name: "System RAM", "Reserved"...
 */
struct twinos_iomem_range {
	uint64_t start, end;
	char name[32];
};

/**
 * struct twinos_iomem
 * @ranges: of the outermost level, as they stand there
 */
struct twinos_iomem {
	struct twinos_iomem_range *ranges;
	size_t nr_ranges;
};

/*
 * twinos_iomem_load() - from /proc/iomem; twinos_iomem_load_firmware() - as the
 * firmware gave it, before memmap= changed it
 *
 * -EACCES: only root may see addresses. Other errors: there is none.
 */
int twinos_iomem_load(struct twinos_iomem *map, const struct twinos_hostfs *fs);
int twinos_iomem_load_firmware(struct twinos_iomem *map,
			       const struct twinos_hostfs *fs);
void twinos_iomem_free(struct twinos_iomem *map);

/* twinos_iomem_covers() - ranges called @name leave no hole in [@start, @end) */
bool twinos_iomem_covers(const struct twinos_iomem *map, const char *name,
			 uint64_t start, uint64_t end);

/* twinos_iomem_within() - how many bytes of [@start, @end) are called @name */
uint64_t twinos_iomem_within(const struct twinos_iomem *map, const char *name,
			     uint64_t start, uint64_t end);

#endif
