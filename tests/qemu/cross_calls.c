// SPDX-License-Identifier: GPL-2.0-only
/*
 * cross_calls N - make the kernel call a function on all other online CPUs, N
 * times: membarrier(2) interrupts every CPU that runs a thread of the caller,
 * so one spins on each.
 */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int ready;

static void *spin(void *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((long)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	for (;;)
		;
	return NULL;
}

int main(int argc, char **argv)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), calls;
	pthread_t thread;
	long cpu;

	if (argc != 2 ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
		    0, 0)) {
		perror("cross_calls");
		return 1;
	}
	/* Online CPUs are 0 to cpus - 1 where this runs; we stay on 0. */
	for (cpu = 1; cpu < cpus; cpu++)
		if (pthread_create(&thread, NULL, spin, (void *)cpu))
			return 1;
	while (ready < cpus - 1)
		usleep(1000);
	for (calls = atoi(argv[1]); calls > 0; calls--)
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0,
			    0))
			return 1;
	return 0;
}
