/* SPDX-License-Identifier: GPL-2.0-only */
/* What a measurement costs: the time that this process and this kernel's CPUs work. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/**
 * struct usage - at one moment, or between two
 * @wall_ns: the time
 * @cpu_ns: that this process has had a CPU
 * @busy_ns: that CPUs were not idle, all together
 */
struct usage {
	int64_t wall_ns, cpu_ns, busy_ns;
};

static inline int64_t usage_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/*
 * Idle time and what others had of a shared CPU. Kernels measure that; the rest they
 * only sample at ticks.
 */
static inline int64_t usage_idle_ns(void)
{
	unsigned long long idle = 0, iowait = 0, steal = 0;
	FILE *file = fopen("/proc/stat", "r");

	if (!file)
		return 0;
	if (fscanf(file, "cpu %*u %*u %*u %llu %llu %*u %*u %llu", &idle,
		   &iowait, &steal) != 3)
		idle = 0;
	fclose(file);
	return (idle + iowait + steal) * 1000000000LL / sysconf(_SC_CLK_TCK);
}

static inline struct usage usage_now(void)
{
	struct usage usage = {
		.wall_ns = usage_clock(CLOCK_MONOTONIC),
		.cpu_ns = usage_clock(CLOCK_PROCESS_CPUTIME_ID),
	};

	usage.busy_ns =
		usage.wall_ns * sysconf(_SC_NPROCESSORS_ONLN) - usage_idle_ns();
	return usage;
}

static inline struct usage usage_since(const struct usage *before)
{
	struct usage now = usage_now();

	return (struct usage){
		.wall_ns = now.wall_ns - before->wall_ns,
		.cpu_ns = now.cpu_ns - before->cpu_ns,
		.busy_ns = now.busy_ns - before->busy_ns,
	};
}

#endif
