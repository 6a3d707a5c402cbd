// SPDX-License-Identifier: GPL-2.0-only
/*
 * The heartbeat: a timer on each CPU, pinned to it. A CPU that spins with
 * interrupts off, or that its kernel has forgotten, stops counting. One that
 * goes offline in order says so first.
 */
#include <linux/bitops.h>
#include <linux/cpuhotplug.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/timer.h>

#include "beat.h"
#include "compat.h"
#include "times.h"

static struct twinos_handover *handover;
static DEFINE_PER_CPU(struct timer_list, beat_timer);

static void beat(struct timer_list *timer)
{
	u32 *beats = &handover->beats[raw_smp_processor_id()];

	WRITE_ONCE(*beats, *beats + 1);
	times_show();
	mod_timer(timer, jiffies + msecs_to_jiffies(TWINOS_BEAT_MS));
}

/* On the CPU itself. */
static int cpu_up(unsigned int cpu)
{
	struct timer_list *timer = this_cpu_ptr(&beat_timer);

	if (cpu >= TWINOS_BEATS)
		return 0;
	timer_setup(timer, beat, TIMER_PINNED);
	timer->expires = jiffies + msecs_to_jiffies(TWINOS_BEAT_MS);
	add_timer_on(timer, cpu);
	set_bit(cpu, (unsigned long *)handover->beating);
	return 0;
}

static int cpu_down(unsigned int cpu)
{
	if (cpu >= TWINOS_BEATS)
		return 0;
	clear_bit(cpu, (unsigned long *)handover->beating);
	compat_timer_delete_sync(this_cpu_ptr(&beat_timer));
	return 0;
}

int beat_init(struct twinos_handover *area)
{
	int state;

	handover = area;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "twinos:beat", cpu_up,
				  cpu_down);
	return state < 0 ? state : 0;
}
