// SPDX-License-Identifier: LGPL-2.1-or-later
/* Checks of the CPUs: their clock, which can be lent, who else uses them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define CPUS "/sys/devices/system/cpu"
#define LIST_SIZE 96

#define MSR_AMD64_SYSCFG 0xc0010010
#define SYSCFG_MEM_ENCRYPT (1 << 23)
#define MSR_AMD64_SEV 0xc0010131
#define SEV_ENABLED (1 << 0)

static bool cpuid(const struct twinos_doctor *doctor, uint32_t leaf,
		  uint32_t regs[4])
{
	return doctor->asks.cpuid && doctor->asks.cpuid(leaf, 0, regs);
}

/* ---- the clock ----------------------------------------------------------- */

/* CPUID 0x80000007, EDX bit 8 (SDM volume 3, 18.17.1) */
static bool invariant_tsc(const struct twinos_doctor *doctor)
{
	uint32_t regs[4];

	if (cpuid(doctor, 0x80000007, regs))
		return regs[3] >> 8 & 1;
	return twinos_doctor_flag(doctor, "constant_tsc") &&
	       twinos_doctor_flag(doctor, "nonstop_tsc");
}

/* Linux takes it off that list once it has seen it go wrong. */
static bool distrusted(const struct twinos_doctor *doctor)
{
	char line[128];

	return !twinos_hostfs_line(
		       &doctor->fs,
		       "/sys/devices/system/clocksource/clocksource0/available_clocksource",
		       line, sizeof(line)) &&
	       *line && !strstr(line, "tsc");
}

static void tsc(struct twinos_doctor *doctor)
{
	if (!*doctor->flags)
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
				  "/proc/cpuinfo tells no flags");
	else if (!twinos_doctor_flag(doctor, "tsc"))
		twinos_doctor_say(doctor, TWINOS_VERDICT_NO,
				  "boot without notsc, or take another machine",
				  "no TSC in use: a twin has no other clock");
	else if (distrusted(doctor))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"see 'dmesg | grep -i tsc': a twin has no other clock",
			"the host does not use the TSC as a clock");
	else if (!invariant_tsc(doctor))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"watch a twin's date; host options that keep CPUs from deep sleep (max_cstate) help",
			"the CPU does not promise an invariant TSC: a twin's clock may be wrong after deep sleep");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "the TSC is invariant");
}

static void constant_tsc(struct twinos_doctor *doctor)
{
	if (!*doctor->flags)
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
				  "/proc/cpuinfo tells no flags");
	else if (!twinos_doctor_flag(doctor, "constant_tsc"))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO, "use dedicated mode",
			"/proc/cpuinfo has no constant_tsc, by which both kernels measure their turns");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "/proc/cpuinfo has constant_tsc");
}

/* ---- which can be lent --------------------------------------------------- */

/* CPUs that a twin takes turns on can't be lent; those lent are offline. */
static void remove_shared(const struct twinos_doctor *doctor,
			  struct twinos_cpulist *cpus)
{
	struct twinos_cpulist used = { 0 };
	char path[128], line[1024], **names;
	ssize_t nr, i;
	size_t cpu;

	nr = twinos_hostfs_list(&doctor->fs, "/sys/class/twinos", &names);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "/sys/class/twinos/%.40s/cpus",
			 names[i]);
		twinos_hostfs_line(&doctor->fs, path, line, sizeof(line));
		twinos_cpulist_parse(&used, line);
	}
	if (nr >= 0)
		free(names);
	for (cpu = 0; cpu < TWINOS_CPULIST_MAX; cpu++)
		cpus->has[cpu] &= !used.has[cpu];
}

static void spare_cpus(struct twinos_doctor *doctor)
{
	struct twinos_cpulist spare = doctor->online;
	char list[LIST_SIZE];
	size_t count;

	if (!twinos_cpulist_count(&spare))
		return twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN,
					 "mount /sys",
					 CPUS "/online tells no CPUs");
	spare.has[0] = 0;
	count = twinos_cpulist_count(&spare);
	if (!count)
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"use shared mode, bring more CPUs online, or give back those that are lent",
			"only the boot CPU is online, which can't be lent");
	remove_shared(doctor, &spare);
	count = twinos_cpulist_count(&spare);
	if (!count)
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO, "stop a twin",
			"twins use every CPU but the boot CPU");
	twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
			  "%zu CPU%s can be lent: %s", count,
			  count > 1 ? "s" : "",
			  twinos_cpulist_format(&spare, list, sizeof(list)));
}

