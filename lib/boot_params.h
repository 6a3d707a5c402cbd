/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The zero page: Documentation/arch/x86/{boot,zero-page}.rst. */
#ifndef TWINOS_LIB_BOOT_PARAMS_H
#define TWINOS_LIB_BOOT_PARAMS_H

#include "image.h"

#define TWINOS_BOOT_PARAMS_SIZE 4096

/**
 * struct twinos_boot_params_config
 * @ranges: the twin's memory, any order, any number up to 128 entries of e820
 * @holes: parts of @ranges that the twin may read but not use as RAM (control
 *	pages, trampoline, fake IO-APIC): reserved in its map
 */
struct twinos_boot_params_config {
	const struct twinos_image *image;
	const struct twinos_range *ranges;
	size_t nr_ranges;
	const struct twinos_range *holes;
	size_t nr_holes;
	uint64_t cmdline;
	uint32_t cmdline_length; /* without the NUL */
	uint64_t initrd;
	uint64_t initrd_length;
	uint64_t rsdp;
};

/* twinos_boot_params_build() - fill @page; -E2BIG: more than 128 e820 entries */
int twinos_boot_params_build(void *page,
			     const struct twinos_boot_params_config *config);

#endif
