// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <linux/twinos.h>
#include <string.h>

#include "error.h"
#include "iomem.h"
#include "reservation.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

#define RAM "System RAM"
#define LOW_END (4 * GIB)

/* A Debian with its services, and some room to move memory. */
#define HOST_KEEPS (512 * MIB)

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return value > UINT64_MAX - align ? UINT64_MAX / align * align :
					    (value + align - 1) / align * align;
}

static bool is_ram(const struct twinos_iomem *map, uint64_t start,
		   uint64_t length)
{
	uint64_t end;

	return !__builtin_add_overflow(start, length, &end) &&
	       twinos_iomem_covers(map, RAM, start, end);
}

/* In a map that only root may see, the old range stands as one of its own. */
static void give_back(struct twinos_iomem *map,
		      const struct twinos_reservation *old)
{
	struct twinos_iomem_range *range;
	size_t i;

	for (i = 0; i < map->nr_ranges; i++) {
		range = &map->ranges[i];
		if (range->start == old->start &&
		    range->end - range->start == old->length)
			strcpy(range->name, RAM);
	}
}

/* The lowest place above 4 GiB; 0: there is none */
static uint64_t find_high(const struct twinos_iomem *map, uint64_t length,
			  uint64_t align)
{
	uint64_t start;
	size_t i;

	for (i = 0; i < map->nr_ranges; i++) {
		start = map->ranges[i].start;
		start = align_up(start < LOW_END ? LOW_END : start, align);
		if (is_ram(map, start, length))
			return start;
	}
	return 0;
}

/* The highest place below: kernels like to be loaded at the lower end. */
static uint64_t find_low(const struct twinos_iomem *map, uint64_t length)
{
	uint64_t start, best = 0;
	size_t i;

	for (i = 0; i < map->nr_ranges; i++) {
		if (map->ranges[i].end > LOW_END || map->ranges[i].end < length)
			continue;
		start = (map->ranges[i].end - length) / TWINOS_RANGE_ALIGN *
			TWINOS_RANGE_ALIGN;
		if (start > best && is_ram(map, start, length))
			best = start;
	}
	return best;
}

static uint64_t find(const struct twinos_iomem *map, uint64_t length)
{
	uint64_t start = find_high(map, length, GIB);

	if (!start)
		start = find_high(map, length, TWINOS_RANGE_ALIGN);
	return start ? start : find_low(map, length);
}

static int choose(struct twinos_reservation *wanted,
		  const struct twinos_iomem *map, struct twinos_error *err)
{
	if (wanted->start && is_ram(map, wanted->start, wanted->length))
		return 0;
	if (wanted->start)
		return twinos_fail(err, TWINOS_ERROR_MEMORY, ENOMEM,
				   "%" PRIu64 "M at 0x%" PRIx64
				   " are not all memory: /proc/iomem shows "
				   "where there is " RAM,
				   wanted->length / MIB, wanted->start);
	wanted->start = find(map, wanted->length);
	return wanted->start ? 0 :
			       twinos_fail(err, TWINOS_ERROR_MEMORY, ENOMEM,
					   "there are no %" PRIu64
					   "M of memory in one piece",
					   wanted->length / MIB);
}

static int check_rest(const struct twinos_reservation *wanted,
		      const struct twinos_iomem *map, struct twinos_error *err)
{
	uint64_t total = twinos_iomem_within(map, RAM, 0, UINT64_MAX);

	if (total >= HOST_KEEPS && wanted->length <= total - HOST_KEEPS)
		return 0;
	return twinos_fail(err, TWINOS_ERROR_MEMORY, ENOMEM,
			   "of %" PRIu64 "M this machine must keep %" PRIu64
			   "M for itself",
			   total / MIB, HOST_KEEPS / MIB);
}

static int load(struct twinos_iomem *map, const struct twinos_hostfs *fs,
		struct twinos_error *err)
{
	int ret = twinos_iomem_load(map, fs);

	if (ret == -EACCES)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, EACCES,
				   "only root can see where memory is, in "
				   "/proc/iomem");
	return ret ? twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				 "cannot read /proc/iomem: %s",
				 strerror(-ret)) :
		     0;
}

int twinos_reservation_place(struct twinos_reservation *wanted,
			     const struct twinos_reservation *old,
			     const struct twinos_hostfs *fs,
			     struct twinos_error *err)
{
	struct twinos_iomem map;
	int ret = load(&map, fs, err);

	if (ret)
		return ret;
	if (old->length)
		give_back(&map, old);
	ret = check_rest(wanted, &map, err);
	if (!ret)
		ret = choose(wanted, &map, err);
	twinos_iomem_free(&map);
	return ret;
}
