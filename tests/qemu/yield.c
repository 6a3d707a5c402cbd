// SPDX-License-Identifier: GPL-2.0-only
/*
 * yield [SECONDS] - sleep as briefly as can be, again and again
 *
 * In a twin on a shared CPU each sleep is a turn of the host's. Prints
 * "yield n=N" at the end.
 */
#include <sys/prctl.h>

#include "job.h"

int main(int argc, char **argv)
{
	struct timespec briefly = { 0, 1 };
	unsigned long n = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	job_begin(job_number(argc, argv, 1, 0));
	for (; job_goes_on(); n++)
		nanosleep(&briefly, NULL);
	printf("yield n=%lu\n", n);
	return 0;
}
