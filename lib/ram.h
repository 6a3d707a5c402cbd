/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A twin's memory as a reader sees it: ranges of physical addresses and a
 * function that copies from them. Its contents are hostile and change underfoot.
 */
#ifndef TWINOS_LIB_RAM_H
#define TWINOS_LIB_RAM_H

#include "libtwinos.h"

struct twinos_ram {
	struct twinos_range *ranges;
	size_t nr_ranges;
	twinos_read_fn read;
	void *ctx;
};

/* twinos_ram_init() - @ranges is copied; -EINVAL if one wraps or is empty */
int twinos_ram_init(struct twinos_ram *ram, const struct twinos_range *ranges,
		    size_t nr_ranges, twinos_read_fn read, void *ctx);
void twinos_ram_destroy(struct twinos_ram *ram);

/*
 * twinos_ram_read() - copy @len bytes from @addr; they may span ranges that
 * touch. -EFAULT: not wholly memory of the twin; otherwise what read() said.
 */
int twinos_ram_read(const struct twinos_ram *ram, uint64_t addr, void *buf,
		    size_t len);

#endif
