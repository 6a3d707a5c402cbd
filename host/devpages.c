// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's kernel has no struct pages for memory that it was told to leave alone, or
 * has them for the neighbours only. Without them nobody but a CPU can read or write
 * through a mapping: there is nothing to hold while it is done. So that memory gets
 * them as persistent memory does, from the host's own memory, a 64th of its size.
 */
#include <linux/err.h>
#include <linux/numa.h>
#include <linux/slab.h>

#include "devpages.h"

static struct dev_pagemap *describe(phys_addr_t start, u64 length)
{
	struct dev_pagemap *pages = kzalloc(sizeof(*pages), GFP_KERNEL);

	if (!pages)
		return NULL;
	pages->type = MEMORY_DEVICE_GENERIC;
	pages->nr_range = 1;
	pages->range.start = start;
	pages->range.end = start + length - 1;
	return pages;
}

struct dev_pagemap *devpages_make(phys_addr_t start, u64 length)
{
	struct dev_pagemap *pages;

	if (!IS_ENABLED(CONFIG_ZONE_DEVICE))
		return NULL;
	pages = describe(start, length);
	if (!pages)
		return NULL;
	if (!IS_ERR(memremap_pages(pages, NUMA_NO_NODE)))
		return pages;
	kfree(pages);
	return NULL;
}
