// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory from the running host: alloc_contig_range() moves away what is in a
 * range and takes it. It wants to be told the range, so the System RAM
 * resources are searched for one that holds nothing immovable.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/twinos.h>

#include "contig.h"

#define RANGE_PAGES (TWINOS_RANGE_ALIGN / PAGE_SIZE)

/* What the host keeps available: a part of its memory, or what is enough. */
#define HOST_SHARE 16
#define HOST_ENOUGH (256UL * SZ_1M)

/*
 * The host clears, takes and frees pages without a look at who else wants the
 * CPU, so it gets a range in pieces: this one takes a few milliseconds.
 */
#define PIECE_PAGES (SZ_32M / PAGE_SIZE)

struct ram_walk {
	u64 end; /* look only below this */
	u64 start, last; /* the highest System RAM found there */
};

static int ram_highest(struct resource *res, void *arg)
{
	struct ram_walk *walk = arg;

	if (res->start < walk->end) {
		walk->start = res->start;
		walk->last = res->end;
	}
	return 0;
}

/* The highest piece of System RAM that begins below @end. */
static bool ram_below(u64 end, u64 *start, u64 *stop)
{
	struct ram_walk walk = { .end = end };

	if (!end)
		return false;
	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, end - 1,
			    &walk, ram_highest);
	*start = walk.start;
	*stop = min(walk.last + 1, end);
	return walk.last;
}

/*
 * A guess that spares alloc_contig_range() the work: pages in use that are on
 * no list of the page allocator or of reclaim belong to the kernel for good.
 */
static bool page_may_move(struct page *page)
{
	if (PageReserved(page))
		return false;
	page = compound_head(page);
	return !page_count(page) || PageLRU(page) || __PageMovable(page);
}

/*
 * Gives the lowest page in the way, or @end_pfn if there is none. A higher
 * candidate that avoids it has been looked at before, so the next one can end
 * below it.
 */
static unsigned long first_obstacle(unsigned long pfn, unsigned long end_pfn)
{
	struct zone *zone = NULL;
	struct page *page;

	for (; pfn < end_pfn; pfn++) {
		page = pfn_to_online_page(pfn);
		if (!page || !page_may_move(page))
			break;
		if (!zone)
			zone = page_zone(page);
		if (page_zone(page) != zone)
			break;
	}
	return pfn;
}

static unsigned long piece_end(unsigned long pfn, unsigned long end_pfn)
{
	return min(pfn + PIECE_PAGES, end_pfn);
}

static void free_pages_between(unsigned long pfn, unsigned long end_pfn)
{
	unsigned long next;

	for (; pfn < end_pfn; pfn = next) {
		next = piece_end(pfn, end_pfn);
		free_contig_range(pfn, next - pfn);
		cond_resched();
	}
}

static int take_pages_between(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long pfn, next;
	int ret;

	for (pfn = start_pfn; pfn < end_pfn; pfn = next) {
		next = piece_end(pfn, end_pfn);
		ret = alloc_contig_range(pfn, next, MIGRATE_MOVABLE,
					 GFP_KERNEL);
		if (ret)
			goto free_pages;
		cond_resched();
	}
	return 0;

free_pages:
	free_pages_between(start_pfn, pfn);
	return ret;
}

/* Looks in one piece of RAM, [@start, @end). */
static int take_within(u64 length, u64 start, u64 end, phys_addr_t *found)
{
	unsigned long pages = length / PAGE_SIZE, pfn, obstacle;
	unsigned long first =
		ALIGN(PHYS_PFN(start + PAGE_SIZE - 1), RANGE_PAGES);
	unsigned long stop = ALIGN_DOWN(PHYS_PFN(end), RANGE_PAGES);
	unsigned long step = ALIGN(pages / 8 + 1, RANGE_PAGES);

	while (stop >= pages && stop - pages >= first) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		pfn = stop - pages;
		obstacle = first_obstacle(pfn, stop);
		if (obstacle < stop) {
			stop = ALIGN_DOWN(obstacle, RANGE_PAGES);
			continue;
		}
		if (!take_pages_between(pfn, stop)) {
			*found = PFN_PHYS(pfn);
			return 0;
		}
		if (stop < step)
			break;
		stop -= step;
	}
	return -ENOMEM;
}

/*
 * When memory runs out, the host kills processes, and those that hold twins are
 * large ones.
 */
static bool host_can_spare(u64 length)
{
	long keep = min(totalram_pages() / HOST_SHARE, HOST_ENOUGH / PAGE_SIZE);
	long available = si_mem_available() - keep;

	return available > 0 && length / PAGE_SIZE <= available;
}

int contig_take(u64 length, phys_addr_t min, phys_addr_t max,
		phys_addr_t *start)
{
	u64 end = max == PHYS_ADDR_MAX ? max : max + 1;
	u64 low, high;
	int ret;

	if (!host_can_spare(length))
		return -ENOMEM;
	while (ram_below(end, &low, &high) && high > min) {
		ret = take_within(length, max_t(u64, low, min), high, start);
		if (ret != -ENOMEM)
			return ret;
		end = low;
	}
	return -ENOMEM;
}

void contig_give_back(phys_addr_t start, u64 length)
{
	free_pages_between(PHYS_PFN(start), PHYS_PFN(start + length));
}
