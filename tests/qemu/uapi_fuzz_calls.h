/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls that uapi_fuzz knows: a new one is a row of the table at the end. */
#ifndef TWINOS_TESTS_UAPI_FUZZ_CALLS_H
#define TWINOS_TESTS_UAPI_FUZZ_CALLS_H

#include <stddef.h>

#include "uapi_fuzz.h"

static void fill_name(struct worker *worker, char *name)
{
	static const char *const bad[] = { "",
					   ".",
					   "-a",
					   "a/b",
					   "a b",
					   "\xff",
					   "0123456789012345678901234567890" };

	if (one_in(worker, 8))
		snprintf(name, TWINOS_NAME_SIZE, "%s", PICK(worker, bad));
	else
		snprintf(name, TWINOS_NAME_SIZE, "fuzz%u",
			 below(worker, NAMES));
	if (one_in(worker, 32))
		name[TWINOS_NAME_SIZE - 1] = 'x';
}

static uint32_t draw_open_flags(struct worker *worker)
{
	return one_in(worker, 8) ? (uint32_t)draw_number(worker) :
	       one_in(worker, 2) ? O_CLOEXEC :
				   0;
}

static uint32_t draw_cpu(struct worker *worker)
{
	return one_in(worker, 8) ? (uint32_t)draw_number(worker) :
				   below(worker, cpus_online + 2);
}

static void fill_cpu(struct worker *worker, const struct slot *slot,
		     union argument *arg)
{
	(void)slot;
	arg->cpu.cpu = draw_cpu(worker);
}

static void fill_create(struct worker *worker, const struct slot *slot,
			union argument *arg)
{
	(void)slot;
	fill_name(worker, arg->create.name);
	arg->create.flags = draw_open_flags(worker);
}

static void created(struct worker *worker, struct slot *slot,
		    const union argument *arg, long ret)
{
	(void)slot;
	(void)arg;
	slot_add(worker, ret, OWNER)->twin = draw(worker);
}

static void opened(struct worker *worker, struct slot *slot,
		   const union argument *arg, long ret)
{
	(void)slot;
	(void)arg;
	slot_add(worker, ret, OBSERVER);
}

static void fill_low(struct worker *worker, struct twinos_memory *memory)
{
	memory->kind = TWINOS_MEMORY_LOW;
	memory->length = one_in(worker, 4) ? TWINOS_LOW_MAX : TWINOS_LOW_MIN;
}

static void fill_contig(struct worker *worker, struct twinos_memory *memory)
{
	memory->kind = TWINOS_MEMORY_CONTIG;
	memory->length =
		(1 + below(worker, one_in(worker, 16) ? 64 : 4)) * RANGE;
	memory->max = one_in(worker, 2) ? UINT64_MAX : 1ULL << 30;
}

static void fill_reserved(struct worker *worker, struct twinos_memory *memory)
{
	memory->kind = TWINOS_MEMORY_RESERVED;
	memory->length = (1 + below(worker, 4)) * RANGE;
	memory->start = reserved_at + below(worker, 8) * RANGE;
	memory->max = UINT64_MAX;
}

static void fill_memory(struct worker *worker, const struct slot *slot,
			union argument *arg)
{
	static void (*const fill[])(struct worker * worker,
				    struct twinos_memory * memory) = {
		fill_low, fill_contig, fill_contig, fill_reserved
	};

	/* What a twin needs to be started comes first. */
	if (slot_range(slot, true) || one_in(worker, 4))
		PICK(worker, fill)(worker, &arg->memory);
	else
		fill_low(worker, &arg->memory);
	if (one_in(worker, 4))
		arg->memory.kind = below(worker, 5);
	if (one_in(worker, 8))
		arg->memory.length = draw_number(worker);
	if (one_in(worker, 8))
		arg->memory.min = draw_number(worker);
	if (one_in(worker, 8))
		arg->memory.max = draw_number(worker);
	if (one_in(worker, 8))
		arg->memory.start = draw_number(worker);
}

static void memory_added(struct worker *worker, struct slot *slot,
			 const union argument *arg, long ret)
{
	(void)worker;
	(void)ret;
	if (slot->nr < RANGES)
		slot->ranges[slot->nr++] = (struct range){ arg->memory.kind,
							   arg->memory.start,
							   arg->memory.length };
}

static bool is_bare(const struct slot *slot)
{
	return !slot_range(slot, true) || !slot_range(slot, false);
}

static bool is_started(const struct slot *slot)
{
	return slot->done == TWINOS_START;
}

static void stopped(struct worker *worker, struct slot *slot,
		    const union argument *arg, long ret)
{
	(void)worker;
	(void)arg;
	(void)ret;
	slot->done = TWINOS_STOP;
}