/* The first CPU that has a sibling, with all of that core. */
static bool find_siblings(const struct twinos_doctor *doctor, char *line,
			  size_t size)
{
	struct twinos_cpulist core;
	char path[96];
	size_t cpu;

	for (cpu = 0; cpu < TWINOS_CPULIST_MAX; cpu++) {
		if (!doctor->online.has[cpu])
			continue;
		memset(&core, 0, sizeof(core));
		snprintf(path, sizeof(path),
			 CPUS "/cpu%zu/topology/thread_siblings_list", cpu);
		twinos_hostfs_line(&doctor->fs, path, line, size);
		if (twinos_cpulist_parse(&core, line) &&
		    twinos_cpulist_count(&core) > 1)
			return true;
	}
	return false;
}

static void smt(struct twinos_doctor *doctor)
{
	char line[LIST_SIZE];
	uint64_t active;

	if (find_siblings(doctor, line, sizeof(line)))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"lend all threads of a core to one twin; 'lscpu -e' shows which belong together",
			"cores have several threads (CPUs %s are one core), which share caches and secrets",
			line);
	else if (!twinos_hostfs_has(&doctor->fs, CPUS "/cpu0/topology") &&
		 twinos_hostfs_number(&doctor->fs, CPUS "/smt/active", &active))
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /sys",
				  CPUS " tells nothing of threads");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "each core has one thread online");
}

/* ---- who else uses them -------------------------------------------------- */

/* CPUID 1, ECX bit 31, and the name in leaf 0x40000000 */
static void hypervisor(struct twinos_doctor *doctor)
{
	uint32_t regs[4] = { 0 };
	char name[13] = "";
	bool virtual;

	virtual = cpuid(doctor, 1, regs) ?
			  regs[2] >> 31 :
			  twinos_doctor_flag(doctor, "hypervisor");
	if (!*doctor->flags)
		return twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN,
					 "mount /proc",
					 "/proc/cpuinfo tells no flags");
	if (!virtual)
		return twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
					 "no hypervisor");
	if (cpuid(doctor, 0x40000000, regs))
		memcpy(name, regs + 1, 12);
	twinos_doctor_say(
		doctor, TWINOS_VERDICT_NOTE,
		"try it where a reset of the virtual machine does no harm",
		"a virtual machine%s%s%s: what INIT and the APIC do is up to its hypervisor",
		*name ? " (" : "", name, *name ? ")" : "");
}

static bool loaded(const struct twinos_doctor *doctor, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return twinos_hostfs_has(&doctor->fs, path);
}

static const char *other_vmx(const struct twinos_doctor *doctor)
{
	static const char *const names[] = { "vboxdrv", "vmmon" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (loaded(doctor, names[i]))
			return names[i];
	return NULL;
}

/* From 6.12 on, KVM can switch VMX on when it is loaded. */
static bool virt_at_load(const struct twinos_doctor *doctor)
{
	char line[8];

	twinos_hostfs_line(&doctor->fs,
			   "/sys/module/kvm/parameters/enable_virt_at_load",
			   line, sizeof(line));
	return *line == 'Y';
}

static void kvm_intel(struct twinos_doctor *doctor)
{
	uint64_t users = 0;

	twinos_hostfs_number(&doctor->fs, "/sys/module/kvm_intel/refcnt",
			     &users);
	if (virt_at_load(doctor))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"modprobe -r kvm_intel, or load kvm with enable_virt_at_load=0",
			"kvm_intel keeps VMX on as long as it is loaded, in which no CPU can be shared");
	else if (users)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"end the virtual machines, or use dedicated mode",
			"KVM is in use (kvm_intel has %llu users): VMX is on, in which no CPU can be shared",
			(unsigned long long)users);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE, "modprobe -r kvm_intel",
			"kvm_intel is loaded: a virtual machine would keep a twin from its turns");
}

static void kvm(struct twinos_doctor *doctor)
{
	const char *other = other_vmx(doctor);

	if (!twinos_hostfs_has(&doctor->fs, "/sys/module"))
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /sys",
				  "can't see whether KVM is loaded");
	else if (loaded(doctor, "kvm_intel"))
		kvm_intel(doctor);
	else if (other)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"end its virtual machines before a CPU is shared",
			"%s is loaded, which may switch VMX on", other);
	else if (loaded(doctor, "kvm_amd"))
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "KVM on AMD does not stand in the way");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "KVM is not loaded");
}

/* ---- memory encryption --------------------------------------------------- */

