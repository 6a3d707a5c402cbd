// SPDX-License-Identifier: GPL-2.0-only
#include <linux/twinos.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/param.h>

#include "meminfo.h"

#define MOST (512ULL << 20)
#define LEAST (128ULL << 20)
#define PART 4

uint64_t meminfo_share(uint64_t available)
{
	uint64_t share = MIN(available / PART, MOST);

	share -= share % TWINOS_RANGE_ALIGN;
	return MAX(share, LEAST);
}

uint64_t meminfo_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib;
	char line[128];
	bool found = false;

	if (!file)
		return UINT64_MAX;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "MemAvailable: %llu kB", &kib) == 1;
	fclose(file);
	return found ? kib << 10 : UINT64_MAX;
}
