// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "ring.h"
#include "translate.h"

/*
 * log_buf_len= may ask for more than this, but then the twin gives its memory to
 * little else. Descriptors are one for every 32 bytes of text (PRB_AVGBITS).
 */
#define MAX_SIZE_BITS 26
#define MAX_COUNT_BITS 21
#define MIN_SIZE_BITS 3 /* one block's id */

/* The structs of today's kernels have 88, 24 and 88 bytes. */
#define MAX_STRUCT_SIZE 512

/* Positions that say why there is no data block: printk_ringbuffer.h */
#define EMPTY_LINE_LPOS 3

/* A data block is its descriptor's id and the text, padded to the id's size. */
#define BLOCK_ID_SIZE sizeof(uint64_t)

#define ENDS_TRIES 8

struct size_key {
	size_t member; /* of struct twinos_ring_layout */
	const char *key;
};

static const struct size_key size_keys[] = {
	{ offsetof(struct twinos_ring_layout, ring_size),
	  "SIZE(printk_ringbuffer)" },
	{ offsetof(struct twinos_ring_layout, desc_size), "SIZE(prb_desc)" },
	{ offsetof(struct twinos_ring_layout, info_size), "SIZE(printk_info)" },
};

/* A field is @width bytes at the sum of @keys in a struct of @container size. */
struct offset_key {
	size_t member; /* of struct twinos_ring_layout */
	size_t container; /* likewise */
	size_t width;
	const char *keys[3];
};

#define DESC_RING "OFFSET(printk_ringbuffer.desc_ring)"
#define DATA_RING "OFFSET(printk_ringbuffer.text_data_ring)"
#define TEXT_LPOS "OFFSET(prb_desc.text_blk_lpos)"
#define COUNTER "OFFSET(atomic_long_t.counter)"
#define FIELD(_member, _container)                    \
	offsetof(struct twinos_ring_layout, _member), \
		offsetof(struct twinos_ring_layout, _container)

/*
 * facility, flags and level have no keys of their own: they are the two bytes
 * between text_len and caller_id.
 */
#define TEXT_LEN_WIDTH 4

