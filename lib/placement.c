// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "boot_params.h"
#include "boot_ranges.h"
#include "device.h"
#include "error.h"
#include "pagetable.h"
#include "placement.h"

#define MIB (1024 * 1024)

/* Smaller pieces would only fill the memory map of the twin. */
#define PIECE_MIN (4 * MIB)
#define BOOT_RANGES_MAX 64

/* Sums up sizes page by page; any overflow sticks. */
struct cursor {
	uint64_t at;
	bool overflow;
};

static uint64_t put(struct cursor *cursor, uint64_t length)
{
	uint64_t at = cursor->at, mask = TWINOS_PAGE_SIZE - 1;

	if (__builtin_add_overflow(length, mask, &length) ||
	    __builtin_add_overflow(at, length & ~mask, &cursor->at))
		cursor->overflow = true;
	return at;
}

int twinos_layout_make(struct twinos_layout *layout,
		       const struct twinos_needs *needs)
{
	struct cursor cursor = {};
	struct twinos_range all;

	put(&cursor, needs->kernel);
	layout->boot_params = put(&cursor, TWINOS_BOOT_PARAMS_SIZE);
	layout->cmdline = put(&cursor, needs->cmdline);
	layout->acpi = put(&cursor, needs->acpi);
	layout->handover = put(&cursor, TWINOS_PAGE_SIZE);

	/*
	 * The size of the page tables depends on the length that they map and
	 * a little on where it lies: a run that crosses a 512 GiB boundary is
	 * the worst case.
	 */
	all.start = (1ULL << 39) - TWINOS_RANGE_ALIGN;
	if (__builtin_add_overflow(cursor.at, needs->initrd, &all.length) ||
	    __builtin_add_overflow(all.length, 4ULL * MIB, &all.length) ||
	    all.length > 1ULL << 46)
		return -EOVERFLOW;
	layout->pagetable = put(&cursor, twinos_pagetable_size(&all, 1));
	layout->control_end = cursor.at;
	layout->initrd = put(&cursor, needs->initrd);
	layout->end = cursor.at;
	return cursor.overflow ? -EOVERFLOW : 0;
}

static uint64_t range_align(uint64_t length)
{
	return (length + TWINOS_RANGE_ALIGN - 1) &
	       -(uint64_t)TWINOS_RANGE_ALIGN;
}

static int take_low(struct twinos_place *place, int owner,
		    struct twinos_error *err)
{
	struct twinos_range low = { .kind = TWINOS_MEMORY_LOW,
				    .length = TWINOS_LOW_MIN };
	int ret;

	ret = twinos_device_memory(owner, &low, 0, 0);
	if (ret)
		return twinos_fail(
			err, TWINOS_ERROR_MEMORY, -ret,
			"no %d KiB below 640 KiB are free for the twin's trampoline: stop another twin",
			TWINOS_LOW_MIN / 1024);
	place->ranges[place->nr_ranges++] = low;
	return 0;
}

static uint64_t mem_max(const struct twinos_config *config)
{
	return config->mem_max ? config->mem_max : UINT64_MAX;
}

static int had_only(uint64_t taken, const struct twinos_config *config,
		    int code, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_MEMORY, code,
		"of %" PRIu64 " MiB only %" PRIu64
		" MiB can be had%s between 0x%" PRIx64 " and 0x%" PRIx64 ": %s",
		config->memory / MIB, taken / MIB,
		config->reserved ? " from the boot-time ranges" :
				   " from the running host",
		config->mem_min, mem_max(config),
		config->reserved ?
			"boot the host with a larger memmap=SIZE$ADDR, or stop another twin" :
			"ask for less, free some, or reserve it at boot and use --reserved");
}

/*
 * Big pieces first, since the piece that holds the kernel must be large and the
 * twin's memory map short; smaller ones once the host can't find such a run.
 */
static int take_contig(struct twinos_place *place, int owner,
		       const struct twinos_config *config, uint64_t need,
		       struct twinos_error *err)
{
	uint64_t piece = config->memory, left = config->memory, least;
	struct twinos_range range = { .kind = TWINOS_MEMORY_CONTIG };
	int ret;

