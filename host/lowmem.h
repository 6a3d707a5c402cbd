/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_LOWMEM_H
#define TWINOS_HOST_LOWMEM_H

#include <linux/types.h>

/*
 * lowmem_take() - pages below 640 KiB that nobody uses; they read as zero
 * @length: bytes, a multiple of PAGE_SIZE
 * @start: where they are
 *
 * Returns 0 or -ENOMEM. lowmem_give_back() zeroes them, as they were.
 */
int lowmem_take(size_t length, phys_addr_t *start);
void lowmem_give_back(phys_addr_t start, size_t length);

#endif
