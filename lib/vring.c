// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/eventfd.h>

#include "vring.h"

/* Both rings begin so, in 16-bit words; the available ring's entries follow. */
enum { FLAGS, INDEX, ENTRIES };

#define USED_ELEMENT 8 /* bytes */

/* struct vring_desc without its tags; the twin's numbers are little-endian, as ours */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

/* struct table - of descriptors: the ring's own or an indirect one */
struct table {
	const char *data;
	uint32_t nr;
	bool indirect;
};

static uint16_t load(const uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void store(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* What is stored before is seen by the driver before we look for its answer. */
static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint16_t *used_event(const struct twinos_vring *vring)
{
	return vring->avail + ENTRIES + vring->size;
}

static char *used_element(const struct twinos_vring *vring, uint32_t i)
{
	return (char *)(vring->used + ENTRIES) + USED_ELEMENT * (size_t)i;
}

static uint16_t *avail_event(const struct twinos_vring *vring)
{
	return (uint16_t *)used_element(vring, vring->size);
}

static int broken(struct twinos_vring *vring)
{
	vring->broken = true;
	return -EBADMSG;
}

static void *part(const struct twinos_twinmem *memory, uint64_t start,
		  uint64_t length, uint64_t align)
{
	if (start % align)
		return NULL;
	return twinos_twinmem_at(memory, start, length);
}

int twinos_vring_init(struct twinos_vring *vring,
		      const struct twinos_vdev_setup *setup,
		      const struct twinos_vdev_queue *queue)
{
	const struct twinos_twinmem *memory = setup->memory;
	uint32_t size = queue->size;

	if (!size || size > TWINOS_VDEV_QUEUE_SIZE || size & (size - 1))
		return -EINVAL;
	*vring = (struct twinos_vring){
		.memory = memory,
		.size = size,
		.desc = part(memory, queue->desc, 16 * (uint64_t)size, 16),
		.avail = part(memory, queue->driver, 6 + 2 * (uint64_t)size, 2),
		.used = part(memory, queue->device, 6 + 8 * (uint64_t)size, 4),
		.indirect = setup->features >> VIRTIO_RING_F_INDIRECT_DESC & 1,
		.event_idx = setup->features >> VIRTIO_RING_F_EVENT_IDX & 1,
		.call = queue->call,
	};
	if (!vring->desc || !vring->avail || !vring->used)
		return -EFAULT;
	vring->next_used = load(vring->used + INDEX);
	vring->next_avail = vring->next_used;
	return 0;
}

static struct desc read_desc(const struct table *table, uint32_t i)
{
	struct desc desc;

	memcpy(&desc, table->data + sizeof(desc) * i, sizeof(desc));
	/* No later use may read the twin's memory again instead of the copy. */
	__asm__ volatile("" ::: "memory");
	return desc;
}

/* How many of @length bytes are at @start without a break; 0: not even one. */
static size_t piece_at(const struct twinos_twinmem *memory, uint64_t start,
		       size_t length, void **data)
{
	const struct twinos_twinmem_region *region;
	uint64_t offset;
	size_t i;

	for (i = 0; i < memory->nr; i++) {
		region = &memory->regions[i];
		offset = start - region->start;
		if (start < region->start || offset >= region->length)
			continue;
		*data = region->data + offset;
		return length < region->length - offset ?
			       length :
			       region->length - offset;
	}
	return 0;
}

static int add_buffer(const struct twinos_vring *vring, const struct desc *desc,
		      struct twinos_vring_chain *chain)
{
	bool write = desc->flags & VRING_DESC_F_WRITE;
	struct twinos_iovs *to = write ? &chain->in : &chain->out;
	uint64_t addr = desc->addr;
	size_t left = desc->len, length;
	struct iovec *piece;

	if (!write && chain->in.nr)
		return -EBADMSG;
	for (; left; left -= length, addr += length) {
		if (chain->out.nr + chain->in.nr == TWINOS_VRING_PIECES)
			return -EBADMSG;
		piece = &chain->pieces[chain->out.nr + chain->in.nr];
		length = piece_at(vring->memory, addr, left, &piece->iov_base);
		if (!length)
			return -EFAULT;
		piece->iov_len = length;
		to->nr++;
		to->bytes += length;
	}
	return to->bytes > UINT32_MAX ? -EBADMSG : 0;
}

/* The driver may say "write" here, which means nothing. */
static int enter(const struct twinos_vring *vring, const struct desc *desc,
		 struct table *table)
{
	/* One that names the ring's own table would lead on to itself for ever. */
	if (!vring->indirect || table->indirect ||
	    desc->flags & VRING_DESC_F_NEXT || desc->len % sizeof(*desc))
		return -EBADMSG;
	table->indirect = true;
	table->nr = desc->len / sizeof(*desc);
	table->data = twinos_twinmem_at(vring->memory, desc->addr, desc->len);
	return table->data ? 0 : -EFAULT;
}

/*
 * Loops end at the limit. That of an indirect table is what the device offered, though
 * the driver may have chosen a shorter ring: Linux fills it without a look at that.
 */
static int collect(const struct twinos_vring *vring,
		   struct twinos_vring_chain *chain)
{
	struct table table = { vring->desc, vring->size, false };
	uint32_t limit = vring->size, nr = 0;
	struct desc desc = { .flags = VRING_DESC_F_NEXT, .next = chain->head };
	int ret = 0;

	while (!ret && desc.flags & VRING_DESC_F_NEXT) {
		if (desc.next >= table.nr || nr++ == limit)
			return -EBADMSG;
		desc = read_desc(&table, desc.next);
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			ret = enter(vring, &desc, &table);
			desc.flags = VRING_DESC_F_NEXT;
			desc.next = 0;
			limit = TWINOS_VDEV_QUEUE_SIZE;
			nr--;
		} else {
			ret = add_buffer(vring, &desc, chain);
		}
	}
	return ret;
}

static int read_chain(const struct twinos_vring *vring,
		      struct twinos_vring_chain *chain)
{
	int ret;

	chain->out = chain->in = (struct twinos_iovs){ 0 };
	ret = collect(vring, chain);
	chain->out.iov = chain->pieces;
	chain->in.iov = chain->pieces + chain->out.nr;
	return ret;
}

static uint16_t outstanding(const struct twinos_vring *vring)
{
	return vring->next_avail - vring->next_used;
}

int twinos_vring_pop(struct twinos_vring *vring,
		     struct twinos_vring_chain *chain)
{
	uint16_t ahead;

	if (vring->broken)
		return -EBADMSG;
	ahead = load(vring->avail + INDEX) - vring->next_avail;
	if (!ahead)
		return 0;
	/* One that hasn't got them back can't have offered them again. */
	if (ahead > vring->size || outstanding(vring) >= vring->size)
		return broken(vring);
	chain->head =
		load(vring->avail + ENTRIES + vring->next_avail % vring->size);
	if (read_chain(vring, chain))
		return broken(vring);
	vring->next_avail++;
	return 1;
}

bool twinos_vring_has(const struct twinos_vring *vring)
{
	return !vring->broken &&
	       load(vring->avail + INDEX) != vring->next_avail;
}

static void want_kicks(struct twinos_vring *vring)
{
	if (vring->event_idx)
		store(avail_event(vring), vring->next_avail);
	else
		store(vring->used + FLAGS, 0);
	full_barrier();
}

/* An index that lies behind is as good as none: nothing is to be stored for it. */
static void want_no_kicks(struct twinos_vring *vring)
{
	if (!vring->event_idx)
		store(vring->used + FLAGS, VRING_USED_F_NO_NOTIFY);
}

int twinos_vring_next(struct twinos_vring *vring,
		      struct twinos_vring_chain *chain)
{
	int ret = twinos_vring_pop(vring, chain);

	if (!ret) {
		/* The driver may have added one before it saw the wish. */
		want_kicks(vring);
		ret = twinos_vring_pop(vring, chain);
	}
	if (ret > 0)
		want_no_kicks(vring);
	return ret;
}

void twinos_vring_push(struct twinos_vring *vring,
		       const struct twinos_vring_chain *chain, uint32_t written)
{
	const uint32_t element[] = { chain->head, written };

	if (vring->broken)
		return;
	memcpy(used_element(vring, vring->next_used % vring->size), element,
	       sizeof(element));
	store(vring->used + INDEX, ++vring->next_used);
}

static bool wants_call(struct twinos_vring *vring)
{
	uint16_t old = vring->called_used;
	bool called = vring->called;

	full_barrier();
	if (!vring->event_idx)
		return !(load(vring->avail + FLAGS) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	vring->called_used = vring->next_used;
	vring->called = true;
	/* What those before us pushed, and whether they called, is not known. */
	return !called ||
	       vring_need_event(load(used_event(vring)), vring->next_used, old);
}

void twinos_vring_call(struct twinos_vring *vring)
{
	if (!vring->broken && wants_call(vring))
		(void)!eventfd_write(vring->call, 1);
}
