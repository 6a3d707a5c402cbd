// SPDX-License-Identifier: GPL-2.0-only
/* A twin's life: created, started, stopped, gone. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "start.h"
#include "sysfs.h"
#include "twin.h"

static DEFINE_MUTEX(twins_lock); /* guards twins */
static LIST_HEAD(twins);

static struct twin *find_locked(const char *name)
{
	struct twin *twin;

	list_for_each_entry(twin, &twins, node)
		if (!strcmp(twin->name, name))
			return twin;
	return NULL;
}

struct twin *twin_find(const char *name)
{
	struct twin *twin;

	mutex_lock(&twins_lock);
	twin = find_locked(name);
	if (twin)
		kref_get(&twin->refs);
	mutex_unlock(&twins_lock);
	return twin;
}

static void twin_free(struct kref *refs)
{
	kvfree(container_of(refs, struct twin, refs));
}

void twin_get(struct twin *twin)
{
	kref_get(&twin->refs);
}

void twin_put(struct twin *twin)
{
	kref_put(&twin->refs, twin_free);
}

static void record_change(struct twin *twin)
{
	twin->changes[twin->generation % TWIN_CHANGES] = (struct twin_change){
		.time = ktime_get_real(),
		.state = twin->state,
		.reason = twin->reason,
	};
}

static void set_state(struct twin *twin, u32 state, u32 reason)
{
	spin_lock(&twin->wait.lock);
	twin->state = state;
	twin->reason = reason;
	twin->generation++;
	record_change(twin);
	wake_up_locked(&twin->wait);
	spin_unlock(&twin->wait.lock);
	sysfs_tell(twin, state, reason);
}

void twin_get_state(struct twin *twin, struct twinos_state *state)
{
	spin_lock(&twin->wait.lock);
	state->state = twin->state;
	state->reason = twin->reason;
	state->generation = twin->generation;
	spin_unlock(&twin->wait.lock);
}

unsigned int twin_get_changes(struct twin *twin,
			      struct twin_change changes[TWIN_CHANGES])
{
	unsigned int i, nr, first;

	spin_lock(&twin->wait.lock);
	nr = min_t(u32, twin->generation + 1, TWIN_CHANGES);
	first = twin->generation + 1 - nr;
	for (i = 0; i < nr; i++)
		changes[i] = twin->changes[(first + i) % TWIN_CHANGES];
	spin_unlock(&twin->wait.lock);
	return nr;
}

/* Its kernel has the CPUs, whatever it may be able to do with them. */
static bool is_on(u32 state)
{
	return state >= TWINOS_RUNNING && state <= TWINOS_HUNG;
}

static void teardown(struct work_struct *work);

static struct twin *twin_alloc(const char *name)
{
	struct twin *twin = kvzalloc(sizeof(*twin), GFP_KERNEL_ACCOUNT);

	if (!twin)
		return NULL;
	strscpy(twin->name, name, sizeof(twin->name));
	kref_init(&twin->refs);
	mutex_init(&twin->lock);
	init_waitqueue_head(&twin->wait);
	INIT_WORK(&twin->teardown, teardown);
	memory_init(&twin->memory);
	doorbell_init(&twin->doorbell, twin->name);
	twin->owner = task_tgid_nr(current);
	record_change(twin);
	return twin;
}

static int twin_publish(struct twin *twin)
{
	int ret;

	mutex_lock(&twins_lock);
	ret = -EEXIST;
	if (find_locked(twin->name))
		goto unlock;
	ret = sysfs_add(twin);
	if (ret)
		goto unlock;
	list_add(&twin->node, &twins);
unlock:
	mutex_unlock(&twins_lock);
	return ret;
}

struct twin *twin_create(const char *name)
{
	struct twin *twin = twin_alloc(name);
	int ret;

	if (!twin)
		return ERR_PTR(-ENOMEM);
	ret = twin_publish(twin);
	if (ret) {
		twin_put(twin);
		return ERR_PTR(ret);
	}
	return twin;
}

static bool may_start(struct twin *twin)
{
	return twin->state == TWINOS_CREATED || twin->state == TWINOS_LOADED;
}

static bool has_all_memory(struct twin *twin)
{
	return memory_low(&twin->memory) && twin->memory.nr > 1;
}

int twin_add_memory(struct twin *twin, struct twinos_memory *arg)
{
	int ret;

	if (mutex_lock_killable(&twin->lock))
		return -EINTR;
	ret = -EBUSY;
	if (may_start(twin))
		ret = memory_add(&twin->memory, arg);
	if (!ret && twin->state == TWINOS_CREATED && has_all_memory(twin))
		set_state(twin, TWINOS_LOADED, twin->reason);
	mutex_unlock(&twin->lock);
	return ret;
}

/* The range that the trampoline uses is no place for the twin's own things. */
static bool address_ok(struct twin *twin, u64 address)
{
	struct memory_range *range = memory_find(&twin->memory, address, 1);

	return range && range->kind != TWINOS_MEMORY_LOW;
}

