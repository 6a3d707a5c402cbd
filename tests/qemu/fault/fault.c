// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault - lets one call fail that twinos.ko makes of the kernel
 *
 * Distributions' kernels have no fault injection. So there is a kprobe at the
 * beginning of each function that twinos.ko calls and that can fail. Where the
 * caller is twinos.ko and the call is the one that is to fail, the function is not
 * run, and its caller gets what it returns when it fails. No part of this is in
 * twinos.ko. To be loaded before it.
 *
 * Parameters, in /sys/module/fault/parameters:
 *	nth	the number of the call that fails; counting begins anew. 0: none does
 *	only	names of functions, with commas: no other's calls count. Empty: all
 *	calls	that were made since nth was written
 *	failed	"FUNCTION in PLACE": the call that has failed; empty: none has
 *	held	what twinos.ko has been given and has not given back
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define PLACES 128
#define EVERY UINT_MAX
#define ENDBR_SIZE 4

/* What the function returns that fails. */
enum how {
	VALUE, /* ->value */
	SECOND, /* its second argument: what it was to search has no such thing */
	THIRD, /* its third argument: no byte of these was copied */
	WORKS, /* it can't fail: only @held wants to know of it */
};

enum thing {
	NOTHING,
	KMALLOC,
	KVMALLOC,
	MAPPING,
	PAGES,
	CONTIG_PAGES,
	DEVICE,
	REGION,
	THREAD,
	THINGS,
};

static const char *const thing_names[THINGS] = {
	[KMALLOC] = "kmalloc",
	[KVMALLOC] = "kvmalloc",
	[MAPPING] = "memremap",
	[PAGES] = "pages",
	[CONTIG_PAGES] = "contig pages",
	[DEVICE] = "device",
	[REGION] = "region",
	[THREAD] = "kthread",
};

/**
 * struct target - a function
 * @limit: of calls from one place so many count: loops have no news to tell
 * @gives: what its caller has got if it works
 * @takes: what its caller gives back; its first argument is not 0
 */
struct target {
	const char *name;
	enum how how;
	long value;
	unsigned int limit;
	enum thing gives;
	enum thing takes;
	struct kprobe probe;
};

/*
 * Not cc_platform_has(): a CPU that comes up calls it before it can take a probe
 * (arch/x86/kernel/sev.c: setup_ghcb()), and nothing is taken yet where we ask.
 */
static struct target targets[] = {
	/* The loading of the module */
	{ "__cpuhp_setup_state", VALUE, -ENOSPC, EVERY },
	{ "register_pm_notifier", VALUE, -EEXIST, EVERY },
	{ "register_reboot_notifier", VALUE, -EEXIST, EVERY },
	{ "__register_nmi_handler", VALUE, -ENOMEM, EVERY },
	{ "__class_create", VALUE, -ENOMEM, EVERY }, /* until 6.3 */
	{ "class_create", VALUE, -ENOMEM, EVERY },
	{ "misc_register", VALUE, -EBUSY, EVERY },
	/* Fds and calls */
	{ "capable", VALUE, false, EVERY },
	{ "security_locked_down", VALUE, -EPERM, EVERY },
	{ "_copy_from_user", THIRD, 0, EVERY },
	{ "_copy_to_user", THIRD, 0, EVERY },
	{ "_copy_to_iter", VALUE, 0, 2 },
	{ "memdup_user", VALUE, -ENOMEM, EVERY, KMALLOC },
	{ "kmalloc_trace", VALUE, 0, EVERY, KMALLOC }, /* until 6.8 */
	{ "__kmalloc_cache_noprof", VALUE, 0, EVERY, KMALLOC },
	{ "kfree", WORKS, 0, 0, NOTHING, KMALLOC },
	{ "kvmalloc_node", VALUE, 0, EVERY, KVMALLOC }, /* until 6.9 */
	{ "__kvmalloc_node_noprof", VALUE, 0, EVERY, KVMALLOC },
	{ "kvfree", WORKS, 0, 0, NOTHING, KVMALLOC },
	{ "get_unused_fd_flags", VALUE, -EMFILE, EVERY },
	{ "anon_inode_getfile", VALUE, -ENFILE, EVERY },
	{ "device_create_with_groups", VALUE, -ENOMEM, EVERY, DEVICE },
	{ "device_unregister", WORKS, 0, 0, NOTHING, DEVICE },
	{ "mutex_lock_killable", VALUE, -EINTR, EVERY },
	{ "mutex_lock_killable_nested", VALUE, -EINTR, EVERY }, /* lockdep's */
	/* Memory */
	{ "si_mem_available", VALUE, 0, EVERY },
	{ "walk_iomem_res_desc", VALUE, -EINVAL, EVERY },
	{ "pfn_to_online_page", VALUE, 0, 1 },
	{ "page_is_ram", VALUE, false, 1 },
	{ "bitmap_find_next_zero_area_off", SECOND, 0, EVERY },
	{ "alloc_contig_range", VALUE, -EBUSY, 8 }, /* until 6.9 */
	{ "alloc_contig_range_noprof", VALUE, -EBUSY, 8 },
	{ "free_contig_range", WORKS, 0, 0, NOTHING, CONTIG_PAGES },
	{ "__request_region", VALUE, 0, EVERY, REGION },
	{ "__release_region", WORKS, 0, 0, NOTHING, REGION },
	{ "memremap", VALUE, 0, 2, MAPPING },
	{ "memunmap", WORKS, 0, 0, NOTHING, MAPPING },
	{ "memremap_pages", VALUE, -ENOMEM, EVERY },
	{ "vm_insert_page", VALUE, -EFAULT, 2 },
	{ "vmf_insert_pfn", VALUE, VM_FAULT_SIGBUS, 2 },
	/* CPUs: an INIT, SIPI or NMI that is not sent has got lost */
	{ "rdmsr_safe_on_cpu", VALUE, -ENXIO, EVERY },
	{ "remove_cpu", VALUE, -EBUSY, EVERY },
	{ "add_cpu", VALUE, -ENOMEM, EVERY },
	{ "native_apic_icr_write", VALUE, 0, EVERY },
	/* Shared mode */
	{ "kthread_create_on_node", VALUE, -ENOMEM, EVERY, THREAD },
	{ "kthread_stop", WORKS, 0, 0, NOTHING, THREAD },
	{ "wait_for_completion_killable", VALUE, -ERESTARTSYS, EVERY },
	{ "get_zeroed_page", VALUE, 0, EVERY, PAGES }, /* until 6.9 */
	{ "get_zeroed_page_noprof", VALUE, 0, EVERY, PAGES },
	{ "alloc_pages", VALUE, 0, EVERY, PAGES }, /* until 6.9 */
	{ "alloc_pages_noprof", VALUE, 0, EVERY, PAGES },
	{ "__alloc_pages", VALUE, 0, EVERY, PAGES }, /* without NUMA */
	{ "free_pages", WORKS, 0, 0, NOTHING, PAGES },
};