static const struct offset_key offset_keys[] = {
	{ FIELD(count_bits, ring_size),
	  4,
	  { DESC_RING, "OFFSET(prb_desc_ring.count_bits)" } },
	{ FIELD(descs, ring_size),
	  8,
	  { DESC_RING, "OFFSET(prb_desc_ring.descs)" } },
	{ FIELD(infos, ring_size),
	  8,
	  { DESC_RING, "OFFSET(prb_desc_ring.infos)" } },
	{ FIELD(head_id, ring_size),
	  8,
	  { DESC_RING, "OFFSET(prb_desc_ring.head_id)", COUNTER } },
	{ FIELD(tail_id, ring_size),
	  8,
	  { DESC_RING, "OFFSET(prb_desc_ring.tail_id)", COUNTER } },
	{ FIELD(size_bits, ring_size),
	  4,
	  { DATA_RING, "OFFSET(prb_data_ring.size_bits)" } },
	{ FIELD(data, ring_size),
	  8,
	  { DATA_RING, "OFFSET(prb_data_ring.data)" } },
	{ FIELD(state_var, desc_size),
	  8,
	  { "OFFSET(prb_desc.state_var)", COUNTER } },
	{ FIELD(begin, desc_size),
	  8,
	  { TEXT_LPOS, "OFFSET(prb_data_blk_lpos.begin)" } },
	{ FIELD(next, desc_size),
	  8,
	  { TEXT_LPOS, "OFFSET(prb_data_blk_lpos.next)" } },
	{ FIELD(seq, info_size), 8, { "OFFSET(printk_info.seq)" } },
	{ FIELD(ts_nsec, info_size), 8, { "OFFSET(printk_info.ts_nsec)" } },
	{ FIELD(text_len, info_size),
	  TEXT_LEN_WIDTH,
	  { "OFFSET(printk_info.text_len)" } },
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static size_t *member_of(struct twinos_ring_layout *layout, size_t member)
{
	return (size_t *)((char *)layout + member);
}

/* A line that is missing, or cut, is one that has not been written yet. */
static int get(const struct twinos_vmcoreinfo *info, const char *key,
	       uint64_t *value)
{
	int ret = twinos_vmcoreinfo_get(info, key, value);

	if (ret == -ENOENT)
		return -EAGAIN;
	return ret ? -EILSEQ : 0;
}

static int get_small(const struct twinos_vmcoreinfo *info, const char *key,
		     size_t *value)
{
	uint64_t number;
	int ret = get(info, key, &number);

	if (ret)
		return ret;
	if (number > MAX_STRUCT_SIZE)
		return -EILSEQ;
	*value = number;
	return 0;
}

static int get_offset(const struct twinos_vmcoreinfo *info,
		      const struct offset_key *field,
		      struct twinos_ring_layout *layout)
{
	size_t *offset = member_of(layout, field->member);

	*offset = 0;
	for (size_t i = 0; i < ARRAY_SIZE(field->keys) && field->keys[i]; i++) {
		size_t part;
		int ret = get_small(info, field->keys[i], &part);

		if (ret)
			return ret;
		*offset += part;
	}
	if (*offset + field->width > *member_of(layout, field->container))
		return -EILSEQ;
	return 0;
}

static int check_caller_id(const struct twinos_vmcoreinfo *info,
			   const struct twinos_ring_layout *layout)
{
	size_t caller_id;
	int ret = get_small(info, "OFFSET(printk_info.caller_id)", &caller_id);

	if (!ret && caller_id != layout->text_len + TEXT_LEN_WIDTH)
		return -EILSEQ;
	return ret;
}

static int get_layout(const struct twinos_vmcoreinfo *info,
		      struct twinos_ring_layout *layout)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(size_keys); i++)
		ret = get_small(info, size_keys[i].key,
				member_of(layout, size_keys[i].member));
	for (size_t i = 0; !ret && i < ARRAY_SIZE(offset_keys); i++)
		ret = get_offset(info, &offset_keys[i], layout);
	return ret ? ret : check_caller_id(info, layout);
}

static int get_top(const struct twinos_vmcoreinfo *info, uint64_t *vaddr)
{
	/* Two names of one thing on x86-64. */
	int ret = get(info, "SYMBOL(init_top_pgt)", vaddr);

	return ret ? get(info, "SYMBOL(swapper_pg_dir)", vaddr) : 0;
}

static int get_translation(const struct twinos_vmcoreinfo *info,
			   struct twinos_translation *tr)
{
	uint64_t top, l5;
	int ret;

	ret = get(info, "NUMBER(phys_base)", &tr->phys_base);
	if (!ret)
		ret = get_top(info, &top);
	if (!ret)
		ret = get(info, "NUMBER(pgtable_l5_enabled)", &l5);
	/* The last line that the kernel writes: with it the page is complete. */
	if (!ret)
		ret = get(info, "NUMBER(sme_mask)", &tr->sme_mask);
	if (ret)
		return ret;
	tr->levels = l5 ? 5 : 4;
	return twinos_translate_image(tr->phys_base, top, &tr->top);
}

static uint64_t u64_at(const uint8_t *buf, size_t offset)
{
	uint64_t value;

	memcpy(&value, buf + offset, sizeof(value));
	return value;
}

static uint32_t u32_at(const uint8_t *buf, size_t offset)
{
	uint32_t value;

	memcpy(&value, buf + offset, sizeof(value));
	return value;
}

/* prb is a pointer: to the ring in the image, or the bigger one made at boot. */
static int find_ring(struct twinos_ring *ring,
		     const struct twinos_translation *tr, uint64_t prb)
{
	uint64_t paddr, vaddr;
	int ret;

	ret = twinos_translate_image(tr->phys_base, prb, &paddr);
	if (!ret)
		ret = twinos_ram_read(ring->ram, paddr, &vaddr, sizeof(vaddr));
	if (!ret)
		ret = twinos_translate_array(tr, vaddr, ring->layout.ring_size,
					     &ring->address);
	return ret;
}

