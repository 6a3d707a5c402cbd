// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Checks of the memory that twins could get. What can be read is an estimate:
 * whether pages that are in use can be moved away shows when it is tried.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/twinos.h>

#include "boot_ranges.h"
#include "doctor.h"
#include "iomem.h"

#define MIB ((uint64_t)1 << 20)
#define BOOT_RANGES_MAX 16

/* A twin's kernel, its initrd and some pages to run in. */
#define TWIN_LEAST (64 * MIB)
/* What twinctl gives a twin unless told otherwise. */
#define TWIN_USUAL (512 * MIB)

/* As host/contig.c: what the host keeps available. */
#define HOST_SHARE 16
#define HOST_ENOUGH (256 * MIB)

/* As host/lowmem.c: where a low range may be. */
#define LOW_FIRST 0x10000
#define LOW_END 0xa0000

#define ORDERS_MAX 16

/* ---- set aside at boot --------------------------------------------------- */

static size_t boot_ranges(const struct twinos_doctor *doctor,
			  struct twinos_range *ranges)
{
	return twinos_boot_ranges_parse(doctor->cmdline, ranges,
					BOOT_RANGES_MAX);
}

static void describe(char *text, size_t size, const struct twinos_range *ranges,
		     size_t nr)
{
	size_t i, used = 0;

	*text = '\0';
	for (i = 0; i < nr && used < size; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s%" PRIu64 "M at 0x%" PRIx64,
					 i ? ", " : "", ranges[i].length / MIB,
					 ranges[i].start);
}

static bool all_are(const struct twinos_iomem *map, const char *name,
		    const struct twinos_range *ranges, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!twinos_iomem_covers(map, name, ranges[i].start,
					 ranges[i].start + ranges[i].length))
			return false;
	return true;
}

static void say_reserved(struct twinos_doctor *doctor, const char *text,
			 const struct twinos_range *ranges, size_t nr)
{
	struct twinos_iomem firmware;
	int ret = twinos_iomem_load_firmware(&firmware, &doctor->fs);

	if (!ret && !all_are(&firmware, "System RAM", ranges, nr))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"choose addresses that the firmware calls System RAM (dmesg | grep e820)",
			"%s: the firmware does not call all of it RAM", text);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "", "%s, for --reserved%s",
			text, ret ? "; whether RAM is there is not known" : "");
	twinos_iomem_free(&firmware);
}

static void reserved(struct twinos_doctor *doctor)
{
	struct twinos_range ranges[BOOT_RANGES_MAX];
	size_t nr = boot_ranges(doctor, ranges);
	struct twinos_iomem map;
	char text[160];
	int ret;

	if (!*doctor->cmdline)
		return twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN,
					 "mount /proc",
					 "can't read /proc/cmdline");
	if (!nr)
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "",
			"no memmap=SIZE$ADDR: twins take memory from the running host");
	describe(text, sizeof(text), ranges, nr);
	ret = twinos_iomem_load(&map, &doctor->fs);
	if (ret)
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN, "run it as root",
			"%s on the command line; /proc/iomem does not tell whether it is reserved",
			text);
	if (all_are(&map, "Reserved", ranges, nr))
		say_reserved(doctor, text, ranges, nr);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"compare the command line with /proc/iomem",
			"%s: not all of it is Reserved in /proc/iomem, and the module would refuse it",
			text);
	twinos_iomem_free(&map);
}

static bool has_reserved(const struct twinos_doctor *doctor)
{
	struct twinos_range ranges[BOOT_RANGES_MAX];
	size_t nr = boot_ranges(doctor, ranges), i;

	for (i = 0; i < nr; i++)
		if (ranges[i].length >= TWIN_LEAST)
			return true;
	return false;
}

/* ---- taken from the running host ----------------------------------------- */

/**
 * struct estimate - in bytes
 * @most: hardly more can be had; what is reclaimed meanwhile may add a little
 * @free: of free pages that lie together by 2 MiB and more
 * @source: what @most is from
 */
struct estimate {
	uint64_t most, free;
	const char *source;
};

