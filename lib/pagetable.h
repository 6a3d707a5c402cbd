/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page tables that the twin's kernel is entered on: an identity map. */
#ifndef TWINOS_LIB_PAGETABLE_H
#define TWINOS_LIB_PAGETABLE_H

#include "libtwinos.h"

/*
 * twinos_pagetable_size() - bytes needed to map @ranges and the first 2 MiB
 * twinos_pagetable_build() - write the 4-level tables (2 MiB pages, writable,
 * executable) to @buf, whose address is @addr (page-aligned; it is CR3);
 * ranges are rounded outwards to 2 MiB; -ENOSPC, -ERANGE above 2^47
 */
size_t twinos_pagetable_size(const struct twinos_range *ranges, size_t nr);
int twinos_pagetable_build(void *buf, size_t size, uint64_t addr,
			   const struct twinos_range *ranges, size_t nr);

#endif