static void fill_stop(struct worker *worker, const struct slot *slot,
		      union argument *arg)
{
	(void)slot;
	arg->stop.reason = one_in(worker, 8) ? (uint32_t)draw_number(worker) :
					       1 + below(worker, 7);
}

static void fill_set_state(struct worker *worker, const struct slot *slot,
			   union argument *arg)
{
	(void)slot;
	arg->set_state.state = one_in(worker, 8) ?
				       (uint32_t)draw_number(worker) :
				       below(worker, TWINOS_GONE + 1);
}

static bool is_stopped(const struct slot *slot)
{
	return slot->done == TWINOS_STOP;
}

static void cleared(struct worker *worker, struct slot *slot,
		    const union argument *arg, long ret)
{
	(void)worker;
	(void)arg;
	(void)ret;
	slot->done = 0;
}

/*
 * What was code is none afterwards. So it must not be done behind the back of a
 * process that knows of it, and whoever does it forgets it, even if it fails.
 */
static void fill_clear(struct worker *worker, const struct slot *slot,
		       union argument *arg)
{
	size_t i;

	if (slot->is_handed_down || one_in(worker, 4)) {
		arg->clear.flags = 1U << below(worker, 32);
		return;
	}
	for (i = 0; i < SLOTS; i++)
		if (worker->slots[i].twin == slot->twin)
			worker->slots[i].image = 0;
}

/*
 * Whoever has the eventfd may write to it at any time: see the action "call". Another
 * fd may be one of any kind.
 */
static void fill_bind(struct worker *worker, const struct slot *slot,
		      union argument *arg)
{
	(void)slot;
	arg->bind.bit = one_in(worker, 8) ? (uint32_t)draw_number(worker) :
					    below(worker, TWINOS_BITS);
	arg->bind.fd = one_in(worker, 4)  ? -1 :
		       one_in(worker, 8)  ? (int)below(worker, 64) :
		       one_in(worker, 16) ? (int)draw_number(worker) :
					    worker->event;
	arg->bind.flags = one_in(worker, 16) ? 1U << below(worker, 32) : 0;
}

static void fill_memory_fd(struct worker *worker, const struct slot *slot,
			   union argument *arg)
{
	const struct range *range =
		&slot->ranges[slot->nr ? below(worker, slot->nr) : 0];

	arg->memory_fd.flags = draw_open_flags(worker);
	arg->memory_fd.start = one_in(worker, 8) ? draw_number(worker) :
						   range->start;
}

/* By offsets from 0. */
static void memory_fd_made(struct worker *worker, struct slot *slot,
			   const union argument *arg, long ret)
{
	struct range range = { .length = RANGE };
	struct slot *made;
	unsigned int i;

	for (i = 0; i < slot->nr; i++)
		if (slot->ranges[i].start == arg->memory_fd.start)
			range.length = slot->ranges[i].length;
	made = slot_add(worker, ret, MEMORY);
	made->ranges[0] = range;
	made->nr = 1;
}

/* ---- starts --------------------------------------------------------------- */

/* cli; 1: hlt; jmp 1b */
static const uint8_t code[] = { 0xfa, 0xf4, 0xeb, 0xfd };

/* In the first pages of a range. */
struct image {
	uint64_t pml4[512];
	uint64_t pdpt[512];
	uint64_t low[512];
	uint64_t high[512];
	uint8_t code[64];
};

#define HANDOVER 0x8000 /* behind it */
#define TABLE 0x3 /* present, writable */
#define LARGE 0x83 /* of 2 MiB, too */
#define GIB (1ULL << 30)

/* Maps the first 2 MiB and those at @start to themselves. */
static void fill_image(struct image *image, uint64_t start)
{
	uint64_t *table = start < GIB ? image->low : image->high;
	uint64_t low = start + offsetof(struct image, low);
	uint64_t high = start + offsetof(struct image, high);

	image->pml4[0] = (start + offsetof(struct image, pdpt)) | TABLE;
	image->pdpt[0] = low | TABLE;
	if (start >= GIB)
		image->pdpt[start / GIB] = high | TABLE;
	image->low[0] = LARGE;
	table[start % GIB / RANGE] = start | LARGE;
	memcpy(image->code, code, sizeof(code));
}

static void fill_start_right(struct worker *worker, const struct slot *slot,
			     struct twinos_start *start)
{
	unsigned int i;

