/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_MEMORY_H
#define TWINOS_HOST_MEMORY_H

#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/uio.h>
#include <linux/twinos.h>

#include "range.h"

/**
 * struct memory - all memory of a twin
 * @lock: held to read while @ranges are used by anybody who does not keep them; held to
 *	write to give them back
 * @holders: who keeps them: the twin, and each memory fd, mappings of which keep its
 *	file alive
 * @nr: how many; grows only, published after its range
 * @ranges: in the order in which they were taken
 */
struct memory {
	struct rw_semaphore lock;
	refcount_t holders;
	unsigned int nr;
	struct memory_range ranges[TWINOS_MAX_RANGES];
};

void memory_init(struct memory *memory);

/*
 * memory_add() - see struct twinos_memory; @arg has been checked by the caller
 * for its size only. The caller serialises the calls.
 */
int memory_add(struct memory *memory, struct twinos_memory *arg);

/* memory_zero() - all of it; the cores must be stopped. -EINTR: killed */
int memory_zero(struct memory *memory);

/*
 * memory_hold() - keep it, for somebody who is not the first
 * memory_release() - the opposite; the last one zeroes and returns everything. The cores
 *	must be stopped when the twin does it.
 */
void memory_hold(struct memory *memory);
void memory_release(struct memory *memory);

/* memory_find() - the range that holds all of [@start, @start + @length) */
struct memory_range *memory_find(struct memory *memory, phys_addr_t start,
				 u64 length);

/* memory_low() - the low range or NULL */
struct memory_range *memory_low(struct memory *memory);

/* memory_read() - read_iter of the fds, the position is the address */
ssize_t memory_read(struct memory *memory, struct kiocb *iocb,
		    struct iov_iter *to);

/* memory_mmap() - mmap of the owner fd, the offset is the address */
int memory_mmap(struct memory *memory, struct vm_area_struct *vma);

#endif