/* "MemAvailable:   1234 kB" */
static bool meminfo(const char *text, const char *name, uint64_t *bytes)
{
	const char *at = strstr(text, name);

	if (!at || sscanf(at + strlen(name), ": %" SCNu64, bytes) != 1 ||
	    *bytes > UINT64_MAX / 1024)
		return false;
	*bytes *= 1024;
	return true;
}

/* Free pages that CPUs keep at hand: MemAvailable leaves them out. */
static uint64_t at_hand(const struct twinos_doctor *doctor)
{
	char *text = twinos_hostfs_read(&doctor->fs, "/proc/zoneinfo");
	char *line, *rest = text;
	uint64_t pages = 0;
	unsigned int count;

	while (rest && (line = strsep(&rest, "\n")))
		if (sscanf(line, " count: %u", &count) == 1)
			pages += count;
	free(text);
	return pages * TWINOS_PAGE_SIZE;
}

/* alloc_contig_range() does not take what is set aside for CMA. */
static bool can_spare(const struct twinos_doctor *doctor, uint64_t *bytes)
{
	char *text = twinos_hostfs_read(&doctor->fs, "/proc/meminfo");
	uint64_t total, keep, cma = 0;
	bool found = text && meminfo(text, "MemTotal", &total) &&
		     meminfo(text, "MemAvailable", bytes);

	if (found) {
		meminfo(text, "CmaFree", &cma);
		keep = total / HOST_SHARE;
		if (keep > HOST_ENOUGH)
			keep = HOST_ENOUGH;
		keep += cma;
		*bytes += at_hand(doctor);
		*bytes = *bytes > keep ? *bytes - keep : 0;
	}
	free(text);
	return found;
}

/* "Node 0, zone   Normal   5993   2501 ...": free blocks of each order */
static uint64_t free_blocks(const char *line)
{
	const char *at = strstr(line, "zone");
	uint64_t bytes = 0, count;
	unsigned int order;
	int used;

	if (!at || sscanf(at, "zone %*s%n", &used) < 0)
		return 0;
	at += used;
	for (order = 0; order < ORDERS_MAX; order++) {
		if (sscanf(at, "%" SCNu64 "%n", &count, &used) != 1)
			break;
		at += used;
		if ((uint64_t)TWINOS_PAGE_SIZE << order >= TWINOS_RANGE_ALIGN &&
		    count < 1ULL << 32)
			bytes += count * TWINOS_PAGE_SIZE << order;
	}
	return bytes;
}

static uint64_t free_together(const struct twinos_doctor *doctor)
{
	char *text = twinos_hostfs_read(&doctor->fs, "/proc/buddyinfo");
	char *line, *rest = text;
	uint64_t bytes = 0;

	while (rest && (line = strsep(&rest, "\n")))
		bytes += free_blocks(line);
	free(text);
	return bytes;
}

/* "Node 0, zone   Normal   98   2963   139": blocks of each type, here Movable */
static uint64_t movable_blocks(char *text, uint64_t pages)
{
	uint64_t blocks, sum = 0;
	char *line, *at;

	while ((line = strsep(&text, "\n"))) {
		at = strstr(line, "zone");
		if (at && sscanf(at, "zone %*s %*u %" SCNu64, &blocks) == 1 &&
		    blocks < 1ULL << 32)
			sum += blocks * pages * TWINOS_PAGE_SIZE;
	}
	return sum;
}

/* Root may see what the pages that are in use are for. */
static bool movable(const struct twinos_doctor *doctor, uint64_t *bytes)
{
	char *text = twinos_hostfs_read(&doctor->fs, "/proc/pagetypeinfo");
	char *pages_at = text ? strstr(text, "Pages per block:") : NULL;
	char *at = text ? strstr(text, "Number of blocks type") : NULL;
	uint64_t pages = 0;
	bool found;

	found = pages_at && at && strstr(at, " Unmovable      Movable") &&
		sscanf(pages_at, "Pages per block: %" SCNu64, &pages) == 1 &&
		pages && pages < 1 << 20;
	if (found)
		*bytes = movable_blocks(at, pages);
	free(text);
	return found;
}

static bool make_estimate(const struct twinos_doctor *doctor,
			  struct estimate *estimate)
{
	uint64_t bytes;

