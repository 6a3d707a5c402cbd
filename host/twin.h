/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_HOST_TWIN_H
#define TWINOS_HOST_TWIN_H

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cpu.h"
#include "doorbell.h"
#include "memory.h"
#include "vcpu.h"

#define TWIN_CHANGES 16

/**
 * struct twin_change - for people: what became of a twin, and when
 * @time: CLOCK_REALTIME
 */
struct twin_change {
	ktime_t time;
	u32 state;
	u32 reason;
};

/**
 * struct twin - one coexisting kernel
 * @refs: one for each fd; the owner's fd gives all resources back at its end,
 *	the last reference only frees this struct
 * @node: in the list of all twins, guarded by its lock
 * @lock: serialises orders; guards @cpus and @nr_cpus
 * @wait: poll(); its lock guards @state, @reason, @generation and @changes
 * @changes: the last ones, that of generation N at N % TWIN_CHANGES
 * @started: ktime_get() at the jump, 0 before
 * @starts: how often it was started
 * @handover: where its handover area is, 0: it has none
 * @owner: the process that made it, in the initial pid namespace
 * @teardown: twin_give_back() on a worker
 * @shared: it was started in shared mode, on @cpus[0] and by @vcpu
 */
struct twin {
	char name[TWINOS_NAME_SIZE];
	struct kref refs;
	struct list_head node;
	struct mutex lock;
	wait_queue_head_t wait;
	u32 state;
	u32 reason;
	u32 generation;
	struct twin_change changes[TWIN_CHANGES];
	ktime_t started;
	u64 starts;
	u64 handover;
	pid_t owner;
	struct device *dev;
	struct work_struct teardown;
	struct lent_cpu cpus[TWINOS_MAX_CPUS];
	unsigned int nr_cpus;
	struct memory memory;
	bool shared;
	struct vcpu vcpu;
	struct doorbell doorbell;
};

/*
 * twin_create() - a twin without memory and CPUs; -EEXIST, -ENOMEM
 * twin_find() - by name, with a reference, or NULL
 * twin_get() - one more reference
 * twin_put() - drop a reference
 */
struct twin *twin_create(const char *name);
struct twin *twin_find(const char *name);
void twin_get(struct twin *twin);
void twin_put(struct twin *twin);

/*
 * twin_add_memory(), twin_start(), twin_stop(), twin_tell(), twin_clear(),
 * twin_bind() - see <linux/twinos.h>
 */
int twin_add_memory(struct twin *twin, struct twinos_memory *arg);
int twin_start(struct twin *twin, const struct twinos_start *arg,
	       const u32 *cpus);
int twin_stop(struct twin *twin, u32 reason);
int twin_tell(struct twin *twin, u32 state);
int twin_clear(struct twin *twin);
int twin_bind(struct twin *twin, const struct twinos_bind *arg,
	      int (*bind)(struct doorbell *doorbell,
			  const struct twinos_bind *arg));

/* twins_stop() - stop every twin; the machine is about to go down */
void twins_stop(void);

/* twin_get_state() - a consistent copy */
void twin_get_state(struct twin *twin, struct twinos_state *state);

/* twin_get_changes() - the last ones, the oldest first; returns how many */
unsigned int twin_get_changes(struct twin *twin,
			      struct twin_change changes[TWIN_CHANGES]);

/* twin_close() - the owner's fd is closed: stop it, give everything back */
void twin_close(struct twin *twin);

#endif
