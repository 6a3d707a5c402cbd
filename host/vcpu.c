// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared mode: host and twin take turns on one CPU. To the host's scheduler the
 * twin is a thread that uses the CPU for a slice at a time, so that nice values,
 * cgroups and real-time priorities govern its share.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cc_platform.h>
#include <linux/cpu.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/pgtable_types.h>
#include <asm/tsc.h>

#include "doorbell.h"
#include "quiet.h"
#include "vcpu.h"

/* Shorter turns than that would be all switching. */
#define TURN_MIN_US 50
/* Without it, interrupts of the host could keep the twin from running at all. */
#define TURN_KEEP_US 1000
#define FIRST_TRIES 10000
/* A turn that lasts longer than that will not end by itself. */
#define TURN_LIMIT_MS 2000
#define FIRST_LIMIT_MS 60000
#define SLOT_BOOT (TWINOS_SLOTS + 2 * sizeof(struct twinos_slot))

static u64 us_to_tsc(u64 us)
{
	return us * tsc_khz / USEC_PER_MSEC;
}

/*
 * Interrupts that arrived at the twin as its own: the kernels use the same
 * vectors for the same things, and it has served them without effect here.
 */
static void raise_ipis(void)
{
	if (num_online_cpus() == 1)
		return;
	lapic_self_ipi(CALL_FUNCTION_SINGLE_VECTOR);
	lapic_self_ipi(CALL_FUNCTION_VECTOR);
	lapic_self_ipi(RESCHEDULE_VECTOR);
	lapic_self_ipi(IRQ_WORK_VECTOR);
}

static void set_limits(struct vcpu *vcpu, u64 now, bool first)
{
	struct twinos_shared *shared = vcpu->shared;
	u64 until = now + us_to_tsc(vcpu->slice_us);

	until = max(min(until, vcpu->world.lapic.next),
		    now + us_to_tsc(TURN_MIN_US));
	shared->run_until = first ? ~0ULL : until;
	shared->keep_until = min(until, now + us_to_tsc(TURN_KEEP_US));
	shared->wall_ns = ktime_get_real_ns();
	shared->wall_tsc = rdtsc_ordered();
	shared->exit = TWINOS_EXIT_NONE;
}

/*
 * Not while a timer or an IPI waits that the host must serve first, nor while KVM
 * is in VMX operation, in which CR4 can't be changed as the switch does (SDM
 * volume 3, 24.8). A device's interrupt that arrives now is sent on by the twin.
 */
static bool can_begin(struct vcpu *vcpu)
{
	/* Before ->over is read, as vcpu_stop() writes that before it reads this. */
	smp_store_mb(vcpu->inside, true);
	return !READ_ONCE(vcpu->over) && !lapic_own_pending() &&
	       !(__read_cr4() & X86_CR4_VMXE);
}

/* A twin that comes back for good, or is fetched, does not say when it left. */
static void account(struct vcpu *vcpu, u64 begin, u64 end)
{
	u64 arrived = READ_ONCE(vcpu->shared->arrived);
	u64 left = READ_ONCE(vcpu->shared->left);

	vcpu->run_ns += tsc_to_ns(end - begin);
	if (begin < arrived && arrived <= left && left < end)
		vcpu->switch_ns += tsc_to_ns(end - left + arrived - begin);
	vcpu->steal_ns = vcpu->shared->steal_ns;
	vcpu->switches++;
}

/* One turn of the twin; false if it was not begun. */
static bool turn(struct vcpu *vcpu, bool first)
{
	u64 begin;

	local_irq_disable();
	if (!can_begin(vcpu)) {
		WRITE_ONCE(vcpu->inside, false);
		local_irq_enable();
		return false;
	}
	begin = rdtsc_ordered();
	world_save(&vcpu->world);
	set_limits(vcpu, rdtsc_ordered(), first);
	world_switch(&vcpu->world);
	WRITE_ONCE(vcpu->inside, false);
	account(vcpu, begin, rdtsc_ordered());
	raise_ipis();
	reraise_collect(&vcpu->reraise, vcpu->shared);
	local_irq_enable();
	return true;
}

/* The twin's way in: its first entry, in 64-bit mode, on its own page tables. */
static void fill_page(struct vcpu *vcpu)
{
	const struct memory_range *low = vcpu->low;
	struct twinos_slot *slots = low->kva + TWINOS_SLOTS;
	struct world_boot *boot = low->kva + SLOT_BOOT;
	u64 *root = low->kva + PAGE_SIZE;

	memset(low->kva, 0, TWINOS_TRAMPOLINE_SIZE);
	memcpy(low->kva, world_trampoline,
	       world_trampoline_end - world_trampoline);
	root[0] = vcpu->start->cr3 | _PAGE_PRESENT | _PAGE_RW;
	slots[TWINOS_SLOT_TWIN] = (struct twinos_slot){
		.cr3 = __read_cr4() & X86_CR4_LA57 ? low->start + PAGE_SIZE :
						     vcpu->start->cr3,
		.rip = low->start + (world_boot - world_trampoline),
		.rdi = low->start + SLOT_BOOT,
	};
	*boot = (struct world_boot){
		.rsi = vcpu->start->rsi,
		.entry = vcpu->start->entry,
		.gdt_limit = world_boot_gdt_end - world_boot_gdt - 1,
		.gdt_base = low->start + (world_boot_gdt - world_trampoline),
	};
}

