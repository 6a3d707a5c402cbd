/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef JOB_H
#define JOB_H

/*
 * What the loads of the tests have in common: they work until SIGTERM or until
 * their time is up, tell on the way that they are alive, and exit with 0 only
 * if all was right.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile sig_atomic_t job_stopped;

static void job_stop(int signal_number)
{
	(void)signal_number;
	job_stopped = 1;
}

static inline int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int64_t job_end;

/* job_begin - for @seconds, or with 0 until SIGTERM */
static inline void job_begin(unsigned long seconds)
{
	signal(SIGTERM, job_stop);
	signal(SIGINT, job_stop);
	job_end = seconds ? clock_ns(CLOCK_MONOTONIC) + seconds * 1000000000LL :
			    INT64_MAX;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline int job_goes_on(void)
{
	return !job_stopped && clock_ns(CLOCK_MONOTONIC) < job_end;
}

static inline unsigned long job_number(int argc, char **argv, int i,
				       unsigned long otherwise)
{
	return argc > i ? strtoul(argv[i], NULL, 0) : otherwise;
}

#endif
