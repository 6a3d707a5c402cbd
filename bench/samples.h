/* SPDX-License-Identifier: GPL-2.0-only */
/* Times of many rounds, of which quantiles are wanted. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SAMPLES_MAX 1000000

/**
 * struct samples
 * @nr: as many were added; the first SAMPLES_MAX of them are in @ns
 */
struct samples {
	size_t nr;
	uint32_t ns[SAMPLES_MAX];
};

static inline void samples_add(struct samples *samples, int64_t ns)
{
	if (samples->nr < SAMPLES_MAX)
		samples->ns[samples->nr] = ns < UINT32_MAX ? ns : UINT32_MAX;
	samples->nr++;
}

static inline int samples_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* samples_print() - "rounds=N min_ns=N median_ns=N p99_ns=N " */
static inline void samples_print(struct samples *samples)
{
	size_t nr = samples->nr < SAMPLES_MAX ? samples->nr : SAMPLES_MAX;

	qsort(samples->ns, nr, sizeof(samples->ns[0]), samples_compare);
	printf("rounds=%zu min_ns=%u median_ns=%u p99_ns=%u ", samples->nr,
	       nr ? samples->ns[0] : 0, nr ? samples->ns[nr / 2] : 0,
	       nr ? samples->ns[nr * 99 / 100] : 0);
}

#endif
