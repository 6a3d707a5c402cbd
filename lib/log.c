// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reader of a twin's kernel log.
 *
 * The twin writes while we read, and may die in the middle. So everything is
 * copied first and checked after: a record counts if its descriptor says the
 * same before and after the copy, as in prb_read() of
 * kernel/printk/printk_ringbuffer.c.
 *
 * The descriptor of a record is found from its number without a walk: ids start
 * at first_id() and numbers at 0. Records are given in their order with two
 * exceptions, both for the sake of a kernel that has died:
 *
 * - A record that is still being written is passed over once a younger one is
 *   whole: its writer may never come back. If it does, the record is given late.
 * - A committed record (a line without newline, which KERN_CONT may go on with)
 *   is given at once: it may be the last thing the kernel said. What is added
 *   to it later is given as one more record with the same number.
 *
 * The list of late records remembers both kinds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

/* The kernel's own limit is PRINTKRB_RECORD_MAX, 1 KiB; longer texts are cut. */
#define TEXT_SIZE 8192

/*
 * As many records may be in the middle of being written: four contexts (task,
 * softirq, irq, NMI) on as many CPUs as print at once. We look no further
 * beyond the first one.
 */
#define MAX_LATE 64

#define COPY_TRIES 4
#define CHASE_TRIES 4

static const char panic_text[] = "Kernel panic - not syncing";
/* kernel/reboot.c: kernel_halt() */
static const char halt_text[] = "reboot: System halted";

struct late {
	uint64_t seq;
	size_t given; /* bytes of its text */
	bool begun; /* some record with this number was given */
};

struct twinos_log {
	struct twinos_ram ram;
	struct twinos_ring ring;
	bool attached;
	bool panicked, halted;
	int fd; /* of twinos_log_open() */
	uint64_t seq; /* the next one in order */
	uint64_t lost; /* since the last record given */
	struct late late[MAX_LATE];
	size_t nr_late;
	char text[TEXT_SIZE];
};

/* What came of the attempt to copy a record. */
enum copied {
	COPIED_COMMITTED,
	COPIED_FINALIZED,
	COPIED_BUSY, /* it is being written */
	COPIED_GONE, /* it is overwritten, or never had room for its text */
};

struct copy {
	struct twinos_info info;
	size_t length; /* of the text in struct twinos_log */
};

int twinos_log_new(struct twinos_log **log, const struct twinos_range *ranges,
		   size_t nr_ranges, twinos_read_fn read, void *ctx)
{
	struct twinos_log *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	ret = twinos_ram_init(&new->ram, ranges, nr_ranges, read, ctx);
	if (ret) {
		free(new);
		return ret;
	}
	*log = new;
	return 0;
}

int twinos_log_open(struct twinos_log **log, int fd,
		    const struct twinos_range *ranges, size_t nr_ranges)
{
	int ret = twinos_log_new(log, ranges, nr_ranges, twinos_read_fd, NULL);

	if (ret)
		return ret;
	(*log)->fd = fd;
	(*log)->ram.ctx = &(*log)->fd;
	return 0;
}

void twinos_log_free(struct twinos_log *log)
{
	if (!log)
		return;
	twinos_ram_destroy(&log->ram);
	free(log);
}

void twinos_log_rewind(struct twinos_log *log)
{
	log->seq = 0;
	log->lost = 0;
	log->nr_late = 0;
}

bool twinos_log_panicked(const struct twinos_log *log)
{
	return log->panicked;
}

bool twinos_log_halted(const struct twinos_log *log)
{
	return log->halted;
}

static int attach_ring(struct twinos_log *log)
{
	int ret = twinos_ring_find(&log->ring, &log->ram, NULL);

	log->attached = !ret;
	return ret;
}

/*
 * DESC0_ID + 1 of kernel/printk/printk_ringbuffer.h, where the number of
 * descriptors is an unsigned int and so is its negative.
 */
static uint64_t first_id(const struct twinos_log *log)
{
	return -(1U << log->ring.count_bits);
}

static uint64_t id_of(const struct twinos_log *log, uint64_t seq)
{
	return (first_id(log) + seq) & TWINOS_RING_ID_MASK;
}

