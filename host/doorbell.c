// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kicks come as an interrupt, in shared mode with the end of a turn, and go on to
 * eventfds. Calls come as an entry in an eventfd's wait queue, as KVM's irqfd has
 * one, and go on as an interrupt to the twin or by waking its thread. Whoever
 * touches the handover area does so under RCU, so that doorbell_stop() can take it
 * away from all of them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "compat.h"
#include "doorbell.h"
#include "vcpu.h"

/**
 * struct doorbell_call - an eventfd of which the twin is told
 * @ctx: a reference, which keeps the wait queue
 * @head: that
 * @wait: in it
 */
struct doorbell_call {
	struct doorbell *doorbell;
	unsigned int bit;
	struct eventfd_ctx *ctx;
	wait_queue_head_t *head;
	wait_queue_entry_t wait;
	poll_table table;
};

/* ---- kicks ---- */

static void tell_kick(struct doorbell *doorbell, unsigned int bit)
{
	if (doorbell->kicks[bit])
		compat_eventfd_signal(doorbell->kicks[bit]);
	else
		doorbell->untold |= BIT_ULL(bit);
}

static void take_kicks(struct doorbell *doorbell, struct twinos_handover *area)
{
	unsigned long bits, flags;
	unsigned int bit;

	spin_lock_irqsave(&doorbell->lock, flags);
	bits = bell_take(&area->kick);
	if (bits)
		doorbell->taken++;
	for_each_set_bit(bit, &bits, TWINOS_BITS)
		tell_kick(doorbell, bit);
	spin_unlock_irqrestore(&doorbell->lock, flags);
}

void doorbell_look(struct doorbell *doorbell)
{
	struct twinos_handover *area;

	rcu_read_lock();
	area = rcu_dereference(doorbell->area);
	if (area)
		take_kicks(doorbell, area);
	rcu_read_unlock();
}

static irqreturn_t rung(int irq, void *data)
{
	doorbell_look(data);
	return IRQ_HANDLED;
}

/* ---- calls ---- */

static bool is_twins_cpu(const void *data, u32 apic_id)
{
	const struct doorbell *doorbell = data;
	unsigned int i;

	for (i = 0; i < doorbell->nr_cpus; i++)
		if (doorbell->cpus[i].apic_id == apic_id)
			return true;
	return false;
}

static void ring(struct doorbell *doorbell, struct twinos_handover *area)
{
	if (doorbell->vcpu)
		vcpu_wake(doorbell->vcpu);
	else if (!bell_ring(&area->call, is_twins_cpu, doorbell))
		atomic64_inc(&doorbell->bad_targets);
}

static void call(struct doorbell *doorbell, unsigned int bit)
{
	struct twinos_handover *area;

	rcu_read_lock();
	area = rcu_dereference(doorbell->area);
	if (area && bell_set(&area->call, bit)) {
		atomic64_inc(&doorbell->called);
		ring(doorbell, area);
	}
	rcu_read_unlock();
}

bool doorbell_is_called(struct doorbell *doorbell)
{
	struct twinos_handover *area;
	bool is_called;

	rcu_read_lock();
	area = rcu_dereference(doorbell->area);
	is_called = area && READ_ONCE(area->call.bits);
	rcu_read_unlock();
	return is_called;
}

/*
 * Under the lock of the eventfd's wait queue. At EPOLLHUP there is nothing to do: as
 * nobody can write to the eventfd any more, it only waits to be untied.
 */
static int call_woken(wait_queue_entry_t *wait, unsigned int mode, int sync,
		      void *key)
{
	struct doorbell_call *this =
		container_of(wait, struct doorbell_call, wait);
	u64 count;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(this->ctx, &count);
	call(this->doorbell, this->bit);
	return 0;
}

static void call_queue(struct file *file, wait_queue_head_t *head,
		       poll_table *table)
{
	struct doorbell_call *this =
		container_of(table, struct doorbell_call, table);

	this->head = head;
	add_wait_queue(head, &this->wait);
}

/* ---- bonds ---- */

