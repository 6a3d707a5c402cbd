/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in physical memory the twin lies and what lies where in it. */
#ifndef TWINOS_LIB_PLACEMENT_H
#define TWINOS_LIB_PLACEMENT_H

#include <linux/twinos.h>

#include "libtwinos.h"

/**
 * struct twinos_layout - offsets from the start of the kernel
 *
 * Kernel, control pages (boot_params, command line, tables, all reserved in the
 * twin's map) and initrd are one piece, the only one that must be contiguous.
 */
struct twinos_layout {
	uint64_t boot_params;
	uint64_t cmdline;
	uint64_t acpi;
	uint64_t handover;
	uint64_t pagetable;
	uint64_t control_end;
	uint64_t initrd;
	uint64_t end;
};

/**
 * struct twinos_needs - what a layout must hold, in bytes
 */
struct twinos_needs {
	uint64_t kernel;
	uint64_t cmdline;
	uint64_t acpi;
	uint64_t initrd;
};

/* twinos_layout_make() - -EOVERFLOW if the numbers are absurd */
int twinos_layout_make(struct twinos_layout *layout,
		       const struct twinos_needs *needs);

/**
 * struct twinos_place - the memory of a twin
 * @ranges: the low range, then the one that holds the layout, then the rest
 * @base: where the kernel starts
 */
struct twinos_place {
	struct twinos_range ranges[TWINOS_MAX_RANGES];
	size_t nr_ranges;
	uint64_t base;
};

/*
 * twinos_place_take() - take config->memory bytes and the low range
 * @owner: an owner fd; what was taken before a failure goes with it
 */
int twinos_place_take(struct twinos_place *place, int owner,
		      const struct twinos_config *config,
		      const struct twinos_layout *layout, uint64_t align,
		      struct twinos_error *err);

#endif
