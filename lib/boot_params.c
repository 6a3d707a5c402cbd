// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The zero page. What stays zero says as much as what is set: no screen, no
 * EFI, no EDD, no APM, so that the kernel probes for none of them.
 */
#include <asm/bootparam.h>
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "boot_params.h"

static_assert(sizeof(struct boot_params) == TWINOS_BOOT_PARAMS_SIZE,
	      "the zero page is one page");
static_assert(offsetof(struct boot_params, hdr) == 0x1f1,
	      "image.h names this offset");

#define LOADER_UNDEFINED 0xff /* boot.rst: no assigned id */

/* Types of e820, ACPI 6.5 table 15.5. */
#define E820_NOTHING 0
#define E820_RAM 1
#define E820_RESERVED 2

/* append_e820_table() in arch/x86/kernel/e820.c ignores a shorter map. */
#define E820_MIN_ENTRIES 2

static int check_span(uint64_t start, uint64_t length)
{
	uint64_t end;

	return __builtin_add_overflow(start, length, &end) ? -EINVAL : 0;
}

static int check_ranges(const struct twinos_range *ranges, size_t nr)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++)
		ret = check_span(ranges[i].start, ranges[i].length);
	return ret;
}

static int check_config(const struct twinos_boot_params_config *config)
{
	const struct twinos_image *image = config->image;
	int ret;

	if (image->setup_header_length > sizeof(image->setup_header) ||
	    config->cmdline_length > image->max_cmdline)
		return -EINVAL;
	ret = check_span(config->cmdline, config->cmdline_length);
	if (ret)
		return ret;
	ret = check_span(config->initrd, config->initrd_length);
	if (ret)
		return ret;
	ret = check_ranges(config->ranges, config->nr_ranges);
	if (ret)
		return ret;
	return check_ranges(config->holes, config->nr_holes);
}

static void set_header(struct boot_params *params,
		       const struct twinos_boot_params_config *config)
{
	struct setup_header *hdr = &params->hdr;

	memcpy(hdr, config->image->setup_header,
	       config->image->setup_header_length);
	hdr->type_of_loader = LOADER_UNDEFINED;
	hdr->loadflags |= LOADED_HIGH;
	hdr->setup_data = 0; /* a list of addresses outside of the twin */
}

static void set_addresses(struct boot_params *params,
			  const struct twinos_boot_params_config *config)
{
	struct setup_header *hdr = &params->hdr;

	hdr->cmd_line_ptr = config->cmdline;
	params->ext_cmd_line_ptr = config->cmdline >> 32;
	hdr->ramdisk_image = config->initrd;
	params->ext_ramdisk_image = config->initrd >> 32;
	hdr->ramdisk_size = config->initrd_length;
	params->ext_ramdisk_size = config->initrd_length >> 32;
	params->acpi_rsdp_addr = config->rsdp;
}

static bool within(const struct twinos_range *ranges, size_t nr, uint64_t at)
{
	for (size_t i = 0; i < nr; i++)
		if (ranges[i].start <= at &&
		    at - ranges[i].start < ranges[i].length)
			return true;
	return false;
}

static uint32_t type_at(const struct twinos_boot_params_config *config,
			uint64_t at)
{
	if (within(config->holes, config->nr_holes, at))
		return E820_RESERVED;
	if (within(config->ranges, config->nr_ranges, at))
		return E820_RAM;
	return E820_NOTHING;
}

/* The lowest start or end of a range above @at, or @next. */
static uint64_t next_edge(const struct twinos_range *ranges, size_t nr,
			  uint64_t at, uint64_t next)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t start = ranges[i].start;
		uint64_t end = start + ranges[i].length;

		if (start > at && start < next)
			next = start;
		if (end > at && end < next)
			next = end;
	}
	return next;
}

static int append(struct boot_params *params, uint64_t start, uint64_t end,
		  uint32_t type)
{
	struct boot_e820_entry *last =
		&params->e820_table[params->e820_entries];

	if (type == E820_NOTHING)
		return 0;
	if (params->e820_entries && last[-1].type == type &&
	    last[-1].addr + last[-1].size == start) {
		last[-1].size += end - start;
		return 0;
	}
	if (params->e820_entries == E820_MAX_ENTRIES_ZEROPAGE)
		return -E2BIG;
	*last = (struct boot_e820_entry){ start, end - start, type };
	params->e820_entries++;
	return 0;
}

/*
 * Walks from edge to edge of all ranges and holes: between two neighbouring
 * ones the type does not change, however they overlap.
 */
static int set_e820(struct boot_params *params,
		    const struct twinos_boot_params_config *config)
{
	uint64_t at = 0, next;
	int ret = 0;

	while (!ret && at != UINT64_MAX) {
		next = next_edge(config->ranges, config->nr_ranges, at,
				 UINT64_MAX);
		next = next_edge(config->holes, config->nr_holes, at, next);
		ret = append(params, at, next, type_at(config, at));
		at = next;
	}
	if (!ret && params->e820_entries < E820_MIN_ENTRIES)
		ret = -EINVAL;
	return ret;
}

int twinos_boot_params_build(void *page,
			     const struct twinos_boot_params_config *config)
{
	int ret = check_config(config);

	if (ret)
		return ret;
	memset(page, 0, TWINOS_BOOT_PARAMS_SIZE);
	set_header(page, config);
	set_addresses(page, config);
	return set_e820(page, config);
}
