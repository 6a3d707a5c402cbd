/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that can be told of all twins at one time: by sysfs, by their memory as far as
 * the caller may read it, and by the processes that hold them as far as they answer.
 */
#ifndef TWINCTL_SAMPLE_H
#define TWINCTL_SAMPLE_H

#include "libtwinos.h"

/**
 * struct sample_device - of a twin
 * @name: as 'twinctl device list' has it
 * @kind: as above
 * @counted: @traffic is known
 */
struct sample_device {
	char name[32];
	char kind[16];
	bool counted;
	struct twinos_traffic traffic;
};

/**
 * struct sample_twin
 * @status: its arrays are the sample's
 * @cpus: what its CPUs have done, @nr_cpus of those that tell it
 * @devices_known: there are @nr_devices; otherwise nobody tells
 */
struct sample_twin {
	struct twinos_status status;
	struct twinos_cpu_times *cpus;
	size_t nr_cpus;
	bool devices_known;
	struct sample_device devices[TWINOS_DEVICES_MAX];
	size_t nr_devices;
};

/* struct sample - @at_ms is of watch_now() */
struct sample {
	int64_t at_ms;
	struct sample_twin *twins;
	size_t nr;
	struct twinos_status *list;
};

/* sample_take() - 0 or -errno; what can't be had of a twin is missing */
int sample_take(struct sample *sample, struct twinos_error *err);

/* sample_free() - also of one that is all 0, and is then */
void sample_free(struct sample *sample);

/* sample_find() - the twin @name, NULL: it was not there */
const struct sample_twin *sample_find(const struct sample *sample,
				      const char *name);

#endif
