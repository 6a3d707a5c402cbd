// SPDX-License-Identifier: GPL-2.0-only
/*
 * burn [SECONDS] - do nothing but work, and tell how much was done
 *
 * Prints "burn units=N cpu_ms=N wall_ms=N". A unit is always the same work, so
 * that two runs can be compared whatever either kernel believes of the time.
 */
#include "job.h"

#define STEPS 100000

static uint64_t work(uint64_t x)
{
	for (int i = 0; i < STEPS; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

int main(int argc, char **argv)
{
	int64_t began = clock_ns(CLOCK_MONOTONIC);
	volatile uint64_t result = 1;
	unsigned long long units = 0;

	job_begin(job_number(argc, argv, 1, 0));
	for (; job_goes_on(); units++)
		result = work(result);
	printf("burn units=%llu cpu_ms=%lld wall_ms=%lld\n", units,
	       (long long)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000000,
	       (long long)(clock_ns(CLOCK_MONOTONIC) - began) / 1000000);
	return 0;
}
