// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the host was told to leave alone at boot (memmap=SIZE$ADDR): the
 * study's "reserved half" (R3). kexec refuses to load into it; here it is the
 * first choice. It stands in /proc/iomem as claimed while a twin has it.
 */
#include <linux/errno.h>
#include <linux/ioport.h>

#include "reserved.h"

struct coverage {
	u64 next; /* everything below it is covered */
};

/* Called in ascending order, with pieces cut to the range looked at. */
static int cover(struct resource *res, void *arg)
{
	struct coverage *coverage = arg;

	if (res->start <= coverage->next && res->end >= coverage->next)
		coverage->next = res->end + 1;
	return 0;
}

static bool wholly_reserved(phys_addr_t start, u64 length)
{
	struct coverage coverage = { .next = start };

	walk_iomem_res_desc(IORES_DESC_RESERVED, IORESOURCE_MEM, start,
			    start + length - 1, &coverage, cover);
	return coverage.next == start + length;
}

int reserved_take(phys_addr_t start, u64 length)
{
	if (!wholly_reserved(start, length))
		return -EADDRNOTAVAIL;
	if (!request_mem_region(start, length, "twinos"))
		return -EBUSY;
	return 0;
}

void reserved_give_back(phys_addr_t start, u64 length)
{
	release_mem_region(start, length);
}
