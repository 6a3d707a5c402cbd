// SPDX-License-Identifier: LGPL-2.1-or-later
#include "twinmem.h"

void *twinos_twinmem_at(const struct twinos_twinmem *memory, uint64_t start,
			uint64_t length)
{
	const struct twinos_twinmem_region *region;
	size_t i;

	for (i = 0; i < memory->nr; i++) {
		region = &memory->regions[i];
		if (start >= region->start &&
		    start - region->start < region->length &&
		    length <= region->length - (start - region->start))
			return region->data + (start - region->start);
	}
	return NULL;
}