static int check_cpu(void)
{
	if (__read_cr4() & X86_CR4_VMXE)
		return -ETXTBSY;
	if (!(__rdmsr(MSR_IA32_APICBASE) & MSR_IA32_APICBASE_ENABLE))
		return -EOPNOTSUPP;
	return 0;
}

/*
 * The twin's kernel leaves x2APIC mode. The host's devices go on addressing the
 * CPU as before, which xAPIC mode understands if the logical id fits into it.
 */
static int find_logical_id(u32 *logical_id)
{
	u32 id;

	*logical_id = 0;
	if (!(__rdmsr(MSR_IA32_APICBASE) & X2APIC_ENABLE))
		return 0;
	if (apic->read(APIC_ID) >= 0xff)
		return -EOPNOTSUPP;
	if (!apic->dest_mode_logical)
		return 0;
	id = apic->read(APIC_LDR);
	if (id > 0xff)
		return -EOPNOTSUPP;
	*logical_id = SET_APIC_LOGICAL_ID(id);
	return 0;
}

static int prepare(struct vcpu *vcpu)
{
	int ret = check_cpu();

	if (!ret)
		ret = find_logical_id(&vcpu->shared->logical_id);
	if (ret)
		return ret;
	local_irq_disable();
	vcpu->shared->apic_ratio = lapic_ratio();
	local_irq_enable();
	vcpu->shared->trampoline = vcpu->low->start;
	fill_page(vcpu);
	return world_init(&vcpu->world, vcpu->low->kva, vcpu->low->start,
			  TWINOS_SLOT_HOST, vcpu->shared->apic_ratio);
}

/*
 * Until the twin's module is there, the host's interrupts get lost in it, and
 * nobody ends its turn. So level-triggered ones are masked, and every other one
 * is raised afterwards, whether or not it has arrived.
 */
static int first_turn(struct vcpu *vcpu)
{
	unsigned int tries = FIRST_TRIES;
	struct quiet quiet;
	bool begun;
	int ret;

	ret = prepare(vcpu);
	if (ret)
		return ret;
	quiet_begin(&quiet);
	do {
		begun = turn(vcpu, true);
	} while (!begun && !READ_ONCE(vcpu->over) && --tries);
	quiet_end(&quiet);
	if (!begun)
		return -EBUSY;
	reraise_all(vcpu->cpu);
	recall_set_limit(vcpu, TURN_LIMIT_MS);
	switch (vcpu->shared->exit) {
	case TWINOS_EXIT_READY:
		return 0;
	case TWINOS_EXIT_NONE:
		return -EOVERFLOW;
	default:
		return -ECANCELED;
	}
}

static bool idle_wanted(struct vcpu *vcpu, ktime_t *timeout)
{
	u64 until = READ_ONCE(vcpu->shared->idle_until);
	u64 now = rdtsc_ordered();

	if (vcpu->shared->exit != TWINOS_EXIT_IDLE || until <= now)
		return false;
	*timeout = until == LAPIC_NEVER ?
			   KTIME_MAX :
			   ns_to_ktime(min_t(u64, tsc_to_ns(until - now),
					     KTIME_MAX));
	return true;
}

/* The calls last: who calls sets the bit first and wakes the thread then. */
static bool is_idle(struct vcpu *vcpu, ktime_t *timeout)
{
	return idle_wanted(vcpu, timeout) &&
	       !doorbell_is_called(vcpu->doorbell);
}