/* Only a twin in dedicated mode can do without. */
static int check_handover(struct twin *twin, const struct twinos_start *arg)
{
	if (!arg->handover && !(arg->flags & TWINOS_START_SHARED))
		return 0;
	if (!PAGE_ALIGNED(arg->handover))
		return -EINVAL;
	return address_ok(twin, arg->handover) ? 0 : -EADDRNOTAVAIL;
}

static int check_start(struct twin *twin, const struct twinos_start *arg)
{
	if (!may_start(twin))
		return -EBUSY;
	if (!memory_low(&twin->memory))
		return -ENOSPC;
	if (!PAGE_ALIGNED(arg->cr3))
		return -EINVAL;
	if (!address_ok(twin, arg->entry) || !address_ok(twin, arg->rsi) ||
	    !address_ok(twin, arg->cr3))
		return -EADDRNOTAVAIL;
	return check_handover(twin, arg);
}

/*
 * Nothing may be given back while a core may still run the twin: it would
 * write into memory that has a new owner.
 */
static void twin_lose(struct twin *twin)
{
	pr_err("twin %s: its CPUs and its memory are lost until the next boot\n",
	       twin->name);
	set_state(twin, TWINOS_LOST, TWINOS_REASON_FAILED);
	kref_get(&twin->refs);
	__module_get(THIS_MODULE);
}

static struct twinos_handover *handover_of(struct twin *twin,
					   const struct twinos_start *arg)
{
	struct memory_range *range =
		memory_find(&twin->memory, arg->handover, TWINOS_HANDOVER_SIZE);

	return range->kva + (arg->handover - range->start);
}

static int start_shared(struct twin *twin, const struct twinos_start *arg)
{
	struct twinos_handover *handover = handover_of(twin, arg);
	unsigned int cpu = twin->cpus[0].cpu;
	int ret;

	ret = cpu_share(cpu);
	if (ret)
		return ret;
	doorbell_clear(handover);
	ret = vcpu_start(&twin->vcpu, cpu, twin->name,
			 memory_low(&twin->memory), handover, &twin->doorbell,
			 arg);
	if (!ret) {
		doorbell_start_shared(&twin->doorbell, handover, &twin->vcpu);
		return 0;
	}
	if (twin->vcpu.thread)
		twin_lose(twin);
	else
		cpu_unshare(cpu);
	return ret;
}

/* Its calls may be rung at cores that are halted, but not before they are its own. */
static int start_doorbell(struct twin *twin, const struct twinos_start *arg)
{
	if (!arg->handover)
		return 0;
	return doorbell_start(&twin->doorbell, handover_of(twin, arg),
			      twin->cpus, twin->nr_cpus);
}

static int start_dedicated(struct twin *twin, const struct twinos_start *arg)
{
	struct memory_range *low = memory_low(&twin->memory);
	int ret;

	ret = cpus_take(twin->cpus, twin->nr_cpus);
	if (ret)
		return ret;
	ret = cores_halt(low, twin->cpus, twin->nr_cpus);
	if (ret)
		goto lose;
	ret = start_doorbell(twin, arg);
	if (ret)
		goto give_back;
	ret = core_start(low, &twin->cpus[0], arg);
	if (ret)
		goto halt;
	return 0;

halt:
	if (cores_halt(low, twin->cpus, twin->nr_cpus))
		goto lose;
	doorbell_stop(&twin->doorbell);
give_back:
	cpus_give_back(twin->cpus, twin->nr_cpus);
	return ret;
lose:
	twin_lose(twin);
	return -EIO;
}

static int start_locked(struct twin *twin, const struct twinos_start *arg)
{
	twin->shared = arg->flags & TWINOS_START_SHARED;
	return twin->shared ? start_shared(twin, arg) :
			      start_dedicated(twin, arg);
}

static void start_failed(struct twin *twin)
{
	twin->nr_cpus = 0;
	set_state(twin, TWINOS_LOADED, TWINOS_REASON_FAILED);
}

int twin_start(struct twin *twin, const struct twinos_start *arg,
	       const u32 *cpus)
{
	unsigned int i;
	int ret;

	if (mutex_lock_killable(&twin->lock))
		return -EINTR;
	ret = check_start(twin, arg);
	if (ret)
		goto unlock;

	for (i = 0; i < arg->nr_cpus; i++)
		twin->cpus[i].cpu = cpus[i];
	twin->nr_cpus = arg->nr_cpus;
	WRITE_ONCE(twin->handover, arg->handover);
	set_state(twin, TWINOS_STARTING, TWINOS_REASON_NONE);
	ret = start_locked(twin, arg);
	if (!ret) {
		twin->started = ktime_get();
		WRITE_ONCE(twin->starts, twin->starts + 1);
		set_state(twin, TWINOS_RUNNING, TWINOS_REASON_NONE);
	} else if (twin->state != TWINOS_LOST) {
		start_failed(twin);
	}
unlock:
	mutex_unlock(&twin->lock);
	return ret;
}

