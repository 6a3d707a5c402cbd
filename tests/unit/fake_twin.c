// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_twin.h"

#define PAGE 4096
#define ID_MASK (~0ULL >> 2)
#define COUNT (1U << TWIN_COUNT_BITS)
#define DATA_SIZE (1U << TWIN_SIZE_BITS)

int fake_twin_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct fake_twin *fake = ctx;
	uint64_t offset = addr - fake->range.start;

	if (fake->nr_reads++ == fake->hook_at && fake->hook)
		fake->hook(fake);
	if (offset > fake->range.length || fake->range.length - offset < len) {
		fake->strayed = true;
		return -EFAULT;
	}
	memcpy(buf, fake->memory + (addr - TWIN_BASE), len);
	return 0;
}

static uint64_t *entry_of(struct fake_twin *fake, uint64_t table,
			  uint64_t vaddr, unsigned int level)
{
	uint64_t index = vaddr >> (12 + 9 * (level - 1)) & 511;

	return (uint64_t *)(fake->memory + (table - TWIN_BASE)) + index;
}

static uint64_t new_table(struct fake_twin *fake)
{
	return TWIN_BASE + TWIN_TABLES + PAGE * fake->nr_tables++;
}

void fake_twin_map(struct fake_twin *fake, uint64_t vaddr, uint64_t paddr,
		   unsigned int page_level)
{
	uint64_t table = TWIN_BASE + TWIN_TABLES;
	unsigned int level = fake->options.levels;

	for (; level > page_level; level--) {
		uint64_t *entry = entry_of(fake, table, vaddr, level);

		if (!*entry)
			*entry = new_table(fake) | 0x63;
		table = *entry & ~0xfffULL;
	}
	*entry_of(fake, table, vaddr, level) = paddr | 0x8000000000000063ULL |
					       (level > 1 ? 0x80 : 0);
}

uint64_t fake_twin_direct(const struct fake_twin *fake, uint64_t offset)
{
	uint64_t base = fake->options.levels == 5 ? 0xff11000000000000ULL :
						    0xffff9a8000000000ULL;

	return base + TWIN_BASE + offset;
}

static void map_everything(struct fake_twin *fake)
{
	unsigned int level = fake->options.page_level;
	uint64_t step = 1ULL << (12 + 9 * (level - 1));

	fake->nr_tables = 1;
	fake_twin_map(fake, TWIN_IMAGE, TWIN_BASE, 2);
	for (uint64_t at = 0; at < TWIN_SIZE; at += step)
		fake_twin_map(fake, fake_twin_direct(fake, at), TWIN_BASE + at,
			      level);
}

static uint64_t array(const struct fake_twin *fake, uint64_t offset)
{
	return fake->options.dynamic ? fake_twin_direct(fake, offset) :
				       TWIN_IMAGE + offset;
}

static void init_ring(struct fake_twin *fake)
{
	uint64_t *prb = (uint64_t *)fake->memory;
	uint64_t first = -(COUNT + 1);

	*prb = TWIN_IMAGE + TWIN_RING;
	*fake->ring = (struct fake_ring){
		.count_bits = TWIN_COUNT_BITS,
		.descs = array(fake, TWIN_DESCS),
		.infos = array(fake, TWIN_INFOS),
		.head_id = first,
		.tail_id = first,
		.size_bits = TWIN_SIZE_BITS,
		.data = array(fake, TWIN_DATA),
		.head_lpos = -(uint64_t)DATA_SIZE,
		.tail_lpos = -(uint64_t)DATA_SIZE,
	};
	*fake_twin_desc(fake, first) = (struct fake_desc){
		.state_var = first | (uint64_t)TWIN_REUSABLE << 62,
		.begin = 1,
		.next = 1,
	};
	fake_twin_info(fake, first + 1)->seq = -(uint64_t)COUNT;
}

