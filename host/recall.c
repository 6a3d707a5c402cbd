// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a twin keeps the CPU, the host's other CPUs soon wait for it in a
 * cross call, with interrupts on. So the watch looks in hard interrupts: not in a
 * thread, and not in a softirq, which may be left to a thread (invoke_softirq() of
 * kernel/softirq.c). On a machine with one CPU nothing of the host runs while that
 * is so: there an NMI must come from outside.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/nmi.h>
#include <asm/smp.h>

#include "compat.h"
#include "cpu.h"
#include "recall.h"
#include "start.h"
#include "vcpu.h"

#define LOOK_MS 250
#define STEP_LIMIT (2 * HZ)

static atomic_t expected = ATOMIC_INIT(0); /* an NMI is under way */

/* The twin may have come back while it was. */
static int nmi_arrived(unsigned int type, struct pt_regs *regs)
{
	return atomic_xchg(&expected, 0) ? NMI_HANDLED : NMI_DONE;
}

int recall_init(void)
{
	return register_nmi_handler(NMI_UNKNOWN, nmi_arrived, 0, "twinos");
}

void recall_exit(void)
{
	unregister_nmi_handler(NMI_UNKNOWN, "twinos");
}

static void step_nmi(struct vcpu *vcpu)
{
	pr_notice("the twin does not give CPU %u back: NMI\n", vcpu->cpu);
	atomic_set(&expected, 1);
	core_nmi(cpu_physical_id(vcpu->cpu));
}

static void step_init(struct vcpu *vcpu)
{
	atomic_set(&expected, 0);
	if (!vcpu->recall.can_init) {
		pr_err("CPU %u is lost: it is the boot CPU, which takes no INIT\n",
		       vcpu->cpu);
		return;
	}
	pr_notice("the twin does not give CPU %u back: INIT\n", vcpu->cpu);
	core_resume(vcpu->low, cpu_physical_id(vcpu->cpu),
		    &vcpu->world.crossing);
}

static void take_step(struct vcpu *vcpu)
{
	struct recall *recall = &vcpu->recall;

	if (recall->step == RECALL_LOST)
		return;
	/* In its first turn nobody takes it, and an early one is a triple fault. */
	if (!completion_done(&vcpu->first))
		recall->step = max(recall->step, RECALL_NMI);
	recall->step++;
	recall->since = jiffies;
	if (recall->step == RECALL_NMI)
		step_nmi(vcpu);
	else if (recall->step == RECALL_INIT)
		step_init(vcpu);
}

static bool is_late(struct vcpu *vcpu)
{
	struct recall *recall = &vcpu->recall;
	unsigned long limit = READ_ONCE(recall->limit);
	u64 turn = READ_ONCE(vcpu->switches);

	if (!READ_ONCE(vcpu->inside) || turn != recall->turn) {
		recall->turn = turn;
		recall->since = jiffies;
		recall->step = RECALL_NOTHING;
		return false;
	}
	if (recall->step != RECALL_NOTHING)
		limit = STEP_LIMIT;
	return time_after(jiffies, recall->since + limit);
}

/* Not the twin's, if there is another one. */
static unsigned int watching_cpu(const struct vcpu *vcpu)
{
	unsigned int other = cpumask_any_but(cpu_online_mask, vcpu->cpu);

	return other < nr_cpu_ids ? other : vcpu->cpu;
}

/* A timer whose function still runs would be set on the CPU where it does. */
static void set_timer(void *data)
{
	struct recall *recall = data;

	while (hrtimer_callback_running(&recall->timer))
		cpu_relax();
	if (READ_ONCE(recall->watching))
		hrtimer_start(&recall->timer, ms_to_ktime(LOOK_MS),
			      HRTIMER_MODE_REL_PINNED_HARD);
	smp_store_release(&recall->moving, false);
}

/*
 * A CPU that goes offline leaves its timers to another one, which may be the twin's:
 * so each look decides anew where the next one is to be.
 */
static bool move_timer(struct vcpu *vcpu)
{
	struct recall *recall = &vcpu->recall;
	unsigned int cpu = watching_cpu(vcpu);

	if (cpu == smp_processor_id())
		return false;
	recall->moving = true;
	if (!smp_call_function_single_async(cpu, &recall->move))
		return true;
	recall->moving = false;
	return false;
}

static enum hrtimer_restart look(struct hrtimer *timer)
{
	struct vcpu *vcpu = container_of(timer, struct vcpu, recall.timer);

	if (is_late(vcpu))
		take_step(vcpu);
	if (!READ_ONCE(vcpu->recall.watching) || move_timer(vcpu))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ms_to_ktime(LOOK_MS));
	return HRTIMER_RESTART;
}

void recall_begin(struct vcpu *vcpu)
{
	struct recall *recall = &vcpu->recall;

	recall->can_init = cpu_can_init(vcpu->cpu);
	recall->since = jiffies;
	recall->watching = true;
	INIT_CSD(&recall->move, set_timer, recall);
	compat_hrtimer_setup(&recall->timer, look, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED_HARD);
	cpus_read_lock();
	smp_call_function_single(watching_cpu(vcpu), set_timer, recall, true);
	cpus_read_unlock();
}

void recall_set_limit(struct vcpu *vcpu, unsigned int ms)
{
	WRITE_ONCE(vcpu->recall.limit, msecs_to_jiffies(ms));
}

/* A look that was under way may have asked for the next one elsewhere. */
void recall_end(struct vcpu *vcpu)
{
	struct recall *recall = &vcpu->recall;

	WRITE_ONCE(recall->watching, false);
	hrtimer_cancel(&recall->timer);
	while (smp_load_acquire(&recall->moving))
		cpu_relax();
	hrtimer_cancel(&recall->timer);
}

int recall_wait(struct vcpu *vcpu)
{
	while (READ_ONCE(vcpu->inside)) {
		if (READ_ONCE(vcpu->recall.step) == RECALL_LOST)
			return -EIO;
		usleep_range(100, 1000);
	}
	return 0;
}