static const struct module *victim; /* twinos.ko, once it is loaded */
static atomic_t held[THINGS];

/*
 * Guards all below. Nobody who has it comes to a probe, but lockdep takes probes for
 * NMIs, which could hit anybody, and this kind of lock is not lockdep's.
 */
static arch_spinlock_t lock = __ARCH_SPIN_LOCK_UNLOCKED;
static unsigned int nth, calls;
static char only[512];
static const char *failed_name;
static unsigned long failed_in;
static struct place {
	unsigned long address;
	unsigned int calls;
} places[PLACES];

/* Where the function goes that is not run. */
static notrace noinline void do_nothing(void)
{
}

static bool is_wanted(const char *name)
{
	const char *at = only;
	size_t length = strlen(name);

	if (!*only)
		return true;
	while ((at = strstr(at, name))) {
		if ((at == only || at[-1] == ',') &&
		    (!at[length] || at[length] == ','))
			return true;
		at += length;
	}
	return false;
}

/* Calls so far from this place, or EVERY if there is no room to count them. */
static unsigned int count_place(unsigned long address)
{
	unsigned int i;

	for (i = 0; i < PLACES; i++) {
		if (!places[i].address)
			places[i].address = address;
		if (places[i].address == address)
			return ++places[i].calls;
	}
	return EVERY;
}

static bool shall_fail_locked(struct target *target, unsigned long from)
{
	if (!nth || !is_wanted(target->name) ||
	    count_place(from) > target->limit || ++calls != nth)
		return false;
	failed_name = target->name;
	failed_in = from;
	return true;
}

static bool shall_fail(struct target *target, unsigned long from)
{
	unsigned long flags;
	bool ret;

	if (target->how == WORKS)
		return false;
	raw_local_irq_save(flags);
	arch_spin_lock(&lock);
	ret = shall_fail_locked(target, from);
	arch_spin_unlock(&lock);
	raw_local_irq_restore(flags);
	return ret;
}

static unsigned long failure(const struct target *target,
			     const struct pt_regs *regs)
{
	switch (target->how) {
	case SECOND:
		return regs->si;
	case THIRD:
		return regs->dx;
	default:
		return target->value;
	}
}

/*
 * The end of a function can be a jump to another one, which then seems to have been
 * called by the first one's caller. It is twinos.ko's own call if what was called is
 * the function itself, or one of twinos.ko that ends in such a jump. But none of these
 * ends in kfree(), and some of the kernel do: kvfree(), class_destroy(). A probe lies
 * behind the endbr of a function that has one.
 */
static bool is_own_call(const struct target *target,
			const struct module *twinos, unsigned long from)
{
	unsigned long to = from + *(s32 *)(from - sizeof(s32));
	unsigned long address = (unsigned long)target->probe.addr;

	return to == address || to == address - ENDBR_SIZE ||
	       (target->takes != KMALLOC && within_module(to, twinos));
}

/* free_contig_range(pfn, nr_pages) */
static int amount(const struct target *target, const struct pt_regs *regs)
{
	return target->takes == CONTIG_PAGES ? (int)regs->si : 1;
}

