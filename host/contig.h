/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_CONTIG_H
#define TWINOS_HOST_CONTIG_H

#include <linux/types.h>

/*
 * contig_take() - a run of the running host's pages, zeroed
 * @length: bytes, a multiple of TWINOS_RANGE_ALIGN
 * @min, @max: first and last acceptable address
 * @start: where it is, aligned to TWINOS_RANGE_ALIGN
 *
 * Looks from @max downwards, so that memory that devices with short addresses
 * need is taken last. Returns 0, -ENOMEM, also if the host would be left with
 * too little, or -EINTR after a fatal signal.
 */
int contig_take(u64 length, phys_addr_t min, phys_addr_t max,
		phys_addr_t *start);
void contig_give_back(phys_addr_t start, u64 length);

#endif
