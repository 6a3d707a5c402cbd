// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ownership of the host's CPUs. A CPU that is lent to a twin is offline and,
 * beyond that, not present: _cpu_up() refuses it then, so that nobody can INIT
 * the twin's core by writing to /sys/devices/system/cpu/cpuN/online, and the
 * host stops using the "all but self" IPI shorthand, which would reach the
 * twin's cores (arch/x86/kernel/apic/ipi.c: apic_smt_update()).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/workqueue.h>
#include <asm/msr.h>
#include <asm/smp.h>

#include "cpu.h"

static DEFINE_MUTEX(cpu_lock); /* guards lent_mask and sharers */
static struct cpumask lent_mask;
static DEFINE_PER_CPU(unsigned int, sharers); /* twins */
static enum cpuhp_state cpu_state, share_state;

/*
 * Runs on the way down, once the CPU is dead and before _cpu_down() ends with
 * arch_smt_update(), which then sees a present CPU less. The lock: cpu_unmark()
 * must come before it or after it.
 */
static int cpu_dead(unsigned int cpu)
{
	mutex_lock(&cpu_lock);
	if (cpumask_test_cpu(cpu, &lent_mask))
		set_cpu_present(cpu, false);
	mutex_unlock(&cpu_lock);
	return 0;
}

/*
 * The bit is set again only on our own way back: whatever else makes a lent
 * CPU present, it does not get it.
 */
static int cpu_prepare(unsigned int cpu)
{
	return cpumask_test_cpu(cpu, &lent_mask) ? -EBUSY : 0;
}

/* Runs on the way down: a thread that is a twin's vCPU can't move. */
static int cpu_leaves(unsigned int cpu)
{
	return READ_ONCE(per_cpu(sharers, cpu)) ? -EBUSY : 0;
}

int cpus_init(void)
{
	int ret;

	ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "twinos:lent",
					cpu_prepare, cpu_dead);
	if (ret < 0)
		return ret;
	cpu_state = ret;
	ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "twinos:shared",
					NULL, cpu_leaves);
	if (ret < 0)
		goto remove_lent;
	share_state = ret;
	return 0;

remove_lent:
	cpuhp_remove_state_nocalls(cpu_state);
	return ret;
}

void cpus_exit(void)
{
	cpuhp_remove_state_nocalls(share_state);
	cpuhp_remove_state_nocalls(cpu_state);
}

/*
 * INIT sends a core with the BSP bit to the firmware's reset vector (SDM
 * volume 3, section 9.4.2). It is CPU 0 unless this kernel was itself started
 * on another one, as a crash kernel is.
 */
static bool is_boot_cpu(unsigned int cpu)
{
	u32 low, high;

	if (!cpu)
		return true;
	if (!cpu_online(cpu) ||
	    rdmsr_safe_on_cpu(cpu, MSR_IA32_APICBASE, &low, &high))
		return false;
	return low & MSR_IA32_APICBASE_BSP;
}

bool cpu_can_init(unsigned int cpu)
{
	return !is_boot_cpu(cpu);
}

int cpu_get(struct twinos_cpu *arg)
{
	unsigned int cpu = arg->cpu;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -ENODEV;
	mutex_lock(&cpu_lock);
	arg->flags = 0;
	if (cpumask_test_cpu(cpu, &lent_mask))
		arg->flags |= TWINOS_CPU_LENT;
	else if (!cpu_present(cpu))
		goto absent;
	if (cpu_online(cpu))
		arg->flags |= TWINOS_CPU_ONLINE;
	if (is_boot_cpu(cpu))
		arg->flags |= TWINOS_CPU_BOOT;
	if (per_cpu(sharers, cpu))
		arg->flags |= TWINOS_CPU_SHARED;
	arg->apic_id = cpu_physical_id(cpu);
	mutex_unlock(&cpu_lock);
	return 0;

absent:
	mutex_unlock(&cpu_lock);
	return -ENODEV;
}

static int check_one(const struct lent_cpu *cpus, unsigned int i)
{
	unsigned int cpu = cpus[i].cpu, j;

	for (j = 0; j < i; j++)
		if (cpus[j].cpu == cpu)
			return -EINVAL;
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -ENODEV;
	if (cpumask_test_cpu(cpu, &lent_mask) || per_cpu(sharers, cpu))
		return -EBUSY;
	if (!cpu_present(cpu))
		return -ENODEV;
	if (is_boot_cpu(cpu))
		return -EPERM;
	return cpu_online(cpu) ? 0 : -EHOSTDOWN;
}

