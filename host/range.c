// SPDX-License-Identifier: GPL-2.0-only
/*
 * A range of a twin's memory, from one of three sources, mapped by the host's kernel as
 * ordinary write-back memory.
 *
 * It has struct pages, so that user space which has it mapped can give it to calls that
 * hold pages while they read or write them: O_DIRECT, vmsplice(). Such a hold may last
 * longer than the mapping. A range is not given back before the last one has ended:
 * until then it is kept, out of everybody's reach, and looked at now and then. The end
 * of a hold tells nobody.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <asm/cacheflush.h>

#include "compat.h"
#include "contig.h"
#include "devpages.h"
#include "lowmem.h"
#include "range.h"
#include "reserved.h"

/*
 * Zeroing takes long enough for the host to want its CPU in between, and an
 * emulator is a thousand times slower than a processor where the twin had code:
 * it forgets what it had translated page by page. memset64() stores words: to
 * processors that is all one, but an emulated one runs memset() by bytes.
 */
#define ZERO_STEP SZ_64K

void range_zero(struct memory_range *range)
{
	u64 done, step;

	for (done = 0; done < range->length; done += step) {
		step = min_t(u64, range->length - done, ZERO_STEP);
		memset64(range->kva + done, 0, step / sizeof(u64));
		cond_resched();
	}
}

/*
 * The page allocator zeroes what it hands out where the kernel is configured
 * so, as distributions do, and low pages are chosen for being zero.
 */
static bool comes_zeroed(const struct memory_range *range)
{
	return range->kind == TWINOS_MEMORY_LOW ||
	       (range->kind == TWINOS_MEMORY_CONTIG &&
		want_init_on_alloc(GFP_KERNEL));
}

/* Once it has left the cache, only RAM has what was written. */
static bool word_is_ram(u64 *word)
{
	const u64 trial = 0x5457494e4f532121;

	WRITE_ONCE(*word, trial);
	clflush_cache_range(word, sizeof(*word));
	return READ_ONCE(*word) == trial;
}

/*
 * A memmap= option can name addresses at which no RAM is, wholly or from
 * somewhere on.
 */
static bool is_ram(const struct memory_range *range)
{
	void *at;

	for (at = range->kva; at < range->kva + range->length;
	     at += TWINOS_RANGE_ALIGN)
		if (!word_is_ram(at) ||
		    !word_is_ram(at + TWINOS_RANGE_ALIGN - sizeof(u64)))
			return false;
	return true;
}

/* ---- sources ---- */

static void source_give_back(struct memory_range *range)
{
	switch (range->kind) {
	case TWINOS_MEMORY_LOW:
		lowmem_give_back(range->start, range->length);
		break;
	case TWINOS_MEMORY_RESERVED:
		reserved_give_back(range->start, range->length);
		break;
	case TWINOS_MEMORY_CONTIG:
		contig_give_back(range->start, range->length);
		break;
	}
}

static int source_take(struct memory_range *range,
		       const struct twinos_memory *arg)
{
	switch (range->kind) {
	case TWINOS_MEMORY_LOW:
		return lowmem_take(range->length, &range->start);
	case TWINOS_MEMORY_RESERVED:
		return reserved_take(range->start, range->length);
	default:
		return contig_take(range->length, arg->min, arg->max,
				   &range->start);
	}
}

/* Low memory is the host's RAM, if reserved, and so has them as well. */
bool range_has_pages(const struct memory_range *range)
{
	return range->kind != TWINOS_MEMORY_RESERVED || range->pages;
}

int range_take(struct memory_range *range, const struct twinos_memory *arg)
{
	int ret;

	range->kind = arg->kind;
	range->start = arg->start;
	range->length = arg->length;
	range->pages = NULL;
	ret = source_take(range, arg);
	if (ret)
		return ret;

	ret = -ENOMEM;
	range->kva = memremap(range->start, range->length, MEMREMAP_WB);
	if (!range->kva)
		goto give_back;

	ret = -EADDRNOTAVAIL;
	if (range->kind == TWINOS_MEMORY_RESERVED && !is_ram(range))
		goto unmap;
	if (range->kind == TWINOS_MEMORY_RESERVED)
		range->pages = devpages_make(range->start, range->length);
	if (!comes_zeroed(range))
		range_zero(range);
	return 0;

unmap:
	memunmap(range->kva);
give_back:
	source_give_back(range);
	return ret;
}

