/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a twin whose kernel has page tables, VMCOREINFO and a printk
 * ring: what the log's reader is tested and fuzzed on.
 */
#ifndef TWINOS_TESTS_FAKE_TWIN_H
#define TWINOS_TESTS_FAKE_TWIN_H

#include "libtwinos.h"

#define TWIN_BASE 0x40000000ULL /* a multiple of 1 GiB, for its pages */
#define TWIN_SIZE 0x20000
#define TWIN_IMAGE 0xffffffff81000000ULL
#define TWIN_IMAGE_MAP 0xffffffff80000000ULL

/* Where things are in the memory. */
#define TWIN_RING 0x100
#define TWIN_TABLES 0x1000
#define TWIN_VMCOREINFO 0x12000
#define TWIN_DESCS 0x14000
#define TWIN_INFOS 0x16000
#define TWIN_DATA 0x18000
#define TWIN_SPARE 0x1c000 /* two pages */

#define TWIN_COUNT_BITS 4
#define TWIN_SIZE_BITS 10

struct fake_options {
	bool dynamic; /* the arrays are in the direct map */
	unsigned int levels; /* of page tables: 4 or 5 */
	unsigned int page_level; /* of the direct map: 1, 2 or 3 */
};

/* As in kernel/printk/printk_ringbuffer.h of Linux. */
struct fake_desc {
	uint64_t state_var, begin, next;
};

struct fake_info {
	uint64_t seq, ts_nsec;
	uint16_t text_len;
	uint8_t facility;
	uint8_t flags : 5;
	uint8_t level : 3;
	uint32_t caller_id;
	uint8_t dev_info[64];
};

struct fake_ring {
	uint32_t count_bits;
	uint64_t descs, infos, head_id, tail_id, last_finalized;
	uint32_t size_bits;
	uint64_t data, head_lpos, tail_lpos;
	uint64_t fail;
};

enum fake_state {
	TWIN_RESERVED,
	TWIN_COMMITTED,
	TWIN_FINALIZED,
	TWIN_REUSABLE,
};

struct fake_twin {
	struct fake_options options;
	uint8_t *memory;
	struct twinos_range range;
	struct fake_ring *ring;
	struct fake_desc *descs;
	struct fake_info *infos;
	char *data;
	size_t nr_tables;
	unsigned int nr_reads;
	bool strayed; /* it was asked for an address outside of its range */
	/* Called before read number @hook_at is done. */
	void (*hook)(struct fake_twin *fake);
	unsigned int hook_at;
};

void fake_twin_init(struct fake_twin *fake, const struct fake_options *options);
void fake_twin_free(struct fake_twin *fake);

/* A twinos_read_fn; the context is the fake. */
int fake_twin_read(void *ctx, uint64_t addr, void *buf, size_t len);

/* Map one page of @page_level at @vaddr. */
void fake_twin_map(struct fake_twin *fake, uint64_t vaddr, uint64_t paddr,
		   unsigned int page_level);
/* The direct map's address of what is at @offset in the memory. */
uint64_t fake_twin_direct(const struct fake_twin *fake, uint64_t offset);

/* The writer's side. Ids are those of descriptors. */
uint64_t fake_twin_reserve(struct fake_twin *fake, const char *text);
void fake_twin_set_state(struct fake_twin *fake, uint64_t id,
			 enum fake_state state);
uint64_t fake_twin_print(struct fake_twin *fake, const char *text);
/* Go on with the last, committed record. */
void fake_twin_extend(struct fake_twin *fake, uint64_t id, const char *text,
		      enum fake_state state);
struct fake_desc *fake_twin_desc(struct fake_twin *fake, uint64_t id);
struct fake_info *fake_twin_info(struct fake_twin *fake, uint64_t id);

/* Write VMCOREINFO at @offset, all of it or the first @length bytes. */
void fake_twin_write_vmcoreinfo(struct fake_twin *fake, size_t offset,
				size_t length);
/* Give the line with @key another value. */
void fake_twin_change_vmcoreinfo(struct fake_twin *fake, const char *key,
				 const char *value);

#endif
