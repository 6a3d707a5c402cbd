/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_START_H
#define TWINOS_HOST_START_H

#include "cpu.h"
#include "memory.h"
#include "world.h"

/*
 * cores_halt() - INIT the cores and see that each of them has stopped
 * @low: the twin's low range, whose trampoline is overwritten
 *
 * Works on cores in any state, but not on one in VMX root operation, which
 * blocks INIT (SDM volume 3, section 24.8 "Restrictions on VMX operation").
 * Sleeps. Returns 0 or -EIO.
 */
int cores_halt(const struct memory_range *low, const struct lent_cpu *cpus,
	       unsigned int nr);

/*
 * core_start() - send the first core through the trampoline
 *
 * The cores are halted. Returns once it has jumped; -ETIMEDOUT if it did not,
 * -EINTR after a fatal signal: the caller halts the cores again.
 */
int core_start(const struct memory_range *low, const struct lent_cpu *cpu,
	       const struct twinos_start *arg);

/* core_nmi() - send an NMI */
void core_nmi(u32 apic_id);

/*
 * core_resume() - take a shared CPU from its twin by INIT, back into the host
 * @low: the twin's low range; its trampoline page is overwritten
 * @crossing: what the host's kernel left behind; its page tables for the switch
 *	lie below 4 GiB
 *
 * Not for the boot CPU, which INIT would send to the firmware. Does not sleep,
 * and does not wait for the core to come.
 */
void core_resume(const struct memory_range *low, u32 apic_id,
		 const struct crossing *crossing);

#endif
