/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_CPU_H
#define TWINOS_HOST_CPU_H

#include <linux/types.h>
#include <linux/twinos.h>

/**
 * struct lent_cpu - a CPU of a twin
 * @cpu: the host's logical number
 * @apic_id: its local APIC id
 */
struct lent_cpu {
	u32 cpu;
	u32 apic_id;
};

int cpus_init(void);
void cpus_exit(void);

/* cpu_get() - fill @arg for arg->cpu; -ENODEV: there is none */
int cpu_get(struct twinos_cpu *arg);

/*
 * cpus_take() - offline @nr CPUs for good until cpus_give_back()
 * @cpus: in: the numbers; out: the APIC ids as well
 *
 * Checks all before it takes the first; on failure all are back. Sleeps for
 * long; see struct twinos_start for the errors.
 */
int cpus_take(struct lent_cpu *cpus, unsigned int nr);

/*
 * cpus_give_back() - bring them online again; their cores must be stopped.
 * One that the host can't bring up again stays offline, as the log says, and
 * can be brought up by hand.
 */
void cpus_give_back(struct lent_cpu *cpus, unsigned int nr);

/*
 * cpu_share() - let a twin take turns on @cpu, which is online and keeps being so
 * cpu_unshare() - one twin less does
 *
 * Several twins can share a CPU. -ENODEV, -EHOSTDOWN, -EBUSY: it is lent.
 */
int cpu_share(unsigned int cpu);
void cpu_unshare(unsigned int cpu);

/* cpu_can_init() - INIT does not send this CPU to the firmware */
bool cpu_can_init(unsigned int cpu);

/* cpus_in_use() - some CPU is lent or shared */
bool cpus_in_use(void);

#endif
