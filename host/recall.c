// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a twin keeps the CPU, the host's other CPUs soon wait for it in a
 * cross call, with interrupts on. So the watch is a timer, and does not sleep.
 * On a machine with one CPU nothing of the host runs while that is so: there an
 * NMI must come from outside.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <asm/nmi.h>
#include <asm/smp.h>

#include "cpu.h"
#include "recall.h"
#include "start.h"
#include "vcpu.h"

#define LOOK_EVERY (HZ / 4)
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

static void watch_again(struct vcpu *vcpu)
{
	unsigned int other = cpumask_any_but(cpu_online_mask, vcpu->cpu);

	if (other >= nr_cpu_ids)
		return;
	vcpu->recall.timer.expires = jiffies + LOOK_EVERY;
	add_timer_on(&vcpu->recall.timer, other);
}

static void look(struct timer_list *timer)
{
	struct vcpu *vcpu = container_of(timer, struct vcpu, recall.timer);

	if (is_late(vcpu))
		take_step(vcpu);
	if (READ_ONCE(vcpu->recall.watching))
		watch_again(vcpu);
}

void recall_begin(struct vcpu *vcpu)
{
	vcpu->recall.can_init = cpu_can_init(vcpu->cpu);
	vcpu->recall.since = jiffies;
	vcpu->recall.watching = true;
	timer_setup(&vcpu->recall.timer, look, TIMER_PINNED);
	watch_again(vcpu);
}

void recall_set_limit(struct vcpu *vcpu, unsigned int ms)
{
	WRITE_ONCE(vcpu->recall.limit, msecs_to_jiffies(ms));
}

/* Cleared first: a look that is under way must not ask for another. */
void recall_end(struct vcpu *vcpu)
{
	WRITE_ONCE(vcpu->recall.watching, false);
	del_timer_sync(&vcpu->recall.timer);
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