static int stop_shared(struct twin *twin)
{
	int ret;

	doorbell_stop(&twin->doorbell);
	ret = vcpu_stop(&twin->vcpu);
	if (!ret)
		cpu_unshare(twin->cpus[0].cpu);
	return ret;
}

static int stop_dedicated(struct twin *twin)
{
	int ret = cores_halt(memory_low(&twin->memory), twin->cpus,
			     twin->nr_cpus);

	if (ret)
		return ret;
	doorbell_stop(&twin->doorbell);
	cpus_give_back(twin->cpus, twin->nr_cpus);
	return 0;
}

static int stop_locked(struct twin *twin, u32 reason)
{
	int ret;

	if (twin->state == TWINOS_LOST)
		return -EIO;
	if (!is_on(twin->state))
		return 0;
	set_state(twin, TWINOS_STOPPING, reason);
	ret = twin->shared ? stop_shared(twin) : stop_dedicated(twin);
	if (ret) {
		twin_lose(twin);
		return ret;
	}
	twin->nr_cpus = 0;
	set_state(twin, TWINOS_STOPPED, reason);
	return 0;
}

int twin_stop(struct twin *twin, u32 reason)
{
	int ret;

	if (mutex_lock_killable(&twin->lock))
		return -EINTR;
	ret = twin->state == TWINOS_GONE ? -ENODEV : stop_locked(twin, reason);
	mutex_unlock(&twin->lock);
	return ret;
}

static int tell_locked(struct twin *twin, u32 state)
{
	if (twin->state == TWINOS_GONE)
		return -ENODEV;
	if (twin->state == state)
		return 0;
	if (twin->state != TWINOS_RUNNING && twin->state != TWINOS_HUNG)
		return -EBUSY;
	set_state(twin, state, TWINOS_REASON_NONE);
	return 0;
}

int twin_tell(struct twin *twin, u32 state)
{
	int ret;

	if (!is_on(state))
		return -EINVAL;
	if (mutex_lock_killable(&twin->lock))
		return -EINTR;
	ret = tell_locked(twin, state);
	mutex_unlock(&twin->lock);
	return ret;
}

int twin_clear(struct twin *twin)
{
	int ret;

	if (mutex_lock_killable(&twin->lock))
		return -EINTR;
	ret = -EBUSY;
	if (twin->state == TWINOS_STOPPED)
		ret = memory_zero(&twin->memory);
	if (!ret)
		set_state(twin, TWINOS_LOADED, TWINOS_REASON_NONE);
	mutex_unlock(&twin->lock);
	return ret;
}

int twin_bind(struct twin *twin, const struct twinos_bind *arg,
	      int (*bind)(struct doorbell *doorbell,
			  const struct twinos_bind *arg))
{
	int ret;

	if (mutex_lock_killable(&twin->lock))
		return -EINTR;
	ret = bind(&twin->doorbell, arg);
	mutex_unlock(&twin->lock);
	return ret;
}

static struct twin *find_running(void)
{
	struct twin *twin;

	mutex_lock(&twins_lock);
	list_for_each_entry(twin, &twins, node) {
		if (!is_on(READ_ONCE(twin->state)))
			continue;
		kref_get(&twin->refs);
		mutex_unlock(&twins_lock);
		return twin;
	}
	mutex_unlock(&twins_lock);
	return NULL;
}

/* One that can't be stopped is TWINOS_LOST, and so not found again. */
void twins_stop(void)
{
	struct twin *twin;
	int ret = 0;

	while (!ret && (twin = find_running())) {
		pr_notice("twin %s is stopped: the host goes down\n",
			  twin->name);
		ret = twin_stop(twin, TWINOS_REASON_REQUEST);
		twin_put(twin);
		if (ret == -EIO)
			ret = 0;
	}
}

static void twin_unpublish(struct twin *twin)
{
	mutex_lock(&twins_lock);
	list_del(&twin->node);
	sysfs_remove(twin);
	mutex_unlock(&twins_lock);
}

/*
 * Stages: the cores are stopped and back with the host, and nothing is told to or
 * by the twin; no eventfd is tied to it, even if it is lost; the memory is back, or
 * that of memory fds; nobody can find the twin any more; whoever still watches it is
 * told.
 */
static void teardown(struct work_struct *work)
{
	struct twin *twin = container_of(work, struct twin, teardown);
	u32 reason;
	int ret;

	mutex_lock(&twin->lock);
	ret = stop_locked(twin, TWINOS_REASON_CLOSED);
	doorbell_untie(&twin->doorbell);
	if (ret)
		goto unlock;
	memory_release(&twin->memory);
	twin_unpublish(twin);
	reason = twin->reason;
	set_state(twin, TWINOS_GONE, reason);
unlock:
	mutex_unlock(&twin->lock);
}

/* On a worker: see cpus_give_back(). */
void twin_close(struct twin *twin)
{
	queue_work(system_unbound_wq, &twin->teardown);
	flush_work(&twin->teardown);
	twin_put(twin);
}