void fake_twin_init(struct fake_twin *fake, const struct fake_options *options)
{
	memset(fake, 0, sizeof(*fake));
	fake->options = *options;
	fake->memory = calloc(1, TWIN_SIZE);
	if (!fake->memory)
		abort();
	fake->range.start = TWIN_BASE;
	fake->range.length = TWIN_SIZE;
	fake->ring = (struct fake_ring *)(fake->memory + TWIN_RING);
	fake->descs = (struct fake_desc *)(fake->memory + TWIN_DESCS);
	fake->infos = (struct fake_info *)(fake->memory + TWIN_INFOS);
	fake->data = (char *)fake->memory + TWIN_DATA;
	map_everything(fake);
	init_ring(fake);
	fake_twin_write_vmcoreinfo(fake, TWIN_VMCOREINFO, SIZE_MAX);
}

void fake_twin_free(struct fake_twin *fake)
{
	free(fake->memory);
}

struct fake_desc *fake_twin_desc(struct fake_twin *fake, uint64_t id)
{
	return &fake->descs[id % COUNT];
}

struct fake_info *fake_twin_info(struct fake_twin *fake, uint64_t id)
{
	return &fake->infos[id % COUNT];
}

void fake_twin_set_state(struct fake_twin *fake, uint64_t id,
			 enum fake_state state)
{
	fake_twin_desc(fake, id)->state_var = id | (uint64_t)state << 62;
}

/* The oldest data blocks go until @end is no more than a ring away. */
static void push_data_tail(struct fake_twin *fake, uint64_t end)
{
	struct fake_ring *ring = fake->ring;

	while (end - ring->tail_lpos > DATA_SIZE) {
		uint64_t id;

		memcpy(&id, &fake->data[ring->tail_lpos % DATA_SIZE], 8);
		fake_twin_set_state(fake, id, TWIN_REUSABLE);
		ring->tail_lpos = fake_twin_desc(fake, id)->next;
	}
}

static void alloc_data(struct fake_twin *fake, uint64_t id, const char *text)
{
	struct fake_ring *ring = fake->ring;
	struct fake_desc *desc = fake_twin_desc(fake, id);
	uint64_t begin = ring->head_lpos;
	uint64_t size = (8 + strlen(text) + 7) & ~7ULL;
	uint64_t at = begin, next = begin + size;

	if (begin / DATA_SIZE != next / DATA_SIZE) {
		at = next & -(uint64_t)DATA_SIZE;
		next = at + size;
	}
	push_data_tail(fake, next);
	memcpy(&fake->data[begin % DATA_SIZE], &id, 8);
	memcpy(&fake->data[at % DATA_SIZE], &id, 8);
	memcpy(&fake->data[at % DATA_SIZE + 8], text, strlen(text));
	ring->head_lpos = next;
	desc->begin = begin;
	desc->next = next;
}

static void push_desc_tail(struct fake_twin *fake)
{
	struct fake_ring *ring = fake->ring;
	struct fake_desc *desc = fake_twin_desc(fake, ring->tail_id);

	fake_twin_set_state(fake, ring->tail_id, TWIN_REUSABLE);
	/* Its data block goes with it, if it still has one. */
	if (!(desc->next & 1) && (int64_t)(desc->next - ring->tail_lpos) > 0)
		push_data_tail(fake, desc->next + DATA_SIZE);
	ring->tail_id++;
}

uint64_t fake_twin_reserve(struct fake_twin *fake, const char *text)
{
	struct fake_ring *ring = fake->ring;
	uint64_t id = (ring->head_id + 1) & ID_MASK;

	if (id - ring->tail_id >= COUNT)
		push_desc_tail(fake);
	ring->head_id = id;
	fake_twin_set_state(fake, id, TWIN_RESERVED);
	*fake_twin_info(fake, id) = (struct fake_info){
		.seq = id - (uint32_t)-COUNT,
		.ts_nsec = id * 1000,
		.text_len = strlen(text),
		.level = 6,
	};
	fake_twin_desc(fake, id)->begin = 3;
	fake_twin_desc(fake, id)->next = 3;
	if (*text)
		alloc_data(fake, id, text);
	return id;
}

