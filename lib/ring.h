/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The printk ring of a twin's kernel: kernel/printk/printk_ringbuffer.h, as its
 * VMCOREINFO describes it (since Linux 5.10). Each function here makes one copy
 * of something that may change at any time; what the copies mean together is
 * the business of log.c.
 */
#ifndef TWINOS_LIB_RING_H
#define TWINOS_LIB_RING_H

#include "ram.h"
#include "translate.h"
#include "vmcoreinfo.h"

/**
 * struct twinos_ring_layout - where the fields are
 *
 * Sizes of three structs, and offsets in them of what their names say in the
 * kernel. All offsets are checked against the sizes.
 */
struct twinos_ring_layout {
	size_t ring_size; /* struct printk_ringbuffer */
	size_t count_bits, descs, infos, head_id, tail_id, size_bits, data;
	size_t desc_size; /* struct prb_desc */
	size_t state_var, begin, next;
	size_t info_size; /* struct printk_info */
	size_t seq, ts_nsec, text_len;
};

/**
 * struct twinos_ring - a ring that was found
 * @translation: how its addresses were translated
 * @address: physical, of the struct printk_ringbuffer
 * @descs: physical, of the array of descriptors
 * @infos: physical, of the array of struct printk_info
 * @data: physical, of the text
 * @count_bits: binary logarithm of the number of @descs and @infos
 * @size_bits: binary logarithm of the bytes of @data
 */
struct twinos_ring {
	const struct twinos_ram *ram;
	struct twinos_ring_layout layout;
	struct twinos_translation translation;
	uint64_t address, descs, infos, data;
	unsigned int count_bits, size_bits;
};

/* The ids of the newest and the oldest descriptor. */
struct twinos_ring_ends {
	uint64_t head, tail;
};

/* Descriptor ids are 62 bits wide and wrap; the state is above them. */
#define TWINOS_RING_ID_MASK (~0ULL >> 2)

enum twinos_desc_state {
	TWINOS_DESC_RESERVED, /* a writer has it */
	TWINOS_DESC_COMMITTED, /* whole, but a writer may reopen it */
	TWINOS_DESC_FINALIZED,
	TWINOS_DESC_REUSABLE, /* its text may be overwritten */
};

struct twinos_desc {
	uint64_t id;
	enum twinos_desc_state state;
	uint64_t begin, next; /* logical positions of its data block */
};

struct twinos_info {
	uint64_t seq;
	uint64_t ts_nsec;
	unsigned int text_len;
	unsigned int facility;
	unsigned int level;
};

/*
 * twinos_ring_attach() - find the ring that @info tells of. -EAGAIN: @info is
 * not complete, the kernel may still be writing it; -EILSEQ: what it says makes
 * no sense; -errno of the read function otherwise.
 */
int twinos_ring_attach(struct twinos_ring *ring, const struct twinos_ram *ram,
		       const struct twinos_vmcoreinfo *info);

/*
 * twinos_ring_find() - attach to the ring that one of the pages which look like
 * VMCOREINFO tells of, and copy that page to @info unless it is NULL. -EAGAIN:
 * there is none yet; -EILSEQ: those there are make no sense; -errno of the read
 * function otherwise.
 */
int twinos_ring_find(struct twinos_ring *ring, const struct twinos_ram *ram,
		     struct twinos_vmcoreinfo *info);

/* twinos_ring_read_ends() - -EILSEQ if they are further apart than can be */
int twinos_ring_read_ends(const struct twinos_ring *ring,
			  struct twinos_ring_ends *ends);

int twinos_ring_read_desc(const struct twinos_ring *ring, uint64_t id,
			  struct twinos_desc *desc);
int twinos_ring_read_info(const struct twinos_ring *ring, uint64_t id,
			  struct twinos_info *info);

/*
 * twinos_ring_read_text() - copy the first @size of @text_len bytes. -ENODATA:
 * the record has none to show, because there was no room when it was written
 * or because the positions in @desc make no sense.
 */
int twinos_ring_read_text(const struct twinos_ring *ring,
			  const struct twinos_desc *desc, size_t text_len,
			  char *text, size_t size);

#endif