	if (!can_spare(doctor, &estimate->most))
		return false;
	estimate->source = "meminfo";
	if (movable(doctor, &bytes) && bytes < estimate->most) {
		estimate->most = bytes;
		estimate->source = "pagetypeinfo";
	}
	estimate->free = free_together(doctor);
	if (estimate->free > estimate->most)
		estimate->free = estimate->most;
	return true;
}

static enum twinos_verdict enough(const struct twinos_doctor *doctor,
				  uint64_t bytes)
{
	if (bytes < TWIN_LEAST)
		return has_reserved(doctor) ? TWINOS_VERDICT_NOTE :
					      TWINOS_VERDICT_NO;
	return bytes < TWIN_USUAL ? TWINOS_VERDICT_NOTE : TWINOS_VERDICT_OK;
}

static const char *more_memory(enum twinos_verdict verdict)
{
	return verdict == TWINOS_VERDICT_OK ?
		       "" :
		       "give a twin less with --memory, free some, or reserve it at boot (memmap=SIZE$ADDR)";
}

static void say_estimate(struct twinos_doctor *doctor)
{
	struct estimate estimate;
	enum twinos_verdict verdict;

	if (!make_estimate(doctor, &estimate))
		return twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN,
					 "mount /proc",
					 "can't read /proc/meminfo");
	verdict = enough(doctor, estimate.most);
	twinos_doctor_say(
		doctor, verdict, more_memory(verdict),
		"estimate: about %" PRIu64 "M, says /proc/%s; %" PRIu64
		"M are free in pieces of 2M and more; --try-memory tells what can be had",
		estimate.most / MIB, estimate.source, estimate.free / MIB);
}

static void say_tried(struct twinos_doctor *doctor)
{
	const struct twinos_tried *tried = &doctor->tried;
	enum twinos_verdict verdict = enough(doctor, tried->largest);

	twinos_doctor_say(doctor, verdict, more_memory(verdict),
			  "tried: %" PRIu64 "M in one piece, %" PRIu64
			  "M in all were taken and given back",
			  tried->largest / MIB, tried->total / MIB);
}

static void contiguous(struct twinos_doctor *doctor)
{
	if (!doctor->config.try_memory)
		return say_estimate(doctor);
	if (!doctor->tried_state)
		return say_tried(doctor);
	twinos_doctor_say(
		doctor, TWINOS_VERDICT_UNKNOWN,
		"load the module and run it as root, or leave out --try-memory",
		"can't be tried: %.160s",
		doctor->tried_state == -ENOSYS ? "there is no module to ask" :
						 doctor->try_error.text);
}

/* ---- below 640 KiB ------------------------------------------------------- */

static void say_low(struct twinos_doctor *doctor)
{
	struct twinos_iomem map;
	uint64_t ram;

	if (twinos_iomem_load(&map, &doctor->fs))
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN, "run it as root",
			"/proc/iomem does not tell how much RAM is below 640 KiB");
	ram = twinos_iomem_within(&map, "System RAM", LOW_FIRST, LOW_END);
	twinos_iomem_free(&map);
	if (ram < TWINOS_LOW_MIN)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"look in /proc/iomem for what takes it (memmap=, reservelow=)",
			"%" PRIu64
			"K of RAM between 64 and 640 KiB; a twin needs %uK",
			ram / 1024, TWINOS_LOW_MIN / 1024);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "",
			"%" PRIu64
			"K of RAM between 64 and 640 KiB; that %uK of them are unused, only --try-memory tells",
			ram / 1024, TWINOS_LOW_MIN / 1024);
}

static void low_memory(struct twinos_doctor *doctor)
{
	if (doctor->tried_state)
		return say_low(doctor);
	if (doctor->tried.low)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "",
			"tried: %uK below 640 KiB were taken and given back",
			TWINOS_LOW_MIN / 1024);
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_NO,
				  "stop another twin",
				  "tried: no %uK below 640 KiB are unused",
				  TWINOS_LOW_MIN / 1024);
}

const struct twinos_check twinos_doctor_memory[] = {
	{ "reserved", TWINOS_MODE_BOTH, false, reserved },
	{ "contiguous", TWINOS_MODE_BOTH, true, contiguous },
	{ "low-memory", TWINOS_MODE_BOTH, false, low_memory },
	{ 0 },
};