static void count_things(const struct target *target,
			 const struct pt_regs *regs)
{
	if (target->gives)
		atomic_inc(&held[target->gives]);
	if (target->takes && regs->di)
		atomic_sub(amount(target, regs), &held[target->takes]);
}

/* At a function's first byte the return address is on top of the stack. */
static int called(struct kprobe *probe, struct pt_regs *regs)
{
	struct target *target = container_of(probe, struct target, probe);
	const struct module *twinos = READ_ONCE(victim);
	unsigned long from = *(unsigned long *)regs->sp;

	if (!twinos || !within_module(from, twinos))
		return 0;
	if (!shall_fail(target, from)) {
		if (is_own_call(target, twinos, from))
			count_things(target, regs);
		return 0;
	}
	regs->ax = failure(target, regs);
	regs->ip = (unsigned long)do_nothing;
	return 1;
}

/* With it a probe is neither a jump nor a call that ignores regs->ip. */
static void called_after(struct kprobe *probe, struct pt_regs *regs,
			 unsigned long flags)
{
}

/*
 * alloc_contig_range(start, end, ...) may well fail without our doing, so what it
 * has given is known only when it returns.
 */
static int contig_called(struct kretprobe_instance *instance,
			 struct pt_regs *regs)
{
	const struct module *twinos = READ_ONCE(victim);
	unsigned long from = *(unsigned long *)regs->sp;

	*(int *)instance->data = (int)(regs->si - regs->di);
	return !twinos || !within_module(from, twinos);
}

static int contig_returned(struct kretprobe_instance *instance,
			   struct pt_regs *regs)
{
	if (!(int)regs_return_value(regs))
		atomic_add(*(int *)instance->data, &held[CONTIG_PAGES]);
	return 0;
}

static struct kretprobe contig_probe = {
	.entry_handler = contig_called,
	.handler = contig_returned,
	.data_size = sizeof(int),
};

/* ---- parameters ---------------------------------------------------------- */

static int nth_set(const char *text, const struct kernel_param *param)
{
	unsigned long flags;
	unsigned int value;
	int ret = kstrtouint(text, 0, &value);

	if (ret)
		return ret;
	raw_local_irq_save(flags);
	arch_spin_lock(&lock);
	nth = value;
	if (value) {
		calls = 0;
		failed_name = NULL;
		memset(places, 0, sizeof(places));
	}
	arch_spin_unlock(&lock);
	raw_local_irq_restore(flags);
	return 0;
}

static const struct kernel_param_ops nth_ops = {
	.set = nth_set,
	.get = param_get_uint,
};
module_param_cb(nth, &nth_ops, &nth, 0644);

module_param_string(only, only, sizeof(only), 0644);
module_param(calls, uint, 0444);

static int failed_get(char *buffer, const struct kernel_param *param)
{
	if (!failed_name)
		return sysfs_emit(buffer, "\n");
	return sysfs_emit(buffer, "%s in %ps\n", failed_name,
			  (void *)failed_in);
}

static const struct kernel_param_ops failed_ops = {
	.get = failed_get,
};
module_param_cb(failed, &failed_ops, NULL, 0444);

static int held_get(char *buffer, const struct kernel_param *param)
{
	unsigned int thing;
	int length = 0;

	for (thing = NOTHING + 1; thing < THINGS; thing++)
		length += sysfs_emit_at(buffer, length, "%s %d\n",
					thing_names[thing],
					atomic_read(&held[thing]));
	return length;
}

static const struct kernel_param_ops held_ops = {
	.get = held_get,
};
module_param_cb(held, &held_ops, NULL, 0444);

/* ---- coming and going ---------------------------------------------------- */

static int module_notified(struct notifier_block *block, unsigned long action,
			   void *data)
{
	const struct module *module = data;

	if (strcmp(module->name, "twinos"))
		return NOTIFY_DONE;
	if (action == MODULE_STATE_COMING)
		WRITE_ONCE(victim, module);
	else if (action == MODULE_STATE_GOING)
		WRITE_ONCE(victim, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block module_block = {
	.notifier_call = module_notified,
};

/* A function that this kernel does not have is another release's. */
static void probe_add(struct target *target)
{
	int ret;

	target->probe.symbol_name = target->name;
	target->probe.pre_handler = called;
	target->probe.post_handler = called_after;
	ret = register_kprobe(&target->probe);
	if (ret)
		pr_info("fault: no probe at %s: %d\n", target->name, ret);
}

static int contig_probe_add(void)
{
	contig_probe.kp.symbol_name = "alloc_contig_range";
	if (!register_kretprobe(&contig_probe))
		return 0;
	memset(&contig_probe.kp, 0, sizeof(contig_probe.kp));
	contig_probe.kp.symbol_name =
		"alloc_contig_range_noprof"; /* from 6.9 */
	return register_kretprobe(&contig_probe);
}

static int __init fault_init(void)
{
	int ret = contig_probe_add();
	size_t i;

	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		probe_add(&targets[i]);
	return register_module_notifier(&module_block);
}
module_init(fault_init);

/* There is no way out: nobody needs one. */
MODULE_DESCRIPTION("Let one call that twinos.ko makes fail, for tests");
MODULE_LICENSE("GPL");
