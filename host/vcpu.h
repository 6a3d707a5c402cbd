/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual CPU of a twin in shared mode: a thread of the host's. */
#ifndef TWINOS_HOST_VCPU_H
#define TWINOS_HOST_VCPU_H

#include <linux/completion.h>
#include <linux/sched.h>

#include "memory.h"
#include "recall.h"
#include "reraise.h"
#include "world.h"

struct doorbell;

/**
 * struct vcpu - a thread that is the twin while it runs
 * @thread: NULL: there is none
 * @cpu: the CPU that it is bound to
 * @low: the twin's low range, with the trampoline page
 * @start: what TWINOS_START was given; valid until @first
 * @shared: the handover area's part
 * @doorbell: kicks are looked for after each turn
 * @first: the first turn is over, with @result
 * @over: the twin has left for good
 * @inside: the twin has its turn
 * @slice_us: the longest turn
 * @switches: turns so far
 * @run_ns: CPU time so far
 * @switch_ns: of @run_ns, what the switches took
 * @steal_ns: time so far that the twin says it has waited for the CPU
 * @pid: of @thread, in the initial pid namespace; 0: there is none
 */
struct vcpu {
	struct task_struct *thread;
	unsigned int cpu;
	const struct memory_range *low;
	const struct twinos_start *start;
	struct twinos_shared *shared;
	struct doorbell *doorbell;
	struct world world;
	struct completion first;
	int result;
	bool over;
	bool inside;
	u32 slice_us;
	u64 switches;
	u64 run_ns;
	u64 switch_ns;
	u64 steal_ns;
	pid_t pid;
	struct reraise reraise;
	struct recall recall;
};

/**
 * vcpu_start() - create the thread and wait for the twin's first turn to end
 * @name: of the twin
 * @handover: kernel address of the handover area
 *
 * The CPU is online and stays so. Returns 0 or what TWINOS_START says; then
 * there is no thread.
 */
int vcpu_start(struct vcpu *vcpu, unsigned int cpu, const char *name,
	       const struct memory_range *low, void *handover,
	       struct doorbell *doorbell, const struct twinos_start *start);

/* vcpu_wake() - the twin is called; between vcpu_start() and vcpu_stop() */
void vcpu_wake(struct vcpu *vcpu);

/* vcpu_stop() - end the thread; the twin never runs again. -EIO: it can't */
int vcpu_stop(struct vcpu *vcpu);

#endif