uint64_t fake_twin_print(struct fake_twin *fake, const char *text)
{
	uint64_t id = fake_twin_reserve(fake, text);

	fake_twin_set_state(fake, id, TWIN_FINALIZED);
	return id;
}

void fake_twin_extend(struct fake_twin *fake, uint64_t id, const char *text,
		      enum fake_state state)
{
	struct fake_desc *desc = fake_twin_desc(fake, id);
	struct fake_info *info = fake_twin_info(fake, id);
	char whole[DATA_SIZE];

	snprintf(whole, sizeof(whole), "%.*s%s", info->text_len,
		 &fake->data[desc->begin % DATA_SIZE + 8], text);
	fake->ring->head_lpos = desc->begin;
	alloc_data(fake, id, whole);
	info->text_len = strlen(whole);
	fake_twin_set_state(fake, id, state);
}

#define RING(field) offsetof(struct fake_ring, field)
#define DATA_RING(field) (RING(field) - RING(size_bits))

static int print_vmcoreinfo(const struct fake_twin *fake, char *text)
{
	return snprintf(text, PAGE,
			"OSRELEASE=6.1.0-fake\nPAGESIZE=4096\n"
			"SYMBOL(swapper_pg_dir)=%llx\nSYMBOL(prb)=%llx\n"
			"SIZE(printk_ringbuffer)=%zu\n"
			"OFFSET(printk_ringbuffer.desc_ring)=0\n"
			"OFFSET(printk_ringbuffer.text_data_ring)=%zu\n"
			"OFFSET(prb_desc_ring.count_bits)=%zu\n"
			"OFFSET(prb_desc_ring.descs)=%zu\n"
			"OFFSET(prb_desc_ring.infos)=%zu\n"
			"OFFSET(prb_desc_ring.head_id)=%zu\n"
			"OFFSET(prb_desc_ring.tail_id)=%zu\n"
			"SIZE(prb_desc)=24\nOFFSET(prb_desc.state_var)=0\n"
			"OFFSET(prb_desc.text_blk_lpos)=8\n"
			"OFFSET(prb_data_blk_lpos.begin)=0\n"
			"OFFSET(prb_data_blk_lpos.next)=8\n"
			"SIZE(printk_info)=%zu\nOFFSET(printk_info.seq)=0\n"
			"OFFSET(printk_info.ts_nsec)=8\n"
			"OFFSET(printk_info.text_len)=16\n"
			"OFFSET(printk_info.caller_id)=20\n"
			"OFFSET(prb_data_ring.size_bits)=0\n"
			"OFFSET(prb_data_ring.data)=%zu\n"
			"OFFSET(atomic_long_t.counter)=0\n"
			"NUMBER(phys_base)=%lld\nSYMBOL(init_top_pgt)=%llx\n"
			"NUMBER(pgtable_l5_enabled)=%d\n"
			"KERNELOFFSET=0\nNUMBER(sme_mask)=0\n",
			TWIN_IMAGE + TWIN_TABLES, TWIN_IMAGE,
			sizeof(struct fake_ring), RING(size_bits),
			RING(count_bits), RING(descs), RING(infos),
			RING(head_id), RING(tail_id), sizeof(struct fake_info),
			DATA_RING(data),
			(long long)(TWIN_BASE - (TWIN_IMAGE - TWIN_IMAGE_MAP)),
			TWIN_IMAGE + TWIN_TABLES, fake->options.levels == 5);
}

void fake_twin_write_vmcoreinfo(struct fake_twin *fake, size_t offset,
				size_t length)
{
	char text[PAGE] = "";
	size_t whole = print_vmcoreinfo(fake, text);

	memcpy(fake->memory + offset, text, length < whole ? length : whole);
}

void fake_twin_change_vmcoreinfo(struct fake_twin *fake, const char *key,
				 const char *value)
{
	char *text = (char *)fake->memory + TWIN_VMCOREINFO;
	char *line = strstr(text, key);
	char rest[PAGE];

	if (!line)
		abort();
	snprintf(rest, sizeof(rest), "%s", strchr(line, '\n'));
	snprintf(line, PAGE - (line - text), "%s=%s%s", key, value, rest);
}
