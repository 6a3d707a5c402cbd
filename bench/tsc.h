/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_TSC_H
#define BENCH_TSC_H

#include <stdint.h>
#include <x86intrin.h>

/*
 * The one clock that the host, a twin and a kernel started by kexec share: nobody
 * sets it. Earlier instructions are over when it is read.
 */
static inline uint64_t tsc(void)
{
	_mm_lfence();
	return __rdtsc();
}

#endif
