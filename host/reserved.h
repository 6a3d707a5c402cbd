/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_RESERVED_H
#define TWINOS_HOST_RESERVED_H

#include <linux/types.h>

/*
 * reserved_take() - claim a range that the host's memory map calls reserved
 *
 * Returns 0, -EADDRNOTAVAIL if it is not wholly reserved, or -EBUSY if
 * somebody has claimed a part of it.
 */
int reserved_take(phys_addr_t start, u64 length);
void reserved_give_back(phys_addr_t start, u64 length);

#endif