static int read_ring(const struct twinos_ring *ring,
		     uint8_t buf[MAX_STRUCT_SIZE])
{
	return twinos_ram_read(ring->ram, ring->address, buf,
			       ring->layout.ring_size);
}

/*
 * The arrays are either in the image or from memblock (setup_log_buf() of
 * kernel/printk/printk.c): contiguous in physical memory both ways. They stay
 * where they are, so that no page table is needed after this.
 */
static int find_arrays(struct twinos_ring *ring,
		       const struct twinos_translation *tr)
{
	const struct twinos_ring_layout *layout = &ring->layout;
	uint8_t buf[MAX_STRUCT_SIZE];
	uint64_t count;
	int ret = read_ring(ring, buf);

	if (ret)
		return ret;
	ring->count_bits = u32_at(buf, layout->count_bits);
	ring->size_bits = u32_at(buf, layout->size_bits);
	if (ring->count_bits > MAX_COUNT_BITS || !ring->count_bits ||
	    ring->size_bits > MAX_SIZE_BITS || ring->size_bits < MIN_SIZE_BITS)
		return -EILSEQ;
	count = 1ULL << ring->count_bits;
	ret = twinos_translate_array(tr, u64_at(buf, layout->descs),
				     count * layout->desc_size, &ring->descs);
	if (!ret)
		ret = twinos_translate_array(tr, u64_at(buf, layout->infos),
					     count * layout->info_size,
					     &ring->infos);
	if (!ret)
		ret = twinos_translate_array(tr, u64_at(buf, layout->data),
					     1ULL << ring->size_bits,
					     &ring->data);
	return ret;
}

int twinos_ring_attach(struct twinos_ring *ring, const struct twinos_ram *ram,
		       const struct twinos_vmcoreinfo *info)
{
	struct twinos_translation *tr = &ring->translation;
	struct twinos_ring_ends ends;
	uint64_t prb;
	int ret;

	ring->ram = ram;
	*tr = (struct twinos_translation){ .ram = ram };
	ret = get(info, "SYMBOL(prb)", &prb);
	if (!ret)
		ret = get_layout(info, &ring->layout);
	if (!ret)
		ret = get_translation(info, tr);
	if (!ret)
		ret = find_ring(ring, tr, prb);
	if (!ret)
		ret = find_arrays(ring, tr);
	if (!ret)
		ret = twinos_ring_read_ends(ring, &ends);
	return ret == -EFAULT ? -EILSEQ : ret;
}

struct find {
	struct twinos_ring *ring;
	const struct twinos_ram *ram;
	struct twinos_vmcoreinfo *info; /* NULL: nobody wants it */
	int failure; /* to report if no candidate is good */
};

/* A bad or half-written page must not hide a good one: go on after it. */
static int try_attach(void *ctx, const struct twinos_vmcoreinfo *info)
{
	struct find *find = ctx;
	int ret = twinos_ring_attach(find->ring, find->ram, info);

	if (!ret) {
		if (find->info)
			*find->info = *info;
		return 1;
	}
	if (ret == -EILSEQ)
		find->failure = ret;
	return ret == -EILSEQ || ret == -EAGAIN ? 0 : ret;
}

int twinos_ring_find(struct twinos_ring *ring, const struct twinos_ram *ram,
		     struct twinos_vmcoreinfo *info)
{
	struct find find = {
		.ring = ring,
		.ram = ram,
		.info = info,
		.failure = -EAGAIN,
	};
	int ret = twinos_vmcoreinfo_scan(ram, try_attach, &find);

	if (ret < 0)
		return ret;
	return ret ? 0 : find.failure;
}

/*
 * The kernel moves the tail before the head, so that the two never stand a
 * whole ring apart; a copy may catch the old tail with the new head.
 */
int twinos_ring_read_ends(const struct twinos_ring *ring,
			  struct twinos_ring_ends *ends)
{
	uint8_t buf[MAX_STRUCT_SIZE];

