// SPDX-License-Identifier: LGPL-2.1-or-later
/* struct twinos_times of a twin's CPUs, read while they write. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <twinos/handover.h>

#include "libtwinos.h"

/* The numbers of CPUs for which there is a heartbeat, and so somebody who writes. */
#define CPUS_MAX TWINOS_BEATS

static bool is_online(const struct twinos_handover *handover, unsigned int cpu)
{
	return handover->beating[cpu / 64] >> cpu % 64 & 1;
}

/* Both copies are the same, and of one account. */
static bool is_whole(const struct twinos_times *a, const struct twinos_times *b)
{
	return a->at && a->writes % 2 == 0 && !memcmp(a, b, sizeof(*a));
}

static void take(struct twinos_cpu_times *into, unsigned int cpu,
		 const struct twinos_times *from)
{
	*into = (struct twinos_cpu_times){
		.cpu = cpu,
		.at_ns = from->at,
		.idle_ns = from->idle,
		.user_ns = from->user,
		.system_ns = from->system,
		.irq_ns = from->irq,
		.steal_ns = from->steal,
		.interrupts = from->interrupts,
	};
}

static size_t take_all(struct twinos_cpu_times *list, size_t max,
		       const struct twinos_handover *handover,
		       const struct twinos_times *a,
		       const struct twinos_times *b, unsigned int nr)
{
	unsigned int cpu;
	size_t taken = 0;

	for (cpu = 0; cpu < nr && taken < max; cpu++)
		if (is_online(handover, cpu) && is_whole(&a[cpu], &b[cpu]))
			take(&list[taken++], cpu, &a[cpu]);
	return taken;
}

static int read_times(struct twinos_cpu_times *list, size_t max,
		      const struct twinos_handover *handover,
		      struct twinos_times *times, twinos_read_fn read,
		      void *ctx)
{
	unsigned int nr = handover->nr_times;
	size_t size;
	int ret;

	nr = nr < CPUS_MAX ? nr : CPUS_MAX;
	size = nr * sizeof(*times);
	ret = read(ctx, handover->times, times, size);
	if (!ret)
		ret = read(ctx, handover->times, times + nr, size);
	return ret ? ret :
		     (int)take_all(list, max, handover, times, times + nr, nr);
}

static bool has_times(const struct twinos_handover *handover)
{
	return handover->magic == TWINOS_HANDOVER_MAGIC &&
	       handover->revision == TWINOS_HANDOVER_REVISION &&
	       handover->times && handover->nr_times;
}

int twinos_cpu_times(struct twinos_cpu_times *list, size_t max,
		     uint64_t handover, twinos_read_fn read, void *ctx)
{
	struct {
		struct twinos_handover handover;
		struct twinos_times times[2 * CPUS_MAX];
	} * copy;
	int ret = 0;

	if (!handover)
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	ret = read(ctx, handover, &copy->handover, sizeof(copy->handover));
	if (!ret && has_times(&copy->handover))
		ret = read_times(list, max, &copy->handover, copy->times, read,
				 ctx);
	free(copy);
	return ret;
}
