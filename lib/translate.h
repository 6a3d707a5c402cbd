/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a virtual address of the twin's kernel to a physical one. */
#ifndef TWINOS_LIB_TRANSLATE_H
#define TWINOS_LIB_TRANSLATE_H

#include "ram.h"

/**
 * struct twinos_translation - what is known of the twin's address space
 * @ram: where its page tables are read from
 * @phys_base: as the kernel's variable: what the image was moved by
 * @top: physical address of the topmost page table
 * @levels: 4 or 5
 * @sme_mask: the encryption bit of page table entries, 0 without SME
 */
struct twinos_translation {
	const struct twinos_ram *ram;
	uint64_t phys_base;
	uint64_t top;
	unsigned int levels;
	uint64_t sme_mask;
};

/*
 * twinos_translate_image() - an address in the mapping of the kernel's image,
 * which needs no page tables; -EFAULT if it lies elsewhere
 */
int twinos_translate_image(uint64_t phys_base, uint64_t vaddr, uint64_t *paddr);

/*
 * twinos_translate() - any address, by walking the page tables. -EFAULT: it is
 * not mapped, not canonical, or a table lies outside the twin's memory.
 */
int twinos_translate(const struct twinos_translation *tr, uint64_t vaddr,
		     uint64_t *paddr);

/*
 * twinos_translate_lowest() - the lowest address of the kernel's half that is
 * mapped, and what to; -EFAULT: there is none, or not within MAX_TABLES tables
 */
int twinos_translate_lowest(const struct twinos_translation *tr,
			    uint64_t *vaddr, uint64_t *paddr);

/*
 * twinos_translate_array() - the same for @len bytes that the kernel has in
 * physically contiguous memory; -EFAULT also if its two ends are not that far
 * apart or lie outside the twin's memory
 */
int twinos_translate_array(const struct twinos_translation *tr, uint64_t vaddr,
			   uint64_t len, uint64_t *paddr);

#endif