enum encryption { ENCRYPTION_OFF, ENCRYPTION_ON, ENCRYPTION_UNKNOWN };

/* CPUID 0x8000001f, EAX: bit 0 SME, bit 1 SEV. */
static bool can_encrypt(const struct twinos_doctor *doctor)
{
	uint32_t regs[4];

	if (!doctor->asks.cpuid)
		return twinos_doctor_flag(doctor, "sme") ||
		       twinos_doctor_flag(doctor, "sev");
	return cpuid(doctor, 0x8000001f, regs) && regs[0] & 3;
}

/* The kernel says so early: a log without it is evidence only if it is whole. */
static enum encryption logged(const struct twinos_doctor *doctor)
{
	if (twinos_kmsg_says(&doctor->log,
			     "Memory Encryption Features active") ||
	    twinos_kmsg_says(&doctor->log, "Memory Encryption is active"))
		return ENCRYPTION_ON;
	return doctor->log.whole ? ENCRYPTION_OFF : ENCRYPTION_UNKNOWN;
}

/* SME is used where it was asked for; in a guest it is up to the hypervisor. */
static bool not_asked_for(const struct twinos_doctor *doctor)
{
	if (twinos_doctor_flag(doctor, "hypervisor") ||
	    twinos_doctor_option(doctor, "mem_encrypt=on"))
		return false;
	return twinos_doctor_option(doctor, "mem_encrypt=off") ||
	       twinos_kconfig_get(&doctor->kconfig,
				  "CONFIG_AMD_MEM_ENCRYPT_ACTIVE_BY_DEFAULT") ==
		       'n';
}

static enum encryption encryption(const struct twinos_doctor *doctor)
{
	uint64_t syscfg, sev;

	if (twinos_doctor_flag(doctor, "tdx_guest"))
		return ENCRYPTION_ON;
	if (!can_encrypt(doctor))
		return ENCRYPTION_OFF;
	if (!twinos_doctor_msr(doctor, 0, MSR_AMD64_SEV, &sev) &&
	    sev & SEV_ENABLED)
		return ENCRYPTION_ON;
	if (!twinos_doctor_msr(doctor, 0, MSR_AMD64_SYSCFG, &syscfg) &&
	    !(syscfg & SYSCFG_MEM_ENCRYPT) &&
	    !twinos_doctor_flag(doctor, "hypervisor"))
		return ENCRYPTION_OFF;
	if (logged(doctor) == ENCRYPTION_UNKNOWN && not_asked_for(doctor))
		return ENCRYPTION_OFF;
	return logged(doctor);
}

static void memory_encryption(struct twinos_doctor *doctor)
{
	if (!*doctor->flags)
		return twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN,
					 "mount /proc",
					 "/proc/cpuinfo tells no flags");
	switch (encryption(doctor)) {
	case ENCRYPTION_OFF:
		return twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
					 "memory is not encrypted");
	case ENCRYPTION_ON:
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"boot with mem_encrypt=off; dedicated mode was not tried with it",
			"memory is encrypted (SME, SEV or TDX), which shared mode can't do with");
	case ENCRYPTION_UNKNOWN:
		break;
	}
	twinos_doctor_say(
		doctor, TWINOS_VERDICT_UNKNOWN,
		"run it as root after 'modprobe msr', soon after booting",
		"the CPU can encrypt memory, and neither MSR nor log tell whether it does");
}

static void paging(struct twinos_doctor *doctor)
{
	if (twinos_doctor_flag(doctor, "la57"))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"give twins kernels with CONFIG_X86_5LEVEL, as distributions' are, or boot with no5lvl",
			"the host's page tables have 5 levels, and so will those of a twin");
	else if (*doctor->flags)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "the host's page tables have 4 levels");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
				  "/proc/cpuinfo tells no flags");
}

const struct twinos_check twinos_doctor_cpu[] = {
	{ "hypervisor", TWINOS_MODE_BOTH, false, hypervisor },
	{ "tsc", TWINOS_MODE_BOTH, true, tsc },
	{ "constant-tsc", TWINOS_MODE_SHARED, true, constant_tsc },
	{ "spare-cpus", TWINOS_MODE_DEDICATED, true, spare_cpus },
	{ "smt", TWINOS_MODE_DEDICATED, false, smt },
	{ "kvm", TWINOS_MODE_SHARED, true, kvm },
	{ "memory-encryption", TWINOS_MODE_SHARED, true, memory_encryption },
	{ "paging", TWINOS_MODE_SHARED, false, paging },
	{ 0 },
};
