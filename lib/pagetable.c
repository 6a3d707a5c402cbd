// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * 4-level page tables with 2 MiB pages: Intel SDM volume 3A, section 4.5.
 *
 * A table is found again through the entry that points to it, so ranges may
 * come in any order, touch and overlap.
 */
#include <errno.h>
#include <string.h>

#include "pagetable.h"

#define TABLE_SIZE 4096
#define TABLE_ENTRIES 512

#define PRESENT (1ULL << 0)
#define WRITABLE (1ULL << 1)
#define LARGE (1ULL << 7)
#define ADDRESS_MASK 0x000ffffffffff000ULL

/* Address bits below one entry of each level. */
#define PAGE_SHIFT 21
#define DIRECTORY_SHIFT 30
#define POINTERS_SHIFT 39

/* The upper half of the 48-bit space is not canonical as an identity. */
#define ADDRESS_LIMIT (1ULL << 47)

/* Linux and the trampoline run in it until the kernel has its own tables. */
static const struct twinos_range low = { .length = 1ULL << PAGE_SHIFT };

struct tables {
	unsigned char *buf;
	uint64_t addr;
	size_t used, size;
};

static bool in_reach(const struct twinos_range *range)
{
	return range->start <= ADDRESS_LIMIT &&
	       range->length <= ADDRESS_LIMIT - range->start;
}

static bool all_in_reach(const struct twinos_range *ranges, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (ranges[i].length && !in_reach(&ranges[i]))
			return false;
	return true;
}

static uint64_t first_unit(const struct twinos_range *range, unsigned int shift)
{
	return range->start >> shift;
}

static uint64_t last_unit(const struct twinos_range *range, unsigned int shift)
{
	return (range->start + range->length - 1) >> shift;
}

static bool touches(const struct twinos_range *range, uint64_t unit,
		    unsigned int shift)
{
	return range->length && first_unit(range, shift) <= unit &&
	       unit <= last_unit(range, shift);
}

static bool touched(const struct twinos_range *ranges, size_t nr, uint64_t unit,
		    unsigned int shift)
{
	for (size_t i = 0; i < nr; i++)
		if (touches(&ranges[i], unit, shift))
			return true;
	return touches(&low, unit, shift);
}

/* How many aligned pieces of 2^shift bytes the map has something in. */
static size_t count_units(const struct twinos_range *ranges, size_t nr,
			  unsigned int shift)
{
	size_t count = 1; /* low */

	for (size_t i = 0; i < nr; i++) {
		if (!ranges[i].length)
			continue;
		for (uint64_t unit = first_unit(&ranges[i], shift);
		     unit <= last_unit(&ranges[i], shift); unit++)
			if (!touched(ranges, i, unit, shift))
				count++;
	}
	return count;
}

size_t twinos_pagetable_size(const struct twinos_range *ranges, size_t nr)
{
	if (!all_in_reach(ranges, nr))
		return 0;
	return TABLE_SIZE * (1 + count_units(ranges, nr, POINTERS_SHIFT) +
			     count_units(ranges, nr, DIRECTORY_SHIFT));
}

/* Takes one more table; returns its offset, which is never 0: CR3 is there. */
static size_t new_table(struct tables *tables)
{
	size_t offset = tables->used;

	if (tables->size - tables->used < TABLE_SIZE)
		return 0;
	memset(tables->buf + offset, 0, TABLE_SIZE);
	tables->used += TABLE_SIZE;
	return offset;
}

static uint64_t *entry_of(const struct tables *tables, size_t table,
			  uint64_t addr, unsigned int shift)
{
	uint64_t *entries = (uint64_t *)(tables->buf + table);

	return &entries[(addr >> shift) % TABLE_ENTRIES];
}

/* The table below @table that is responsible for @addr, 0 if none is left. */
static size_t lower_table(struct tables *tables, size_t table, uint64_t addr,
			  unsigned int shift)
{
	uint64_t *entry = entry_of(tables, table, addr, shift);
	size_t lower;

	if (*entry)
		return (*entry & ADDRESS_MASK) - tables->addr;
	lower = new_table(tables);
	if (lower)
		*entry = (tables->addr + lower) | PRESENT | WRITABLE;
	return lower;
}

static int map_page(struct tables *tables, uint64_t addr)
{
	size_t pointers, directory;

	pointers = lower_table(tables, 0, addr, POINTERS_SHIFT);
	if (!pointers)
		return -ENOSPC;
	directory = lower_table(tables, pointers, addr, DIRECTORY_SHIFT);
	if (!directory)
		return -ENOSPC;
	*entry_of(tables, directory, addr, PAGE_SHIFT) = addr | PRESENT |
							 WRITABLE | LARGE;
	return 0;
}

static int map_range(struct tables *tables, const struct twinos_range *range)
{
	int ret;

	if (!range->length)
		return 0;
	for (uint64_t page = first_unit(range, PAGE_SHIFT);
	     page <= last_unit(range, PAGE_SHIFT); page++) {
		ret = map_page(tables, page << PAGE_SHIFT);
		if (ret)
			return ret;
	}
	return 0;
}

int twinos_pagetable_build(void *buf, size_t size, uint64_t addr,
			   const struct twinos_range *ranges, size_t nr)
{
	struct tables tables = { .buf = buf, .addr = addr, .size = size };
	const struct twinos_range self = { .start = addr, .length = size };
	int ret;

	if (addr % TABLE_SIZE || (uintptr_t)buf % sizeof(uint64_t))
		return -EINVAL;
	if (!in_reach(&self) || !all_in_reach(ranges, nr))
		return -ERANGE;
	if (size < TABLE_SIZE)
		return -ENOSPC;
	new_table(&tables);
	ret = map_range(&tables, &low);
	for (size_t i = 0; !ret && i < nr; i++)
		ret = map_range(&tables, &ranges[i]);
	return ret;
}
