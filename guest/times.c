// SPDX-License-Identifier: GPL-2.0-only
/* As /proc/stat has it (fs/proc/stat.c), of each CPU by itself. */
#include <linux/gfp.h>
#include <linux/hardirq.h>
#include <linux/kernel_stat.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/tick.h>

#include "times.h"
#include "turn.h"

static struct twinos_times *times; /* of nr_cpu_ids CPUs; NULL: no memory */

/* Without tickless idle only the ticks are counted. */
static u64 idle_ns(const u64 *stat, unsigned int cpu)
{
	u64 idle = get_cpu_idle_time_us(cpu, NULL);
	u64 iowait = get_cpu_iowait_time_us(cpu, NULL);

	if (idle == -1ULL || iowait == -1ULL)
		return stat[CPUTIME_IDLE] + stat[CPUTIME_IOWAIT];
	return (idle + iowait) * NSEC_PER_USEC - turn_idle_steal();
}

/* Those of devices, timers and other CPUs. */
static u64 interrupts(unsigned int cpu)
{
	const irq_cpustat_t *stat = &per_cpu(irq_stat, cpu);
	u64 nr = kstat_cpu_irqs_sum(cpu) + stat->apic_timer_irqs;

#ifdef CONFIG_SMP
	nr += stat->irq_resched_count + stat->irq_call_count;
#endif
	return nr;
}

static void fill(struct twinos_times *into, unsigned int cpu)
{
	struct kernel_cpustat all;
	const u64 *stat = all.cpustat;

	kcpustat_cpu_fetch(&all, cpu);
	into->at = ktime_get_ns();
	into->idle = idle_ns(stat, cpu);
	into->user = stat[CPUTIME_USER] + stat[CPUTIME_NICE];
	into->system = stat[CPUTIME_SYSTEM];
	into->irq = stat[CPUTIME_IRQ] + stat[CPUTIME_SOFTIRQ];
	into->steal = stat[CPUTIME_STEAL];
	into->interrupts = interrupts(cpu);
}

void times_show(void)
{
	unsigned int cpu = raw_smp_processor_id();
	struct twinos_times *mine;

	if (!times)
		return;
	mine = &times[cpu];
	WRITE_ONCE(mine->writes, mine->writes + 1);
	smp_wmb();
	fill(mine, cpu);
	smp_wmb();
	WRITE_ONCE(mine->writes, mine->writes + 1);
}

int times_init(struct twinos_handover *handover)
{
	times = alloc_pages_exact(nr_cpu_ids * sizeof(*times),
				  GFP_KERNEL | __GFP_ZERO);
	if (!times)
		return -ENOMEM;
	handover->nr_times = nr_cpu_ids;
	smp_wmb();
	WRITE_ONCE(handover->times, virt_to_phys(times));
	return 0;
}
