/* SPDX-License-Identifier: GPL-2.0-only */
/* struct pages for memory that the host's kernel has none for. */
#ifndef TWINOS_HOST_DEVPAGES_H
#define TWINOS_HOST_DEVPAGES_H

#include <linux/memremap.h>
#include <linux/slab.h>

/*
 * devpages_make() - for [@start, @start + @length), both multiples of 2 MiB, which the
 * host was told to leave alone. NULL: that can't be done here, or there is no room
 */
struct dev_pagemap *devpages_make(phys_addr_t start, u64 length);

/* devpages_drop() - nobody holds one of them any more; NULL: there are none */
static inline void devpages_drop(struct dev_pagemap *pages)
{
	if (!pages)
		return;
	memunmap_pages(pages);
	kfree(pages);
}

#endif
