// SPDX-License-Identifier: GPL-2.0-only
/*
 * yield [SECONDS] - in a twin on a shared CPU: give it to the host, again and again
 *
 * Prints "yield n=N" at the end, how many turns it has given away.
 */
#include <fcntl.h>
#include <unistd.h>

#include "job.h"

#define YIELD "/sys/bus/platform/devices/TWIN0001:00/yield"

int main(int argc, char **argv)
{
	int fd = open(YIELD, O_WRONLY | O_CLOEXEC);
	unsigned long n = 0;

	if (fd < 0) {
		perror(YIELD);
		return 2;
	}
	job_begin(job_number(argc, argv, 1, 0));
	for (; job_goes_on(); n++)
		if (pwrite(fd, "1", 1, 0) != 1)
			return 2;
	printf("yield n=%lu\n", n);
	return 0;
}