	start->nr_cpus = one_in(worker, 3) ? 2 : 1;
	start->cpus = (uintptr_t)worker->cpus;
	worker->cpus[0] = 1 + below(worker, cpus_online - 1);
	for (i = 1; i < CPUS; i++)
		worker->cpus[i] = 1 + worker->cpus[i - 1] % (cpus_online - 1);
	if (!slot->image)
		return; /* 0 is no address of a twin's */
	start->entry = slot->image + offsetof(struct image, code);
	start->rsi = slot->image + 8;
	start->cr3 = slot->image;
	if (one_in(worker, 2))
		start->handover = slot->image + HANDOVER;
}

static void wrong_flags(struct worker *worker, struct twinos_start *start)
{
	start->flags = 2U << below(worker, 31);
}

static void wrong_number(struct worker *worker, struct twinos_start *start)
{
	static const uint32_t numbers[] = { 0, TWINOS_MAX_CPUS + 1, 1U << 30,
					    UINT32_MAX };

	start->nr_cpus = PICK(worker, numbers);
}

static void wrong_slice(struct worker *worker, struct twinos_start *start)
{
	start->slice_us = 1 + below(worker, 1000000);
}

static void wrong_handover(struct worker *worker, struct twinos_start *start)
{
	start->handover = draw_number(worker) | 1;
}

static void wrong_address(struct worker *worker, struct twinos_start *start)
{
	__u64 *const addresses[] = { &start->entry, &start->rsi, &start->cr3 };

	*PICK(worker, addresses) = draw_outside(worker);
}

static void wrong_cr3(struct worker *worker, struct twinos_start *start)
{
	start->cr3 |= 1 + below(worker, 4095);
}

static void wrong_pointer(struct worker *worker, struct twinos_start *start)
{
	start->cpus = (uintptr_t)draw_bad_pointer(worker);
}

static void same_cpu(struct worker *worker, struct twinos_start *start)
{
	start->nr_cpus = 2;
	worker->cpus[1] = worker->cpus[0];
}

static void wrong_cpu(struct worker *worker, struct twinos_start *start)
{
	static const uint32_t numbers[] = { 0, 255, 4096, 1U << 31,
					    UINT32_MAX };

	start->nr_cpus = 1 + below(worker, 2);
	worker->cpus[below(worker, start->nr_cpus)] = PICK(worker, numbers);
}

static void shared_on_two(struct worker *worker, struct twinos_start *start)
{
	(void)worker;
	start->flags = TWINOS_START_SHARED;
	start->nr_cpus = 2;
	start->handover = start->cr3;
}

static void shared_slice(struct worker *worker, struct twinos_start *start)
{
	start->flags = TWINOS_START_SHARED;
	start->nr_cpus = 1;
	start->handover = start->cr3;
	start->slice_us = one_in(worker, 2) ?
				  1 + below(worker, TWINOS_SLICE_MIN_US - 1) :
				  TWINOS_SLICE_MAX_US + 1 + below(worker, 1000);
}

static void shared_handover(struct worker *worker, struct twinos_start *start)
{
	start->flags = TWINOS_START_SHARED;
	start->nr_cpus = 1;
	start->handover = draw_outside(worker);
}

/* Each of these is refused, whatever else is drawn. */
static void (*const wrongs[])(struct worker *worker,
			      struct twinos_start *start) = {
	wrong_flags,   wrong_number,  wrong_slice,   wrong_handover,
	wrong_address, wrong_cr3,     wrong_pointer, same_cpu,
	wrong_cpu,     shared_on_two, shared_slice,  shared_handover,
};

static void fill_start(struct worker *worker, const struct slot *slot,
		       union argument *arg)
{
	fill_start_right(worker, slot, &arg->start);
	if (one_in(worker, 2))
		PICK(worker, wrongs)(worker, &arg->start);
}

static bool is_ready(const struct slot *slot)
{
	return slot->image && !slot->done;
}

static void started(struct worker *worker, struct slot *slot,
		    const union argument *arg, long ret)
{
	(void)worker;
	(void)arg;
	(void)ret;
	slot->done = TWINOS_START;
}

/* ---- the table of calls --------------------------------------------------- */

/**
 * struct call - an ioctl
 * @kind: of the fds that know it
 * @fill: all but the size, mostly right; may be NULL
 * @done: it has worked; may be NULL
 * @is_due: the fds for which it is the next step; may be NULL
 * @is_fragile: what is right in it must not be spoilt by mere chance
 */
struct call {
	const char *name;
	unsigned int weight;
	unsigned long cmd;
	enum kind kind;
	void (*fill)(struct worker *worker, const struct slot *slot,
		     union argument *arg);
	void (*done)(struct worker *worker, struct slot *slot,
		     const union argument *arg, long ret);
	bool (*is_due)(const struct slot *slot);
	bool is_fragile;
};

