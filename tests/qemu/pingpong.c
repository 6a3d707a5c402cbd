// SPDX-License-Identifier: GPL-2.0-only
/*
 * pingpong [SECONDS] - two processes on one CPU hand a byte back and forth by pipes
 *
 * Prints "pingpong n=N", how many times it came back: two switches of the
 * scheduler each.
 */
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"

static void answer(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	int there[2], back[2];
	unsigned long n = 0;
	cpu_set_t set;
	char byte = 0;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || pipe(there) ||
	    pipe(back))
		return 2;
	if (!fork()) {
		close(there[1]);
		answer(there[0], back[1]);
	}
	close(there[0]);
	job_begin(job_number(argc, argv, 1, 0));
	for (; job_goes_on(); n++)
		if (write(there[1], &byte, 1) != 1 ||
		    read(back[0], &byte, 1) != 1)
			return 2;
	close(there[1]);
	wait(NULL);
	printf("pingpong n=%lu\n", n);
	return 0;
}
