// SPDX-License-Identifier: LGPL-2.1-or-later
/* How much memory the host lets go of: a twin takes it and is never started. */
#include <errno.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <linux/twinos.h>

#include "device.h"
#include "doctor.h"
#include "error.h"

/* As in placement.c: smaller pieces are of no use to a twin. */
#define PIECE_MIN (4UL << 20)

static uint64_t range_align(uint64_t length)
{
	return length & -(uint64_t)TWINOS_RANGE_ALIGN;
}

/* The module refuses at once what is more than the host can spare. */
static uint64_t most(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		return 0;
	return range_align((uint64_t)info.totalram * info.mem_unit);
}

/* One of the ranges that a twin may have is the low one. */
static int take(int owner, struct twinos_tried *tried)
{
	struct twinos_range range = { .kind = TWINOS_MEMORY_CONTIG };
	unsigned int left = TWINOS_MAX_RANGES - 1;
	int ret;

	range.length = most();
	while (left && range.length >= PIECE_MIN) {
		ret = twinos_device_memory(owner, &range, 0, UINT64_MAX);
		if (ret == -ENOMEM) {
			range.length = range_align(range.length / 4 * 3);
			continue;
		}
		if (ret)
			return ret;
		if (range.length > tried->largest)
			tried->largest = range.length;
		tried->total += range.length;
		left--;
	}
	return 0;
}

static int try_with(int device, struct twinos_tried *tried,
		    struct twinos_error *err)
{
	struct twinos_range low = { .kind = TWINOS_MEMORY_LOW,
				    .length = TWINOS_LOW_MIN };
	char name[TWINOS_NAME_SIZE];
	int owner, ret;

	snprintf(name, sizeof(name), "doctor-%d", (int)getpid());
	owner = twinos_device_create(device, name, err);
	if (owner < 0)
		return owner;
	tried->low = !twinos_device_memory(owner, &low, 0, 0);
	ret = take(owner, tried);
	close(owner);
	return ret ? twinos_fail(err, TWINOS_ERROR_MEMORY, -ret,
				 "taking memory failed with error %d", -ret) :
		     0;
}

int twinos_doctor_try_memory(struct twinos_tried *tried,
			     struct twinos_error *err)
{
	int device, ret;

	*tried = (struct twinos_tried){ 0 };
	device = twinos_device_open(NULL, err);
	if (device < 0)
		return device;
	ret = try_with(device, tried, err);
	close(device);
	return ret;
}