static int check_bind(const struct twinos_bind *arg)
{
	if (arg->bit >= TWINOS_BITS || arg->fd < -1 || arg->flags)
		return -EINVAL;
	return 0;
}

int doorbell_bind_kick(struct doorbell *doorbell, const struct twinos_bind *arg)
{
	struct eventfd_ctx *ctx = NULL, *old;
	int ret = check_bind(arg);

	if (ret)
		return ret;
	if (arg->fd >= 0)
		ctx = eventfd_ctx_fdget(arg->fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	spin_lock_irq(&doorbell->lock);
	old = doorbell->kicks[arg->bit];
	doorbell->kicks[arg->bit] = ctx;
	if (ctx && doorbell->untold & BIT_ULL(arg->bit)) {
		doorbell->untold &= ~BIT_ULL(arg->bit);
		tell_kick(doorbell, arg->bit);
	}
	spin_unlock_irq(&doorbell->lock);
	if (old)
		eventfd_ctx_put(old);
	return 0;
}

static void untie_call(struct doorbell *doorbell, unsigned int bit)
{
	struct doorbell_call *this = doorbell->calls[bit];
	u64 count;

	if (!this)
		return;
	doorbell->calls[bit] = NULL;
	eventfd_ctx_remove_wait_queue(this->ctx, &this->wait, &count);
	eventfd_ctx_put(this->ctx);
	kfree(this);
}

static struct doorbell_call *call_alloc(struct doorbell *doorbell,
					unsigned int bit, struct file *file)
{
	struct doorbell_call *this = kzalloc(sizeof(*this), GFP_KERNEL_ACCOUNT);

	if (!this)
		return NULL;
	this->doorbell = doorbell;
	this->bit = bit;
	this->ctx = eventfd_ctx_fileget(file);
	init_waitqueue_func_entry(&this->wait, call_woken);
	init_poll_funcptr(&this->table, call_queue);
	return this;
}

/* What stood in the eventfd before wakes nobody. */
static void call_earlier(struct doorbell_call *this)
{
	u64 count;

	spin_lock_irq(&this->head->lock);
	eventfd_ctx_do_read(this->ctx, &count);
	spin_unlock_irq(&this->head->lock);
	if (count)
		call(this->doorbell, this->bit);
}

/* @file is an eventfd, whose poll has one wait queue. */
static int tie_call(struct doorbell *doorbell, unsigned int bit,
		    struct file *file)
{
	struct doorbell_call *this = call_alloc(doorbell, bit, file);

	if (!this)
		return -ENOMEM;
	untie_call(doorbell, bit);
	doorbell->calls[bit] = this;
	vfs_poll(file, &this->table);
	call_earlier(this);
	return 0;
}

int doorbell_bind_call(struct doorbell *doorbell, const struct twinos_bind *arg)
{
	struct file *file;
	int ret = check_bind(arg);

	if (ret)
		return ret;
	if (arg->fd < 0) {
		untie_call(doorbell, arg->bit);
		return 0;
	}
	file = eventfd_fget(arg->fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = tie_call(doorbell, arg->bit, file);
	fput(file);
	return ret;
}

void doorbell_untie(struct doorbell *doorbell)
{
	struct twinos_bind none = { .fd = -1 };

	for (none.bit = 0; none.bit < TWINOS_BITS; none.bit++) {
		doorbell_bind_kick(doorbell, &none);
		doorbell_bind_call(doorbell, &none);
	}
}

/* ---- the slow look ---- */

/*
 * So often in a row: a virtual CPU that its machine has no time for stands still, and has
 * lost nothing. On one that ran beside three other machines on two real CPUs this took
 * 0.8 s once.
 */
#define STUCK_LOOKS 10

/* The same bit lies there as at the last looks, and nobody has taken any since. */
static bool is_stuck(struct doorbell_seen *seen, u64 bits, u64 taken)
{
	if (bits & seen->bits && taken == seen->taken)
		seen->looks++;
	else
		seen->looks = 0;
	seen->bits = bits;
	seen->taken = taken;
	if (seen->looks < STUCK_LOOKS)
		return false;
	seen->looks = 0;
	return true;
}

/* An interrupt was lost, or whoever was to take it stood still. */
static void tell_help(const struct doorbell *doorbell, const char *what,
		      u64 bits)
{
	pr_info_ratelimited("%s: %s 0x%llx were not taken for %u ms\n",
			    doorbell->name, what, bits,
			    STUCK_LOOKS * TWINOS_SLOW_LOOK_MS);
}

static void help_kicks(struct doorbell *doorbell, struct twinos_handover *area)
{
	if (!is_stuck(&doorbell->kick_seen, READ_ONCE(area->kick.bits),
		      READ_ONCE(doorbell->taken)))
		return;
	tell_help(doorbell, "kicks", READ_ONCE(area->kick.bits));
	WRITE_ONCE(area->kick.helped, ++doorbell->kicks_helped);
	take_kicks(doorbell, area);
}

/* A twin that has no doorbell yet looks once it has: until then, nothing is seen. */
static void help_calls(struct doorbell *doorbell, struct twinos_handover *area)
{
	u64 bits = READ_ONCE(area->call.bits);

	if (!READ_ONCE(area->call.target))
		bits = 0;
	if (!is_stuck(&doorbell->call_seen, bits, READ_ONCE(area->call.taken)))
		return;
	tell_help(doorbell, "calls", bits);
	WRITE_ONCE(area->call.helped, ++doorbell->calls_helped);
	ring(doorbell, area);
}

static void slow_look(struct work_struct *work)
{
	struct doorbell *doorbell =
		container_of(to_delayed_work(work), struct doorbell, slow);
	struct twinos_handover *area;

	rcu_read_lock();
	area = rcu_dereference(doorbell->area);
	if (area) {
		help_kicks(doorbell, area);
		help_calls(doorbell, area);
	}
	rcu_read_unlock();
	schedule_delayed_work(&doorbell->slow,
			      msecs_to_jiffies(TWINOS_SLOW_LOOK_MS));
}

/* ---- a life ---- */

void doorbell_init(struct doorbell *doorbell, const char *name)
{
	spin_lock_init(&doorbell->lock);
	snprintf(doorbell->name, sizeof(doorbell->name), "twinos-%s", name);
	INIT_DELAYED_WORK(&doorbell->slow, slow_look);
}

void doorbell_clear(struct twinos_handover *area)
{
	memset(&area->kick, 0, sizeof(area->kick));
	memset(&area->call, 0, sizeof(area->call));
}

static void begin(struct doorbell *doorbell, struct twinos_handover *area)
{
	doorbell->untold = 0;
	doorbell->kick_seen = (struct doorbell_seen){};
	doorbell->call_seen = (struct doorbell_seen){};
	rcu_assign_pointer(doorbell->area, area);
	doorbell_look(doorbell);
}

int doorbell_start(struct doorbell *doorbell, struct twinos_handover *area,
		   const struct lent_cpu *cpus, unsigned int nr_cpus)
{
	int ret;

	doorbell_clear(area);
	ret = bell_init(&doorbell->bell, doorbell->name, &area->kick, rung,
			doorbell);
	if (ret)
		return ret;
	doorbell->cpus = cpus;
	doorbell->nr_cpus = nr_cpus;
	begin(doorbell, area);
	schedule_delayed_work(&doorbell->slow,
			      msecs_to_jiffies(TWINOS_SLOW_LOOK_MS));
	return 0;
}

void doorbell_start_shared(struct doorbell *doorbell,
			   struct twinos_handover *area, struct vcpu *vcpu)
{
	doorbell->vcpu = vcpu;
	begin(doorbell, area);
}

/*
 * Stages: nobody finds the area any more; who had found it is done with it, and so
 * with the twin's CPUs and its thread; the interrupt goes.
 */
void doorbell_stop(struct doorbell *doorbell)
{
	if (!rcu_access_pointer(doorbell->area))
		return;
	rcu_assign_pointer(doorbell->area, NULL);
	synchronize_rcu();
	cancel_delayed_work_sync(&doorbell->slow);
	bell_exit(&doorbell->bell);
	doorbell->vcpu = NULL;
	doorbell->nr_cpus = 0;
}