static const struct call calls[] = {
	{ "GET_INFO", 1, TWINOS_GET_INFO, DEVICE, .fill = NULL },
	{ "GET_CPU", 2, TWINOS_GET_CPU, DEVICE, .fill = fill_cpu },
	{ "CREATE", 6, TWINOS_CREATE, DEVICE, .fill = fill_create,
	  .done = created },
	{ "OPEN", 6, TWINOS_OPEN, DEVICE, .fill = fill_create, .done = opened },
	{ "ADD_MEMORY", 12, TWINOS_ADD_MEMORY, OWNER, .fill = fill_memory,
	  .done = memory_added, .is_due = is_bare },
	{ "START", 16, TWINOS_START, OWNER, .fill = fill_start, .done = started,
	  .is_due = is_ready, .is_fragile = true },
	{ "STOP", 4, TWINOS_STOP, OWNER, .fill = fill_stop, .done = stopped,
	  .is_due = is_started },
	{ "observer's STOP", 1, TWINOS_STOP, OBSERVER, .fill = fill_stop },
	{ "CLEAR", 6, TWINOS_CLEAR, OWNER, .fill = fill_clear, .done = cleared,
	  .is_due = is_stopped, .is_fragile = true },
	{ "BIND_KICK", 4, TWINOS_BIND_KICK, OWNER, .fill = fill_bind },
	{ "BIND_CALL", 6, TWINOS_BIND_CALL, OWNER, .fill = fill_bind },
	{ "GET_MEMORY_FD", 4, TWINOS_GET_MEMORY_FD, OWNER,
	  .fill = fill_memory_fd, .done = memory_fd_made },
	{ "SET_STATE", 4, TWINOS_SET_STATE, OWNER, .fill = fill_set_state,
	  .is_due = is_started },
	{ "GET_STATE", 2, TWINOS_GET_STATE, OWNER, .fill = NULL },
	{ "observer's SET_STATE", 2, TWINOS_SET_STATE, OBSERVER,
	  .fill = fill_set_state },
	{ "observer's GET_STATE", 2, TWINOS_GET_STATE, OBSERVER, .fill = NULL },
};

/* Another size, direction or number: never that of another call. */
static unsigned long spoil_cmd(struct worker *worker, unsigned long cmd)
{
	unsigned int size = _IOC_SIZE(cmd), nr = _IOC_NR(cmd);

	if (one_in(worker, 2))
		return _IOC(_IOC_DIR(cmd), TWINOS_IOC_MAGIC, nr + 0x20, size);
	return _IOC(_IOC_DIR(cmd), TWINOS_IOC_MAGIC, nr,
		    below(worker, 1 << _IOC_SIZEBITS) | 1);
}

static void spoil_argument(struct worker *worker, const struct call *call,
			   union argument *arg)
{
	unsigned int size = _IOC_SIZE(call->cmd);

	if (call->is_fragile || one_in(worker, 2))
		arg->size = size + 1 + below(worker, 4096);
	else
		arg->bytes[below(worker, size)] ^= 1 << below(worker, 8);
}

/* Where the argument lies when the call is made. */
static void *place(struct worker *worker, const struct call *call,
		   union argument *arg)
{
	unsigned int size = _IOC_SIZE(call->cmd);
	char *at = worker->edge - size;

	if (one_in(worker, 16))
		return draw_bad_pointer(worker);
	if (!one_in(worker, 4))
		return arg;
	if (one_in(worker, 4)) {
		mprotect(worker->read_only - TWINOS_PAGE_SIZE, TWINOS_PAGE_SIZE,
			 PROT_READ | PROT_WRITE);
		memcpy(worker->read_only - size, arg, size);
		mprotect(worker->read_only - TWINOS_PAGE_SIZE, TWINOS_PAGE_SIZE,
			 PROT_READ);
		return worker->read_only - size;
	}
	memcpy(at, arg, size);
	return at;
}

static long call_once(struct worker *worker, const struct call *call)
{
	struct slot *slot = slot_pick_due(worker, call->kind, call->is_due);
	union argument arg = { .size = _IOC_SIZE(call->cmd) };
	unsigned long cmd = call->cmd;
	void *at;
	long ret;

	if (call->fill)
		call->fill(worker, slot, &arg);
	if (one_in(worker, 12))
		spoil_argument(worker, call, &arg);
	if (one_in(worker, 24))
		cmd = spoil_cmd(worker, cmd);
	at = place(worker, call, &arg);
	ret = ioctl(slot->fd, cmd, at);
	if (ret < 0 || !call->done)
		return ret;
	memcpy(&arg, at, _IOC_SIZE(call->cmd));
	call->done(worker, slot, &arg, ret);
	return ret;
}

#endif