/* How far @id is behind @from; ids are 62 bits wide and wrap. */
static int64_t id_distance(uint64_t id, uint64_t from)
{
	return (int64_t)((id - from) << 2) >> 2;
}

static enum copied judge(const struct twinos_desc *desc, uint64_t id)
{
	/* The head is moved before the descriptor is given its new id. */
	if (desc->id != id)
		return id_distance(desc->id, id) < 0 ? COPIED_BUSY :
						       COPIED_GONE;
	switch (desc->state) {
	case TWINOS_DESC_COMMITTED:
		return COPIED_COMMITTED;
	case TWINOS_DESC_FINALIZED:
		return COPIED_FINALIZED;
	case TWINOS_DESC_RESERVED:
		return COPIED_BUSY;
	default:
		return COPIED_GONE;
	}
}

static bool is_copied(enum copied copied)
{
	return copied == COPIED_COMMITTED || copied == COPIED_FINALIZED;
}

/* Between committed and finalized nothing in a record changes. */
static bool is_unchanged(const struct twinos_desc *before,
			 const struct twinos_desc *after)
{
	return before->id == after->id && before->begin == after->begin &&
	       before->next == after->next &&
	       (before->state == after->state ||
		(before->state == TWINOS_DESC_COMMITTED &&
		 after->state == TWINOS_DESC_FINALIZED));
}

/* -ENODATA: there is nothing to show of this record. */
static int copy_contents(struct twinos_log *log, uint64_t seq,
			 const struct twinos_desc *desc, struct copy *copy)
{
	struct twinos_info *info = &copy->info;
	int ret = twinos_ring_read_info(&log->ring, desc->id, info);

	if (ret)
		return ret;
	if (info->seq != seq)
		return -ENODATA;
	copy->length = info->text_len < TEXT_SIZE ? info->text_len : TEXT_SIZE;
	return twinos_ring_read_text(&log->ring, desc, info->text_len,
				     log->text, TEXT_SIZE);
}

/* Returns an enum copied or -errno. */
static int copy_record(struct twinos_log *log, uint64_t seq, struct copy *copy)
{
	uint64_t id = id_of(log, seq);
	struct twinos_desc before, after;
	int ret = twinos_ring_read_desc(&log->ring, id, &after);

	for (unsigned int i = 0; !ret && i < COPY_TRIES; i++) {
		enum copied copied = judge(&after, id);
		int contents;

		if (!is_copied(copied))
			return copied;
		before = after;
		contents = copy_contents(log, seq, &before, copy);
		if (contents && contents != -ENODATA)
			return contents;
		ret = twinos_ring_read_desc(&log->ring, id, &after);
		if (!ret && is_unchanged(&before, &after))
			return contents ? COPIED_GONE : copied;
	}
	return ret ? ret : COPIED_BUSY;
}

static void remove_late(struct twinos_log *log, size_t i)
{
	log->nr_late--;
	memmove(&log->late[i], &log->late[i + 1],
		(log->nr_late - i) * sizeof(log->late[0]));
}

static void add_late(struct twinos_log *log, const struct late *late)
{
	if (log->nr_late == MAX_LATE) {
		log->lost += !log->late[0].begun;
		remove_late(log, 0);
	}
	log->late[log->nr_late++] = *late;
}

/* A message of the kernel itself: user space can't write with its facility. */
static bool kernel_says(const struct twinos_record *record, const char *text)
{
	return record->facility == 0 && record->length >= strlen(text) &&
	       !memcmp(record->text, text, strlen(text));
}

/* Give what of a copied record has not been given yet. */
static void give(struct twinos_log *log, const struct copy *copy, size_t given,
		 struct twinos_record *record)
{
	*record = (struct twinos_record){
		.seq = copy->info.seq,
		.ts_nsec = copy->info.ts_nsec,
		.facility = copy->info.facility,
		.level = copy->info.level,
		.lost = log->lost,
		.length = copy->length - given,
		.text = log->text + given,
	};
	log->lost = 0;
	if (!given && kernel_says(record, panic_text))
		log->panicked = true;
	if (!given && kernel_says(record, halt_text))
		log->halted = true;
}

