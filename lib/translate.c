// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The page tables of x86-64: Intel SDM volume 3, section 4.5 "4-level paging
 * and 5-level paging". The image's mapping is __START_KERNEL_map of
 * arch/x86/include/asm/page_64_types.h, at most 1 GiB long.
 */
#include <errno.h>

#include "translate.h"

#define IMAGE_MAP 0xffffffff80000000ULL
#define IMAGE_MAP_SIZE (1ULL << 30)

#define PAGE_SHIFT 12
#define LEVEL_BITS 9
#define NR_ENTRIES (1U << LEVEL_BITS)
#define ENTRY_PRESENT (1ULL << 0)
#define ENTRY_LARGE (1ULL << 7)
#define ENTRY_ADDRESS 0x000ffffffffff000ULL

int twinos_translate_image(uint64_t phys_base, uint64_t vaddr, uint64_t *paddr)
{
	if (vaddr < IMAGE_MAP || vaddr - IMAGE_MAP >= IMAGE_MAP_SIZE)
		return -EFAULT;
	*paddr = vaddr - IMAGE_MAP + phys_base;
	return 0;
}

/* How many address bits a table of @level (1: its entries are pages) decides. */
static unsigned int level_shift(unsigned int level)
{
	return PAGE_SHIFT + (level - 1) * LEVEL_BITS;
}

/* All bits above the topmost table's must be copies of its highest one. */
static bool is_canonical(uint64_t vaddr, unsigned int levels)
{
	uint64_t high = vaddr >> (level_shift(levels) + LEVEL_BITS - 1);

	return !high || high == ~0ULL >> (level_shift(levels) + LEVEL_BITS - 1);
}

static int read_entry(const struct twinos_translation *tr, uint64_t table,
		      unsigned int level, uint64_t vaddr, uint64_t *entry)
{
	uint64_t index = vaddr >> level_shift(level) & ((1 << LEVEL_BITS) - 1);
	int ret;

	ret = twinos_ram_read(tr->ram, table + index * sizeof(*entry), entry,
			      sizeof(*entry));
	if (ret)
		return ret;
	if (!(*entry & ENTRY_PRESENT))
		return -EFAULT;
	*entry &= ~tr->sme_mask;
	return 0;
}

/* Only the levels of 4 KiB, 2 MiB and 1 GiB pages can end a walk. */
static bool is_page(uint64_t entry, unsigned int level)
{
	return level == 1 || (level <= 3 && entry & ENTRY_LARGE);
}

int twinos_translate(const struct twinos_translation *tr, uint64_t vaddr,
		     uint64_t *paddr)
{
	uint64_t table = tr->top;

	if (!is_canonical(vaddr, tr->levels))
		return -EFAULT;
	for (unsigned int level = tr->levels; level; level--) {
		uint64_t offset_mask = (1ULL << level_shift(level)) - 1;
		uint64_t entry;
		int ret;

		ret = read_entry(tr, table, level, vaddr, &entry);
		if (ret)
			return ret;
		if (is_page(entry, level)) {
			*paddr = (entry & ENTRY_ADDRESS & ~offset_mask) |
				 (vaddr & offset_mask);
			return 0;
		}
		if (entry & ENTRY_LARGE)
			return -EFAULT;
		table = entry & ENTRY_ADDRESS;
	}
	return -EFAULT;
}

/* A kernel's tables lead there at once; those of a liar shall not go on for long. */
#define MAX_TABLES 64

struct lowest {
	const struct twinos_translation *tr;
	unsigned int nr_tables; /* looked at so far */
	uint64_t vaddr, paddr;
};

static int search_table(struct lowest *lowest, uint64_t table,
			unsigned int level, uint64_t vaddr);

/* 1: found, 0: nothing is mapped by it, or -errno */
static int search_entry(struct lowest *lowest, uint64_t entry,
			unsigned int level, uint64_t vaddr)
{
	if (!(entry & ENTRY_PRESENT))
		return 0;
	entry &= ~lowest->tr->sme_mask;
	if (!is_page(entry, level))
		return search_table(lowest, entry & ENTRY_ADDRESS, level - 1,
				    vaddr);
	lowest->vaddr = vaddr;
	lowest->paddr = entry & ENTRY_ADDRESS &
			~((1ULL << level_shift(level)) - 1);
	return 1;
}

/* @vaddr is where the table's first entry maps, but for the topmost table. */
static int search_table(struct lowest *lowest, uint64_t table,
			unsigned int level, uint64_t vaddr)
{
	unsigned int i = level == lowest->tr->levels ? NR_ENTRIES / 2 : 0;
	uint64_t entries[NR_ENTRIES];
	int ret;

	if (lowest->nr_tables++ == MAX_TABLES)
		return -EFAULT;
	ret = twinos_ram_read(lowest->tr->ram, table, entries, sizeof(entries));
	for (; !ret && i < NR_ENTRIES; i++)
		ret = search_entry(lowest, entries[i], level,
				   vaddr | (uint64_t)i << level_shift(level));
	return ret;
}

int twinos_translate_lowest(const struct twinos_translation *tr,
			    uint64_t *vaddr, uint64_t *paddr)
{
	/* All bits above those that the tables decide are ones. */
	uint64_t half = ~0ULL << (level_shift(tr->levels) + LEVEL_BITS - 1);
	struct lowest lowest = { .tr = tr };
	int ret = search_table(&lowest, tr->top, tr->levels, half);

	if (ret <= 0)
		return ret ? ret : -EFAULT;
	*vaddr = lowest.vaddr;
	*paddr = lowest.paddr;
	return 0;
}

static int check_readable(const struct twinos_ram *ram, uint64_t addr)
{
	uint8_t byte;

	return twinos_ram_read(ram, addr, &byte, sizeof(byte));
}

int twinos_translate_array(const struct twinos_translation *tr, uint64_t vaddr,
			   uint64_t len, uint64_t *paddr)
{
	uint64_t last_vaddr, first, last;
	int ret;

	if (!len || __builtin_add_overflow(vaddr, len - 1, &last_vaddr))
		return -EFAULT;
	ret = twinos_translate(tr, vaddr, &first);
	if (!ret)
		ret = twinos_translate(tr, last_vaddr, &last);
	if (ret)
		return ret;
	if (last - first != len - 1)
		return -EFAULT;
	ret = check_readable(tr->ram, first);
	if (!ret)
		ret = check_readable(tr->ram, last);
	if (!ret)
		*paddr = first;
	return ret;
}
