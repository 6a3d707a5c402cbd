// SPDX-License-Identifier: GPL-2.0-only
/*
 * gaps [SECONDS [PERIOD_US [LIMIT_MS]]] - how evenly a timer fires
 *
 * Sleeps from one absolute time to the next and prints "gaps n=N median_us=N
 * worst_us=N early=N": the time between two wake-ups, and how many wake-ups came
 * before their time, which never may. A gap above LIMIT_MS is an error, too.
 */
#include <errno.h>

#include "job.h"

#define MOST (1 << 20) /* gaps that are kept for the median */

static int64_t gaps[MOST];

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void sleep_until(int64_t ns)
{
	struct timespec then = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) ==
		       EINTR &&
	       !job_stopped)
		;
}

int main(int argc, char **argv)
{
	int64_t period = job_number(argc, argv, 2, 1000) * 1000LL;
	int64_t limit = job_number(argc, argv, 3, 0) * 1000000LL;
	int64_t last = clock_ns(CLOCK_MONOTONIC), next = last, now;
	size_t n = 0, early = 0;
	int64_t worst = 0;

	job_begin(job_number(argc, argv, 1, 0));
	while (job_goes_on()) {
		/* What was slept through is not made up for. */
		while (next <= last)
			next += period;
		sleep_until(next);
		now = clock_ns(CLOCK_MONOTONIC);
		early += now < next && !job_stopped;
		gaps[n++ % MOST] = now - last;
		worst = now - last > worst ? now - last : worst;
		last = now;
	}
	if (!n)
		return 2;
	qsort(gaps, n < MOST ? n : MOST, sizeof(*gaps), by_size);
	printf("gaps n=%zu median_us=%lld worst_us=%lld early=%zu\n", n,
	       (long long)gaps[(n < MOST ? n : MOST) / 2] / 1000,
	       (long long)worst / 1000, early);
	return early || (limit && worst > limit);
}
