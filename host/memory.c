// SPDX-License-Identifier: GPL-2.0-only
/*
 * A twin's memory: a list of ranges, which range.c takes and gives back.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "memory.h"

void memory_init(struct memory *memory)
{
	init_rwsem(&memory->lock);
	refcount_set(&memory->holders, 1);
}

static int check_low(const struct twinos_memory *arg)
{
	if (arg->min || arg->max || arg->start)
		return -EINVAL;
	if (arg->length < TWINOS_LOW_MIN || arg->length > TWINOS_LOW_MAX ||
	    !PAGE_ALIGNED(arg->length))
		return -EINVAL;
	return 0;
}

static int check_high(const struct twinos_memory *arg)
{
	u64 end;

	if (!arg->length || !IS_ALIGNED(arg->length, TWINOS_RANGE_ALIGN) ||
	    !IS_ALIGNED(arg->start, TWINOS_RANGE_ALIGN))
		return -EINVAL;
	if (arg->max < arg->min || arg->max - arg->min < arg->length - 1)
		return -EINVAL;
	if (arg->kind == TWINOS_MEMORY_CONTIG)
		return arg->start ? -EINVAL : 0;
	if (check_add_overflow(arg->start, arg->length, &end))
		return -EINVAL;
	if (arg->start < arg->min || end - 1 > arg->max)
		return -EINVAL;
	return 0;
}

static int check_arg(struct memory *memory, const struct twinos_memory *arg)
{
	int ret;

	switch (arg->kind) {
	case TWINOS_MEMORY_LOW:
		ret = check_low(arg);
		break;
	case TWINOS_MEMORY_RESERVED:
	case TWINOS_MEMORY_CONTIG:
		ret = check_high(arg);
		break;
	default:
		return -EINVAL;
	}
	if (ret)
		return ret;
	if (memory->nr == TWINOS_MAX_RANGES)
		return -E2BIG;
	if (arg->kind == TWINOS_MEMORY_LOW && memory_low(memory))
		return -EEXIST;
	return 0;
}

int memory_add(struct memory *memory, struct twinos_memory *arg)
{
	struct memory_range *range;
	int ret;

	ret = check_arg(memory, arg);
	if (ret)
		return ret;

	range = &memory->ranges[memory->nr];
	ret = range_take(range, arg);
	if (ret)
		return ret;

	arg->start = range->start;
	/* Pairs with memory_count(): a range is whole before it can be found. */
	smp_store_release(&memory->nr, memory->nr + 1);
	return 0;
}

static unsigned int memory_count(struct memory *memory)
{
	return smp_load_acquire(&memory->nr);
}

int memory_zero(struct memory *memory)
{
	unsigned int i, nr = memory_count(memory);

	for (i = 0; i < nr; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		range_zero(&memory->ranges[i]);
	}
	return 0;
}

static void give_back(struct memory *memory)
{
	down_write(&memory->lock);
	while (memory->nr)
		range_give_back(&memory->ranges[--memory->nr]);
	up_write(&memory->lock);
}

void memory_hold(struct memory *memory)
{
	refcount_inc(&memory->holders);
}

void memory_release(struct memory *memory)
{
	if (refcount_dec_and_test(&memory->holders))
		give_back(memory);
}

struct memory_range *memory_find(struct memory *memory, phys_addr_t start,
				 u64 length)
{
	unsigned int i, nr = memory_count(memory);
	struct memory_range *range;

	for (i = 0; i < nr; i++) {
		range = &memory->ranges[i];
		if (start >= range->start && length <= range->length &&
		    start - range->start <= range->length - length)
			return range;
	}
	return NULL;
}

struct memory_range *memory_low(struct memory *memory)
{
	unsigned int i, nr = memory_count(memory);

	for (i = 0; i < nr; i++)
		if (memory->ranges[i].kind == TWINOS_MEMORY_LOW)
			return &memory->ranges[i];
	return NULL;
}

ssize_t memory_read(struct memory *memory, struct kiocb *iocb,
		    struct iov_iter *to)
{
	struct memory_range *range;
	ssize_t ret;

	if (iocb->ki_pos < 0)
		return -EINVAL;
	down_read(&memory->lock);
	ret = -ENODEV;
	if (!memory_count(memory))
		goto unlock;
	ret = -EFAULT;
	range = memory_find(memory, iocb->ki_pos, 1);
	if (!range)
		goto unlock;

	ret = range_read(range, iocb->ki_pos - range->start, to);
	if (ret > 0)
		iocb->ki_pos += ret;
unlock:
	up_read(&memory->lock);
	return ret;
}

int memory_mmap(struct memory *memory, struct vm_area_struct *vma)
{
	struct memory_range *range;

	if (vma->vm_pgoff > PHYS_PFN(PHYS_ADDR_MAX))
		return -EINVAL;
	range = memory_find(memory, PFN_PHYS(vma->vm_pgoff), 1);
	if (!range)
		return -EINVAL;
	return range_mmap(range, vma, vma->vm_pgoff - PHYS_PFN(range->start));
}