/* Checks them all and, if all may be lent, marks them. */
static int cpus_mark(const struct lent_cpu *cpus, unsigned int nr)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&cpu_lock);
	for (i = 0; i < nr && !ret; i++)
		ret = check_one(cpus, i);
	if (!ret && nr >= num_online_cpus())
		ret = -EPERM;
	for (i = 0; i < nr && !ret; i++)
		cpumask_set_cpu(cpus[i].cpu, &lent_mask);
	mutex_unlock(&cpu_lock);
	return ret;
}

/*
 * If the administrator has taken it offline while it was marked, it is not present
 * though it was never lent.
 */
static void cpu_unmark(unsigned int cpu)
{
	mutex_lock(&cpu_lock);
	cpumask_clear_cpu(cpu, &lent_mask);
	set_cpu_present(cpu, true);
	mutex_unlock(&cpu_lock);
}

static int cpu_take(struct lent_cpu *lent)
{
	int ret;

	lent->apic_id = cpu_physical_id(lent->cpu);
	ret = remove_cpu(lent->cpu);
	/* Somebody else took it offline since it was checked. */
	return ret > 0 ? -EHOSTDOWN : ret;
}

static void cpu_give_back(struct lent_cpu *lent)
{
	int ret;

	cpu_unmark(lent->cpu);
	ret = add_cpu(lent->cpu);
	if (ret < 0)
		pr_err("CPU %u does not come back (%d): try echo 1 > /sys/devices/system/cpu/cpu%u/online\n",
		       lent->cpu, ret, lent->cpu);
}

int cpus_take(struct lent_cpu *cpus, unsigned int nr)
{
	unsigned int taken, i;
	int ret;

	ret = cpus_mark(cpus, nr);
	if (ret)
		return ret;
	for (taken = 0; taken < nr; taken++) {
		ret = cpu_take(&cpus[taken]);
		if (ret)
			goto give_back;
	}
	return 0;

give_back:
	for (i = taken; i < nr; i++)
		cpu_unmark(cpus[i].cpu);
	cpus_give_back(cpus, taken);
	return ret;
}

struct give_back {
	struct work_struct work;
	struct lent_cpu *cpus;
	unsigned int nr;
};

static void give_back_work(struct work_struct *work)
{
	struct give_back *back = container_of(work, struct give_back, work);
	unsigned int i;

	for (i = 0; i < back->nr; i++)
		cpu_give_back(&back->cpus[i]);
}

/*
 * On a worker: bringing a CPU up can start kernel threads, and the caller may
 * be a process that was killed, for which kthread_create() fails with -EINTR.
 */
void cpus_give_back(struct lent_cpu *cpus, unsigned int nr)
{
	struct give_back back = { .cpus = cpus, .nr = nr };

	INIT_WORK_ONSTACK(&back.work, give_back_work);
	queue_work(system_unbound_wq, &back.work);
	flush_work(&back.work);
	destroy_work_on_stack(&back.work);
}

static int check_share(unsigned int cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -ENODEV;
	if (cpumask_test_cpu(cpu, &lent_mask))
		return -EBUSY;
	if (!cpu_present(cpu))
		return -ENODEV;
	return cpu_online(cpu) ? 0 : -EHOSTDOWN;
}

/* Under the hotplug lock: after it the CPU's way down sees the sharer. */
int cpu_share(unsigned int cpu)
{
	int ret;

	cpus_read_lock();
	mutex_lock(&cpu_lock);
	ret = check_share(cpu);
	if (!ret)
		per_cpu(sharers, cpu)++;
	mutex_unlock(&cpu_lock);
	cpus_read_unlock();
	return ret;
}

void cpu_unshare(unsigned int cpu)
{
	mutex_lock(&cpu_lock);
	per_cpu(sharers, cpu)--;
	mutex_unlock(&cpu_lock);
}

bool cpus_in_use(void)
{
	bool in_use;
	unsigned int cpu;

	mutex_lock(&cpu_lock);
	in_use = !cpumask_empty(&lent_mask);
	for_each_possible_cpu(cpu)
		in_use |= per_cpu(sharers, cpu) > 0;
	mutex_unlock(&cpu_lock);
	return in_use;
}
