// SPDX-License-Identifier: GPL-2.0-only
/*
 * Low memory for trampolines. Linux reserves the whole first MiB for itself
 * (arch/x86/realmode/init.c: reserve_real_mode()) and uses only a few pages of
 * it, whose place is not exported. So a page counts as unused if it is RAM and
 * reads as zero, and lies some pages away from any that does not: the real-mode
 * blob may end, or begin, with zeroed bss or an empty stack.
 */
#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lowmem.h"

/*
 * The first 64 KiB hold BIOS data, and the kernel can be told to watch them
 * for corruption (arch/x86/kernel/check.c).
 */
#define LOW_FIRST (SZ_64K / PAGE_SIZE)
#define LOW_END (640 * SZ_1K / PAGE_SIZE)
#define LOW_GUARD 4

static DEFINE_MUTEX(lowmem_lock);
static DECLARE_BITMAP(lowmem_taken, LOW_END);

static bool page_is_zero(unsigned long pfn)
{
	void *page = memremap(PFN_PHYS(pfn), PAGE_SIZE, MEMREMAP_WB);
	bool zero;

	if (!page)
		return false;
	zero = !memchr_inv(page, 0, PAGE_SIZE);
	memunmap(page);
	return zero;
}

static void find_used(unsigned long *used)
{
	unsigned long pfn, first, last;

	bitmap_zero(used, LOW_END);
	bitmap_set(used, 0, LOW_FIRST);
	for (pfn = LOW_FIRST; pfn < LOW_END; pfn++) {
		if (test_bit(pfn, lowmem_taken))
			__set_bit(pfn, used);
		else if (!page_is_ram(pfn) || !page_is_zero(pfn)) {
			first = pfn - LOW_GUARD;
			last = min(pfn + LOW_GUARD, LOW_END - 1);
			bitmap_set(used, first, last - first + 1);
		}
	}
}

int lowmem_take(size_t length, phys_addr_t *start)
{
	unsigned long pages = length / PAGE_SIZE, pfn;
	DECLARE_BITMAP(used, LOW_END);
	int ret = -ENOMEM;

	mutex_lock(&lowmem_lock);
	find_used(used);
	pfn = bitmap_find_next_zero_area(used, LOW_END, LOW_FIRST, pages, 0);
	if (pfn < LOW_END) {
		bitmap_set(lowmem_taken, pfn, pages);
		*start = PFN_PHYS(pfn);
		ret = 0;
	}
	mutex_unlock(&lowmem_lock);
	return ret;
}

void lowmem_give_back(phys_addr_t start, size_t length)
{
	mutex_lock(&lowmem_lock);
	bitmap_clear(lowmem_taken, PHYS_PFN(start), length / PAGE_SIZE);
	mutex_unlock(&lowmem_lock);
}