	while (left) {
		range.length = piece < left ? piece : left;
		ret = twinos_device_memory(owner, &range, config->mem_min,
					   mem_max(config));
		if (!ret) {
			place->ranges[place->nr_ranges++] = range;
			left -= range.length;
			continue;
		}
		least = left == config->memory ? need : PIECE_MIN;
		if ((ret != -ENOMEM && ret != -EINVAL) ||
		    range.length <= least ||
		    place->nr_ranges == TWINOS_MAX_RANGES)
			return had_only(config->memory - left, config, -ret,
					err);
		piece = range_align(range.length / 2);
		piece = piece < least ? least : piece;
	}
	return 0;
}

/* Cuts @range to what lies between the user's limits. */
static void clip(struct twinos_range *range, const struct twinos_config *config)
{
	uint64_t start = range->start, end = start + range->length;

	if (start < config->mem_min)
		start = range_align(config->mem_min);
	if (end - 1 > mem_max(config))
		end = (mem_max(config) + 1) & -(uint64_t)TWINOS_RANGE_ALIGN;
	range->start = start;
	range->length = end > start ? end - start : 0;
}

static int take_reserved(struct twinos_place *place, int owner,
			 const struct twinos_config *config, uint64_t need,
			 struct twinos_error *err)
{
	struct twinos_range ranges[BOOT_RANGES_MAX];
	uint64_t left = config->memory;
	ssize_t nr, i;
	int ret;

	nr = twinos_boot_ranges_free(ranges, BOOT_RANGES_MAX, err);
	if (nr < 0)
		return nr;
	for (i = 0; i < nr && left; i++) {
		clip(&ranges[i], config);
		if (!ranges[i].length ||
		    (left == config->memory && ranges[i].length < need))
			continue;
		if (ranges[i].length > left)
			ranges[i].length = left;
		ret = twinos_device_memory(owner, &ranges[i], 0, UINT64_MAX);
		if (ret)
			return twinos_fail(
				err, TWINOS_ERROR_MEMORY, -ret,
				"the host does not let go of 0x%" PRIx64
				"-0x%" PRIx64
				", which its memmap= options name: %s",
				ranges[i].start,
				ranges[i].start + ranges[i].length - 1,
				ret == -EBUSY ? "somebody else has it" :
						"no memory is there");
		place->ranges[place->nr_ranges++] = ranges[i];
		left -= ranges[i].length;
	}
	return left ? had_only(config->memory - left, config, ENOMEM, err) : 0;
}

static int check_size(const struct twinos_config *config, uint64_t need,
		      struct twinos_error *err)
{
	if (!config->memory || config->memory % TWINOS_RANGE_ALIGN)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"a twin's memory must be a multiple of 2 MiB, not %" PRIu64
			" bytes",
			config->memory);
	if (config->mem_min > mem_max(config) ||
	    mem_max(config) - config->mem_min < config->memory - 1)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "between --mem-min 0x%" PRIx64
				   " and --mem-max 0x%" PRIx64
				   " there is no room for %" PRIu64 " MiB",
				   config->mem_min, mem_max(config),
				   config->memory / MIB);
	if (need > config->memory)
		return twinos_fail(err, TWINOS_ERROR_MEMORY, ENOMEM,
				   "kernel and initrd alone need %" PRIu64
				   " MiB, and --memory gives the twin %" PRIu64
				   " MiB",
				   need / MIB, config->memory / MIB);
	return 0;
}

int twinos_place_take(struct twinos_place *place, int owner,
		      const struct twinos_config *config,
		      const struct twinos_layout *layout, uint64_t align,
		      struct twinos_error *err)
{
	uint64_t need, start;
	int ret;

	if (__builtin_add_overflow(layout->end, align - TWINOS_RANGE_ALIGN,
				   &need) ||
	    need > UINT64_MAX - TWINOS_RANGE_ALIGN)
		return twinos_fail(err, TWINOS_ERROR_IMAGE, EOVERFLOW,
				   "the kernel asks for an absurd alignment");
	need = range_align(need);
	ret = check_size(config, need, err);
	if (ret)
		return ret;

	place->nr_ranges = 0;
	ret = take_low(place, owner, err);
	if (ret)
		return ret;
	ret = config->reserved ?
		      take_reserved(place, owner, config, need, err) :
		      take_contig(place, owner, config, need, err);
	if (ret)
		return ret;

	start = place->ranges[1].start;
	place->base = (start + align - 1) & -align;
	return 0;
}