/* Sleeps as long as the twin has nothing to do, or nothing ever again. */
static void wait_for_turn(struct vcpu *vcpu)
{
	ktime_t timeout = KTIME_MAX;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop() &&
	    (READ_ONCE(vcpu->over) || is_idle(vcpu, &timeout)))
		schedule_hrtimeout(timeout == KTIME_MAX ? NULL : &timeout,
				   HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

static void set_parked(struct vcpu *vcpu)
{
	struct twinos_handover *handover =
		container_of(vcpu->shared, struct twinos_handover, shared);

	WRITE_ONCE(handover->parked, 1);
}

static void take_turn(struct vcpu *vcpu)
{
	u32 why;

	if (!turn(vcpu, false)) {
		/* KVM may keep it so for long. */
		if (__read_cr4() & X86_CR4_VMXE)
			schedule_timeout_idle(1);
		return;
	}
	reraise(&vcpu->reraise, vcpu->cpu);
	doorbell_look(vcpu->doorbell);
	why = READ_ONCE(vcpu->shared->exit);
	/* It was fetched, and its way in is gone: the tool must hear of it. */
	if (why == TWINOS_EXIT_NONE)
		set_parked(vcpu);
	if (why == TWINOS_EXIT_NONE || why == TWINOS_EXIT_DEAD ||
	    why == TWINOS_EXIT_PANIC)
		WRITE_ONCE(vcpu->over, true);
}

/*
 * The world's state is this CPU's. A CPU on its way down pushes every thread away
 * that may migrate, bound or not (kernel/sched/core.c: balance_push()), before
 * cpu_leaves() can refuse, and takes the binding from it.
 */
static void stay(struct vcpu *vcpu)
{
	cpus_read_lock();
	set_cpus_allowed_ptr(current, cpumask_of(vcpu->cpu));
	migrate_disable();
	cpus_read_unlock();
}

static int turns_thread(void *data)
{
	struct vcpu *vcpu = data;

	stay(vcpu);
	while (!kthread_should_stop()) {
		wait_for_turn(vcpu);
		if (!READ_ONCE(vcpu->over) && !kthread_should_stop())
			take_turn(vcpu);
		if (READ_ONCE(vcpu->shared->exit) == TWINOS_EXIT_CALL)
			yield();
		else
			cond_resched();
	}
	migrate_enable();
	return 0;
}

/*
 * A thread of its own: the scheduler would have the one that used the CPU for
 * the whole first turn wait until all others have had as much.
 */
static int first_thread(void *data)
{
	struct vcpu *vcpu = data;

	stay(vcpu);
	vcpu->result = first_turn(vcpu);
	complete_all(&vcpu->first);
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	migrate_enable();
	return 0;
}

/* The trampoline's page tables would need the encryption bit. */
static int check_machine(void)
{
	if (!boot_cpu_has(X86_FEATURE_CONSTANT_TSC) ||
	    !boot_cpu_has(X86_FEATURE_APIC) ||
	    cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return -EOPNOTSUPP;
	return 0;
}

static int thread_begin(struct vcpu *vcpu, int (*function)(void *data),
			const char *name)
{
	struct task_struct *thread;

	thread = kthread_create_on_node(function, vcpu, cpu_to_node(vcpu->cpu),
					"twin/%s", name);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	kthread_bind(thread, vcpu->cpu);
	get_task_struct(thread);
	vcpu->thread = thread;
	vcpu->pid = task_pid_nr(thread);
	wake_up_process(thread);
	return 0;
}

static void thread_end(struct vcpu *vcpu)
{
	struct task_struct *thread = vcpu->thread;

	if (!thread)
		return;
	kthread_stop(thread);
	vcpu->pid = 0;
	vcpu->thread = NULL;
	put_task_struct(thread);
}

/* Only where another CPU waits can a signal come before the first turn's end. */
static int take_first_turn(struct vcpu *vcpu, const char *name)
{
	int ret = thread_begin(vcpu, first_thread, name);

	if (ret)
		return ret;
	if (wait_for_completion_killable(&vcpu->first))
		return -EINTR;
	if (vcpu->result)
		return vcpu->result;
	thread_end(vcpu);
	return thread_begin(vcpu, turns_thread, name);
}

int vcpu_start(struct vcpu *vcpu, unsigned int cpu, const char *name,
	       const struct memory_range *low, void *handover,
	       struct doorbell *doorbell, const struct twinos_start *start)
{
	struct twinos_handover *area = handover;
	int ret = check_machine();

	if (ret)
		return ret;
	memset(vcpu, 0, sizeof(*vcpu));
	init_completion(&vcpu->first);
	vcpu->cpu = cpu;
	vcpu->low = low;
	vcpu->start = start;
	vcpu->shared = &area->shared;
	vcpu->doorbell = doorbell;
	vcpu->slice_us = start->slice_us ?: TWINOS_SLICE_DEFAULT_US;
	recall_set_limit(vcpu, FIRST_LIMIT_MS);
	recall_begin(vcpu);
	ret = take_first_turn(vcpu, name);
	return ret && vcpu_stop(vcpu) ? -EIO : ret;
}

void vcpu_wake(struct vcpu *vcpu)
{
	wake_up_process(vcpu->thread);
}

int vcpu_stop(struct vcpu *vcpu)
{
	int ret;

	smp_store_mb(vcpu->over, true);
	recall_set_limit(vcpu, 0);
	ret = recall_wait(vcpu);
	if (ret)
		return ret;
	thread_end(vcpu);
	recall_end(vcpu);
	world_exit(&vcpu->world);
	return 0;
}
