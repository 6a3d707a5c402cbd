/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of uapi_fuzz share: chance, and the fds of a process. */
#ifndef TWINOS_TESTS_UAPI_FUZZ_H
#define TWINOS_TESTS_UAPI_FUZZ_H

#include <time.h>

#include "ioctl.h"

#define SLOTS 12
#define MAPS 6
#define RANGES 4
#define CPUS 4
#define NAMES 16
#define WORKERS_MAX 16
#define CHILD_STEPS 30
#define HANG_SECONDS 120
#define ERRORS 134
/* The code and page tables of a twin, at the beginning of a range. */
#define IMAGE_SIZE 0x10000

/* What an fd is. */
enum kind { DEVICE, OWNER, OBSERVER, MEMORY, OTHER, KINDS };

struct range {
	uint32_t kind;
	uint64_t start;
	uint64_t length;
};

/**
 * struct slot - an open fd
 * @twin: what this process calls its twin, 0: it has not made it
 * @is_handed_down: another process may have the fd too
 * @image: address of the twin's code and page tables, 0: there are none
 * @done: the call that its life has come to: TWINOS_START, TWINOS_STOP or neither
 */
struct slot {
	int fd; /* -1: it is free */
	enum kind kind;
	uint64_t twin;
	bool is_handed_down;
	unsigned int nr;
	struct range ranges[RANGES];
	uint64_t image;
	unsigned long done;
};

struct map {
	char *at; /* NULL: it is free */
	uint64_t length;
	uint64_t keep_off; /* bytes at its beginning that are not to be written */
};

struct worker {
	uint64_t random;
	unsigned int number;
	bool is_child;
	pid_t child;
	uint32_t cpus[CPUS];
	int event; /* an eventfd */
	char *edge; /* the end of a page, with nothing behind it */
	char *read_only; /* as well, and it can't be written */
	struct slot slots[SLOTS];
	struct map maps[MAPS];
};

union argument {
	__u32 size;
	struct twinos_info info;
	struct twinos_cpu cpu;
	struct twinos_create create;
	struct twinos_open open;
	struct twinos_memory memory;
	struct twinos_start start;
	struct twinos_stop stop;
	struct twinos_state state;
	struct twinos_set_state set_state;
	struct twinos_clear clear;
	struct twinos_bind bind;
	struct twinos_memory_fd memory_fd;
	char bytes[128];
};

/* Shared by all processes. */
struct tally {
	time_t deadline;
	unsigned long died; /* other than by our SIGKILL */
	int status; /* of the last one that did */
	struct {
		const char *name;
		time_t since;
	} doing[WORKERS_MAX];
	struct {
		unsigned long worked, failed;
		unsigned long errors[ERRORS];
	} of[64];
};

static struct tally *tally;
static uint64_t reserved_at;
static unsigned int cpus_online;

/* ---- chance --------------------------------------------------------------- */

/* xorshift64* */
static uint64_t draw(struct worker *worker)
{
	worker->random ^= worker->random >> 12;
	worker->random ^= worker->random << 25;
	worker->random ^= worker->random >> 27;
	return worker->random * 0x2545f4914f6cdd1dULL;
}

static unsigned int below(struct worker *worker, unsigned int limit)
{
	return (draw(worker) >> 32) % limit;
}

static bool one_in(struct worker *worker, unsigned int n)
{
	return !below(worker, n);
}

#define PICK(worker, array) ((array)[below(worker, ARRAY_SIZE(array))])

/* No memory of any twin's. */
static uint64_t draw_outside(struct worker *worker)
{
	static const uint64_t addresses[] = {
		0, 1, 4096, 0xfee00000, 1ULL << 52, 1ULL << 63, -4096ULL, -1ULL,
	};

	return PICK(worker, addresses);
}

static uint64_t draw_number(struct worker *worker)
{
	return draw(worker) >> below(worker, 64);
}

static void *draw_bad_pointer(struct worker *worker)
{
	void *const pointers[] = {
		NULL,
		(void *)8,
		(void *)-8L,
		KERNEL_ADDRESS,
		(void *)(1UL << 47),
		worker->edge,
		worker->edge - 3,
	};

	return PICK(worker, pointers);
}

/* ---- fds ------------------------------------------------------------------ */

static void slot_close(struct slot *slot)
{
	if (slot->fd >= 0)
		close(slot->fd);
	*slot = (struct slot){ .fd = -1 };
}

static struct slot *slot_add(struct worker *worker, int fd, enum kind kind)
{
	struct slot *slot = &PICK(worker, worker->slots);
	size_t i;

	for (i = 0; i < SLOTS && slot->fd >= 0; i++)
		slot = &worker->slots[i];
	slot_close(slot);
	slot->fd = fd;
	slot->kind = kind;
	return slot;
}

/* The first range that is low, or is not; NULL if there is none. */
static const struct range *slot_range(const struct slot *slot, bool low)
{
	unsigned int i;

	for (i = 0; i < slot->nr; i++)
		if ((slot->ranges[i].kind == TWINOS_MEMORY_LOW) == low)
			return &slot->ranges[i];
	return NULL;
}

/*
 * One of this kind, and if it can be one for which the time has come; another one
 * now and then. @is_due may be NULL.
 */
static struct slot *slot_pick_due(struct worker *worker, enum kind kind,
				  bool (*is_due)(const struct slot *slot))
{
	struct slot *slot = &PICK(worker, worker->slots), *found = slot;
	unsigned int tries;

	if (one_in(worker, 16))
		return slot;
	for (tries = 0; tries < 4 * SLOTS; tries++) {
		if (slot->fd >= 0 && slot->kind == kind) {
			found = slot;
			if (!is_due || is_due(slot))
				break;
		}
		slot = &PICK(worker, worker->slots);
	}
	return found;
}

static struct slot *slot_pick(struct worker *worker, enum kind kind)
{
	return slot_pick_due(worker, kind, NULL);
}

#endif
