/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_RANGE_H
#define TWINOS_HOST_RANGE_H

#include <linux/mm_types.h>
#include <linux/types.h>
#include <linux/uio.h>
#include <linux/twinos.h>

struct dev_pagemap;

/**
 * struct memory_range - memory of a twin, physically contiguous
 * @kind: TWINOS_MEMORY_*
 * @start: physical address
 * @length: bytes
 * @kva: where the host's kernel sees it
 * @pages: its struct pages, if it is reserved memory and they could be made
 */
struct memory_range {
	u32 kind;
	phys_addr_t start;
	u64 length;
	void *kva;
	struct dev_pagemap *pages;
};

/* range_take() - from its source, zeroed; @arg has been checked */
int range_take(struct memory_range *range, const struct twinos_memory *arg);

/* range_has_pages() - there is a struct page for each of its pages */
bool range_has_pages(const struct memory_range *range);

void range_zero(struct memory_range *range);

/*
 * range_give_back() - zero it and return it to its source; nobody has it mapped. If
 * somebody still holds pages of it, this is done once they are let go.
 */
void range_give_back(struct memory_range *range);

/* range_read() - from @offset, which lies in it; -EFAULT: @to takes nothing */
ssize_t range_read(struct memory_range *range, u64 offset, struct iov_iter *to);

/* range_mmap() - map it, from @page of it on, which is -EINVAL if it has not as many */
int range_mmap(struct memory_range *range, struct vm_area_struct *vma,
	       unsigned long page);

/* ranges_exit() - nothing is kept any more, or the module could not be unloaded */
void ranges_exit(void);

#endif
