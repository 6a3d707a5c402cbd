/* SPDX-License-Identifier: GPL-2.0-only */
/* How busy twins are: what has changed from sample to sample, by the time between. */
#ifndef TWINCTL_RATES_H
#define TWINCTL_RATES_H

#include "sample.h"

/* What is below 0 is not known, or is of no such twin. */
#define RATES_NONE (-1.0)

/* struct rates_cpu - @busy: the part of its time, 0 to 1, without what was stolen */
struct rates_cpu {
	unsigned int cpu;
	double busy;
};

/**
 * struct rates_twin - a second, where nothing else is said
 * @status: until the next rates_take()
 * @cpus: each of its CPUs that tells what it does
 * @busy: the mean of these
 * @share: the part of its CPU that a twin in shared mode had
 * @turns: of a twin in shared mode
 * @host_interrupts: of the host's in these
 * @interrupts: that its CPUs took
 * @kicks, @calls: notifications that came from the twin and went to it
 * @net_in, @net_out: bytes of all its network cards that are counted
 * @disk_in, @disk_out: as above, of its disks
 * @nr_devices: -1: not known
 */
struct rates_twin {
	const struct twinos_status *status;
	struct rates_cpu *cpus;
	size_t nr_cpus;
	double busy;
	double share, turns, host_interrupts;
	double interrupts;
	double kicks, calls;
	double net_in, net_out, disk_in, disk_out;
	int nr_devices;
};

/* struct rates - @seconds: between the last two samples; 0: there was one only */
struct rates {
	double seconds;
	struct rates_twin *twins;
	size_t nr;
	struct rates_state *state;
};

/* rates_new() - of no sample yet; NULL: no memory */
struct rates *rates_new(void);
void rates_free(struct rates *rates);

/*
 * rates_take() - what @sample says now, which is taken and left all 0; 0 or -ENOMEM
 */
int rates_take(struct rates *rates, struct sample *sample);

#endif
