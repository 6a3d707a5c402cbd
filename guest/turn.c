// SPDX-License-Identifier: GPL-2.0-only
/*
 * A turn ends when the twin is idle, when its slice is used up or when an
 * interrupt of the host's arrives. The last two are noticed in an interrupt
 * handler, from where there is no way out: a timer must be programmed anew
 * first, an interrupt may be nested. So they raise an irq_work, which runs as
 * an interrupt of its own after its EOI.
 */
#include <linux/context_tracking.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/kernel_stat.h>
#include <linux/math64.h>
#include <linux/nmi.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "compat.h"
#include "doorbell.h"
#include "turn.h"
#include "world.h"

static struct twinos_shared *shared;
static struct world world;
static struct hrtimer slice_timer;
static u32 due; /* TWINOS_EXIT_* that an irq_work is under way for */

static void timer_at(u64 tsc)
{
	u64 now = rdtsc_ordered();

	hrtimer_start(&slice_timer,
		      ns_to_ktime(tsc > now ? tsc_to_ns(tsc - now) : 0),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static void end_due(struct irq_work *work)
{
	if (due)
		turn_end(due);
}
static struct irq_work end_work = IRQ_WORK_INIT_HARD(end_due);

static void end_soon(u32 why)
{
	due = why;
	irq_work_queue(&end_work);
}

static enum hrtimer_restart slice_over(struct hrtimer *timer)
{
	u64 now = rdtsc_ordered();

	end_soon(now < shared->run_until ? TWINOS_EXIT_IRQ : TWINOS_EXIT_SLICE);
	return HRTIMER_NORESTART;
}

void turn_interrupted(void)
{
	if (rdtsc_ordered() >= shared->keep_until)
		end_soon(TWINOS_EXIT_IRQ);
	else
		timer_at(shared->keep_until);
}

static u64 idle_steal; /* nanoseconds */

u64 turn_idle_steal(void)
{
	return idle_steal;
}

/*
 * Longer than that and the twin would take the host's turn for a lockup of its
 * own (kernel/watchdog.c).
 */
#define LONG_ABSENCE_NS NSEC_PER_SEC

/* /proc/stat shows it; the ticks that the twin has missed count nowhere else. */
static u64 account_steal(u64 wanted)
{
	u64 now = rdtsc_ordered(), ns;

	shared->arrived = now;
	if (now <= wanted)
		return 0;
	ns = tsc_to_ns(now - wanted);
	shared->steal_ns += ns;
	kcpustat_this_cpu->cpustat[CPUTIME_STEAL] += ns;
	if (ns > LONG_ABSENCE_NS)
		touch_softlockup_watchdog();
	return ns;
}

static u64 leave(u32 why)
{
	u64 wanted = rdtsc_ordered();

	shared->left = wanted;
	due = TWINOS_EXIT_NONE;
	world_save(&world);
	if (why == TWINOS_EXIT_IDLE) {
		wanted = world.lapic.next;
		shared->idle_until = wanted;
	}
	shared->exit = why;
	world_switch(&world);
	return account_steal(wanted);
}

void turn_end(u32 why)
{
	leave(why);
	timer_at(shared->run_until);
	doorbell_turn_began();
}

/*
 * The slice's timer must not wake a twin that has given its slice back. One that goes on
 * for what is pending keeps it: without, a program that never sleeps would have the CPU
 * for good.
 */
void turn_idle(void)
{
	hrtimer_try_to_cancel(&slice_timer);
	if (lapic_own_pending()) {
		timer_at(shared->run_until);
		return;
	}
	ct_idle_enter();
	idle_steal += leave(TWINOS_EXIT_IDLE);
	ct_idle_exit();
	timer_at(shared->run_until);
	doorbell_turn_began();
}

/* Not a plain endless loop: objtool wants to be told of those in its source. */
void turn_end_for_good(u32 why)
{
	local_irq_disable();
	while (READ_ONCE(shared)) {
		world_save(&world);
		shared->exit = why;
		world_switch(&world);
	}
}

int turn_init(struct twinos_shared *handed, void *page)
{
	int ret;

	ret = world_init(&world, page, handed->trampoline, TWINOS_SLOT_TWIN,
			 handed->apic_ratio);
	if (ret)
		return ret;
	shared = handed;
	compat_hrtimer_setup(&slice_timer, slice_over, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED_HARD);
	if (handed->logical_id) {
		apic->write(APIC_DFR, APIC_DFR_FLAT);
		apic->write(APIC_LDR, handed->logical_id);
	}
	return 0;
}
