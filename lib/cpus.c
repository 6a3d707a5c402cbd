// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>

#include "cpus.h"
#include "device.h"
#include "error.h"

static int fail(unsigned int cpu, int code, const char *why,
		struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_CPU, code, "CPU %u %s", cpu, why);
}

static int check(int device, unsigned int cpu, bool shared,
		 struct twinos_lent_cpu *lent, struct twinos_error *err)
{
	struct twinos_cpu info;
	int ret;

	ret = twinos_device_cpu(device, cpu, &info);
	if (ret)
		return fail(cpu, -ret,
			    "does not exist: see 'lscpu -e' for those that do",
			    err);
	if (info.flags & TWINOS_CPU_LENT)
		return fail(cpu, EBUSY,
			    "is lent to another twin: see 'twinctl list'", err);
	if (!shared && info.flags & TWINOS_CPU_SHARED)
		return fail(cpu, EBUSY,
			    "is shared with another twin: see 'twinctl list'",
			    err);
	if (!shared && info.flags & TWINOS_CPU_BOOT)
		return fail(cpu, EPERM, "is the boot CPU, which can't be lent",
			    err);
	if (!(info.flags & TWINOS_CPU_ONLINE))
		return fail(cpu, EHOSTDOWN, "is offline: bring it online first",
			    err);
	lent->cpu = cpu;
	lent->apic_id = info.apic_id;
	return 0;
}

static int choose_listed(int device, const unsigned int *cpus, size_t nr,
			 struct twinos_lent_cpu *lent, struct twinos_error *err)
{
	size_t i, j;
	int ret;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < i; j++)
			if (cpus[j] == cpus[i])
				return twinos_fail(err, TWINOS_ERROR_USAGE,
						   EINVAL,
						   "CPU %u is given twice",
						   cpus[i]);
		ret = check(device, cpus[i], false, &lent[i], err);
		if (ret)
			return ret;
	}
	return 0;
}

static int choose_any(int device, unsigned int nr_possible, size_t nr,
		      struct twinos_lent_cpu *lent, struct twinos_error *err)
{
	size_t found = 0;

	while (nr_possible-- && found < nr)
		if (!check(device, nr_possible, false, &lent[found], NULL))
			found++;
	if (found == nr)
		return 0;
	return twinos_fail(err, TWINOS_ERROR_CPU, EPERM,
			   "%zu CPUs are wanted and only %zu can be lent", nr,
			   found);
}

int twinos_cpus_choose(int device, unsigned int nr_possible,
		       const unsigned int *cpus, size_t nr,
		       struct twinos_lent_cpu *lent, struct twinos_error *err)
{
	if (!nr || nr > TWINOS_MAX_CPUS)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "a twin has 1 to %d CPUs", TWINOS_MAX_CPUS);
	if (cpus)
		return choose_listed(device, cpus, nr, lent, err);
	return choose_any(device, nr_possible, nr, lent, err);
}

int twinos_cpus_share(int device, unsigned int cpu,
		      struct twinos_lent_cpu *lent, struct twinos_error *err)
{
	return check(device, cpu, true, lent, err);
}
