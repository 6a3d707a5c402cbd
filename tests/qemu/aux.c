// SPDX-License-Identifier: GPL-2.0-only
/*
 * aux CPU [SECONDS] - what RDTSCP tells of the CPU stays what Linux puts there
 *
 * Bound to CPU it prints "aux n=N bad=N". IA32_TSC_AUX holds the number of the CPU
 * in its low 12 bits (arch/x86/include/asm/segment.h: vdso_encode_cpunode()).
 */
#include <sched.h>
#include <x86intrin.h>

#include "job.h"

int main(int argc, char **argv)
{
	unsigned long cpu = job_number(argc, argv, 1, 0);
	unsigned long n = 0, bad = 0;
	unsigned int aux;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return 2;
	job_begin(job_number(argc, argv, 2, 0));
	while (job_goes_on()) {
		__rdtscp(&aux);
		n++;
		bad += (aux & 0xfff) != cpu;
		sched_yield();
	}
	printf("aux n=%lu bad=%lu\n", n, bad);
	return bad || !n;
}