/* 1: gave @record, 0: nothing new about late record @i, or -errno. */
static int next_of_late(struct twinos_log *log, size_t i,
			struct twinos_record *record)
{
	struct late late = log->late[i];
	struct copy copy;
	int copied = copy_record(log, late.seq, &copy);

	if (copied < 0 || copied == COPIED_BUSY)
		return copied < 0 ? copied : 0;
	if (copied == COPIED_COMMITTED) {
		log->late[i].begun = true;
		if (copy.length > late.given)
			log->late[i].given = copy.length;
	} else {
		remove_late(log, i);
	}
	if (copied == COPIED_GONE)
		log->lost += !late.begun;
	if (!is_copied(copied) || (late.begun && copy.length <= late.given))
		return 0;
	give(log, &copy, late.given, record);
	return 1;
}

static int next_late(struct twinos_log *log, struct twinos_record *record)
{
	size_t i = 0;
	int ret = 0;

	while (!ret && i < log->nr_late) {
		size_t nr_before = log->nr_late;

		ret = next_of_late(log, i, record);
		/* If it was removed, another one has taken its place. */
		i += log->nr_late == nr_before;
	}
	return ret;
}

/* How many records from log->seq on the ring has, or -EILSEQ. */
static int count_new(struct twinos_log *log, uint64_t *nr)
{
	struct twinos_ring_ends ends;
	int64_t head, tail;
	int ret = twinos_ring_read_ends(&log->ring, &ends);

	if (ret)
		return ret;
	head = id_distance(ends.head, id_of(log, log->seq));
	tail = id_distance(ends.tail, id_of(log, log->seq));
	if (head < -1)
		return -EILSEQ;
	if (tail > 0) {
		log->seq += tail;
		log->lost += tail;
		head -= tail;
	}
	*nr = head + 1;
	return 0;
}

static void note_committed(struct twinos_log *log, uint64_t seq, size_t given)
{
	struct late late = { .seq = seq, .given = given, .begun = true };

	add_late(log, &late);
}

/* The records before @seq that were still being written come later. */
static void pass_over(struct twinos_log *log, const struct late *busy,
		      size_t nr_busy, uint64_t nr_gone, uint64_t seq)
{
	for (size_t i = 0; i < nr_busy; i++)
		add_late(log, &busy[i]);
	log->lost += nr_gone;
	log->seq = seq;
}

/* The first of @nr records that can be given, passing over others. */
static int next_new(struct twinos_log *log, uint64_t nr,
		    struct twinos_record *record)
{
	struct late busy[MAX_LATE] = { 0 };
	uint64_t nr_gone = 0, seq = log->seq, end = log->seq + nr;
	size_t nr_busy = 0;

	for (; seq != end; seq++) {
		struct copy copy;
		int copied = copy_record(log, seq, &copy);

		if (copied < 0)
			return copied;
		if (is_copied(copied)) {
			pass_over(log, busy, nr_busy, nr_gone, seq + 1);
			if (copied == COPIED_COMMITTED)
				note_committed(log, seq, copy.length);
			give(log, &copy, 0, record);
			return 1;
		}
		if (nr_busy && seq - busy[0].seq >= MAX_LATE)
			break;
		if (copied == COPIED_BUSY)
			busy[nr_busy++].seq = seq;
		else
			nr_gone++;
	}
	/* With nothing whole behind it, a busy record is waited for. */
	if (!nr_busy)
		pass_over(log, NULL, 0, nr_gone, seq);
	return 0;
}

int twinos_log_next(struct twinos_log *log, struct twinos_record *record)
{
	int ret = log->attached ? 0 : attach_ring(log);

	if (!ret)
		ret = next_late(log, record);
	/* A writer may have overwritten all that was new when we counted. */
	for (unsigned int i = 0; !ret && i < CHASE_TRIES; i++) {
		uint64_t nr, seq;

		ret = count_new(log, &nr);
		if (ret || !nr)
			break;
		seq = log->seq;
		ret = next_new(log, nr, record);
		if (log->seq == seq)
			break;
	}
	return ret;
}