	for (unsigned int i = 0; i < ENDS_TRIES; i++) {
		int ret = read_ring(ring, buf);

		if (ret)
			return ret;
		ends->head = u64_at(buf, ring->layout.head_id) &
			     TWINOS_RING_ID_MASK;
		ends->tail = u64_at(buf, ring->layout.tail_id) &
			     TWINOS_RING_ID_MASK;
		if (((ends->head - ends->tail) & TWINOS_RING_ID_MASK) >>
			    ring->count_bits ==
		    0)
			return 0;
	}
	return -EILSEQ;
}

static uint64_t index_of(const struct twinos_ring *ring, uint64_t id)
{
	return id & ((1ULL << ring->count_bits) - 1);
}

int twinos_ring_read_desc(const struct twinos_ring *ring, uint64_t id,
			  struct twinos_desc *desc)
{
	const struct twinos_ring_layout *layout = &ring->layout;
	uint8_t buf[MAX_STRUCT_SIZE];
	uint64_t state;
	int ret;

	ret = twinos_ram_read(
		ring->ram, ring->descs + index_of(ring, id) * layout->desc_size,
		buf, layout->desc_size);
	if (ret)
		return ret;
	state = u64_at(buf, layout->state_var);
	desc->id = state & TWINOS_RING_ID_MASK;
	desc->state = state >> 62;
	desc->begin = u64_at(buf, layout->begin);
	desc->next = u64_at(buf, layout->next);
	return 0;
}

int twinos_ring_read_info(const struct twinos_ring *ring, uint64_t id,
			  struct twinos_info *info)
{
	const struct twinos_ring_layout *layout = &ring->layout;
	uint8_t buf[MAX_STRUCT_SIZE];
	uint32_t tail;
	int ret;

	ret = twinos_ram_read(
		ring->ram, ring->infos + index_of(ring, id) * layout->info_size,
		buf, layout->info_size);
	if (ret)
		return ret;
	info->seq = u64_at(buf, layout->seq);
	info->ts_nsec = u64_at(buf, layout->ts_nsec);
	/* u16 text_len; u8 facility; u8 flags:5, level:3 */
	tail = u32_at(buf, layout->text_len);
	info->text_len = tail & 0xffff;
	info->facility = tail >> 16 & 0xff;
	info->level = tail >> 29;
	return 0;
}

/*
 * Where in the data the block of @desc is, with its id. A block that would pass
 * the end of the ring is stored at its start instead. Whether one that just
 * reaches the end is moved too depends on the kernel's version; those that move
 * it never leave such a @next.
 */
static int find_block(const struct twinos_ring *ring,
		      const struct twinos_desc *desc, uint64_t *index,
		      uint64_t *size)
{
	unsigned int bits = ring->size_bits;
	uint64_t mask = (1ULL << bits) - 1;
	uint64_t wraps = ((desc->next - 1) >> bits) - (desc->begin >> bits);

	if (desc->begin % BLOCK_ID_SIZE || desc->next % BLOCK_ID_SIZE)
		return -ENODATA;
	*index = 0;
	*size = desc->next & mask;
	wraps &= UINT64_MAX >> bits; /* positions wrap at 64 bits */
	if (!wraps) {
		*index = desc->begin & mask;
		*size = desc->next - desc->begin;
	}
	return wraps <= 1 && *size && *size <= mask + 1 ? 0 : -ENODATA;
}

int twinos_ring_read_text(const struct twinos_ring *ring,
			  const struct twinos_desc *desc, size_t text_len,
			  char *text, size_t size)
{
	uint64_t index, block_size;
	int ret;

	if (desc->begin == EMPTY_LINE_LPOS && desc->next == EMPTY_LINE_LPOS)
		return text_len ? -ENODATA : 0;
	ret = find_block(ring, desc, &index, &block_size);
	if (ret)
		return ret;
	if (block_size - BLOCK_ID_SIZE < text_len)
		return -ENODATA;
	return twinos_ram_read(ring->ram, ring->data + index + BLOCK_ID_SIZE,
			       text, text_len < size ? text_len : size);
}