static void range_return(struct memory_range *range)
{
	range_zero(range);
	devpages_drop(range->pages);
	memunmap(range->kva);
	source_give_back(range);
}

/* ---- what is in it ---- */

ssize_t range_read(struct memory_range *range, u64 offset, struct iov_iter *to)
{
	size_t length = min_t(u64, iov_iter_count(to), range->length - offset);
	size_t done = copy_to_iter(range->kva + offset, length, to);

	return done || !length ? done : -EFAULT;
}

/* Without struct pages a mapping is good for CPUs only. */
static vm_fault_t insert(struct vm_area_struct *vma, unsigned long address,
			 unsigned long pfn)
{
	if (vma->vm_flags & VM_MIXEDMAP)
		return vmf_insert_page(vma, address, pfn_to_page(pfn));
	return vmf_insert_pfn(vma, address, pfn);
}

/* 2 MiB at a time: one fault a page would make filling it slow. */
static vm_fault_t range_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long first =
		max(ALIGN_DOWN(vmf->address, SZ_2M), vma->vm_start);
	unsigned long end = min(ALIGN(vmf->address + 1, SZ_2M), vma->vm_end);
	unsigned long address, pfn;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	pfn = vma->vm_pgoff + PHYS_PFN(first - vma->vm_start);
	for (address = first; address < end; address += PAGE_SIZE, pfn++) {
		ret = insert(vma, address, pfn);
		if (ret != VM_FAULT_NOPAGE)
			break;
	}
	return ret;
}

static const struct vm_operations_struct range_vm_ops = {
	.fault = range_fault,
};

int range_mmap(struct memory_range *range, struct vm_area_struct *vma,
	       unsigned long page)
{
	unsigned long pages = PHYS_PFN(range->length);

	/* A private copy would look like the twin's memory and not be it. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (page > pages || vma_pages(vma) > pages - page)
		return -EINVAL;
	vma->vm_ops = &range_vm_ops;
	vma->vm_pgoff = PHYS_PFN(range->start) + page;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	vm_flags_set(vma, range_has_pages(range) ? VM_MIXEDMAP : VM_PFNMAP);
	return 0;
}

/* ---- ranges that somebody still uses ---- */

#define KEPT_PERIOD (HZ / 20)

struct kept {
	struct list_head node;
	struct memory_range range;
};

static DEFINE_MUTEX(kept_lock); /* guards kept_ranges */
static LIST_HEAD(kept_ranges);

/* Of a page that nobody but its owner holds the count is 1. */
static bool is_held(const struct memory_range *range)
{
	unsigned long pfn = PHYS_PFN(range->start);
	unsigned long end = pfn + PHYS_PFN(range->length);

	if (!range_has_pages(range))
		return false;
	for (; pfn < end; pfn++) {
		if (page_count(pfn_to_page(pfn)) != 1)
			return true;
		if (!(pfn % PHYS_PFN(SZ_2M)))
			cond_resched();
	}
	return false;
}

static void return_unheld(void)
{
	struct kept *kept, *next;

	list_for_each_entry_safe(kept, next, &kept_ranges, node) {
		if (is_held(&kept->range))
			continue;
		list_del(&kept->node);
		range_return(&kept->range);
		kfree(kept);
		module_put(THIS_MODULE);
	}
}

static void look_at_kept(struct work_struct *work);
static DECLARE_DELAYED_WORK(kept_work, look_at_kept);

static void look_at_kept(struct work_struct *work)
{
	mutex_lock(&kept_lock);
	return_unheld();
	if (!list_empty(&kept_ranges))
		queue_delayed_work(system_unbound_wq, &kept_work, KEPT_PERIOD);
	mutex_unlock(&kept_lock);
}

/* There is no way to do without this memory but to lose all of the range. */
static void keep(const struct memory_range *range)
{
	struct kept *kept = kmalloc(sizeof(*kept), GFP_KERNEL | __GFP_NOFAIL);

	pr_info("memory at %pa is given back once nobody uses it any more\n",
		&range->start);
	__module_get(THIS_MODULE);
	kept->range = *range;
	mutex_lock(&kept_lock);
	list_add(&kept->node, &kept_ranges);
	queue_delayed_work(system_unbound_wq, &kept_work, KEPT_PERIOD);
	mutex_unlock(&kept_lock);
}

void range_give_back(struct memory_range *range)
{
	if (is_held(range))
		keep(range);
	else
		range_return(range);
}

void ranges_exit(void)
{
	cancel_delayed_work_sync(&kept_work);
}
