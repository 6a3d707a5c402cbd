// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of twinctl doctor on made-up machines: each test begins with a good
 * one, of which it takes something away.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"
#include "fake_root.h"

#define RELEASE "6.1.0-56-amd64"
#define CONFIG "/boot/config-" RELEASE
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define MEMMAP "/sys/firmware/memmap/0/"
#define SECUREBOOT                   \
	"/sys/firmware/efi/efivars/" \
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

#define OK TWINOS_VERDICT_OK
#define NOTE TWINOS_VERDICT_NOTE
#define UNKNOWN TWINOS_VERDICT_UNKNOWN
#define NO TWINOS_VERDICT_NO

static const char *root;
static struct twinos_report *report;
static bool try_memory;

/* ---- who is asked -------------------------------------------------------- */

static struct {
	bool invariant_tsc, hypervisor, encryption;
} cpu;

static bool fake_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	(void)subleaf;
	memset(regs, 0, 4 * sizeof(*regs));
	switch (leaf) {
	case 1:
		regs[2] = cpu.hypervisor ? 1U << 31 : 0;
		return true;
	case 0x40000000:
		memcpy(regs + 1, "FAKE\x01HYPER\n.", 12);
		return true;
	case 0x80000007:
		regs[3] = cpu.invariant_tsc ? 1 << 8 : 0;
		return true;
	case 0x8000001f:
		regs[0] = cpu.encryption;
		return true;
	}
	return false;
}

static int module_code;

static int fake_module(char *version, size_t size, struct twinos_error *err)
{
	(void)err;
	snprintf(version, size, "0.1");
	return module_code;
}

static struct twinos_tried tried;
static int tried_code;

static int fake_try(struct twinos_tried *out, struct twinos_error *err)
{
	strcpy(err->text, "the reason");
	*out = tried;
	return tried_code;
}

static struct twinos_asks asks;

/* ---- the machine --------------------------------------------------------- */

static void put_cpu(const char *flags, unsigned int id0, unsigned int id1)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "processor\t: 0\napicid\t\t: %u\nflags\t\t: %s\n\n"
		 "processor\t: 1\napicid\t\t: %u\nflags\t\t: %s\n\n",
		 id0, flags, id1, flags);
	fake_root_put("/proc/cpuinfo", text);
}

#define FLAGS "fpu tsc apic constant_tsc nonstop_tsc x2apic"

static void put_kernel(void)
{
	fake_root_put("/proc/sys/kernel/osrelease", RELEASE "\n");
	fake_root_put("/proc/cmdline", "quiet\n");
	fake_root_put(CONFIG, "CONFIG_X86_64=y\nCONFIG_HOTPLUG_CPU=y\n"
			      "CONFIG_CONTIG_ALLOC=y\nCONFIG_MODULES=y\n"
			      "CONFIG_SECURITY_LOCKDOWN_LSM=y\n");
	fake_root_put(LOCKDOWN, "[none] integrity confidentiality\n");
	fake_root_put("/sys/module/module/parameters/sig_enforce", "N\n");
	fake_root_put("/proc/self/status",
		      "Name:\tx\nCapEff:\t000001ffffffffff\n");
	fake_root_put("/dev/kmsg",
		      "6,0,0,-;Linux version " RELEASE "\n"
		      "6,9,0,-;Switched APIC routing to physical flat.\n");
	fake_root_put("/usr/lib/twinos/init", "x");
	fake_root_put("/usr/lib/twinos/" RELEASE "/twinos_guest.ko", "x");
}

static void put_memory(void)
{
	fake_root_put("/proc/iomem", "00001000-0009fbff : System RAM\n"
				     "00100000-3fffffff : System RAM\n"
				     "40000000-5fffffff : Reserved\n");
	fake_root_put(MEMMAP "start", "0x0\n");
	fake_root_put(MEMMAP "end", "0x5fffffff\n");
	fake_root_put(MEMMAP "type", "System RAM\n");
	fake_root_put("/proc/meminfo", "MemTotal:        2097152 kB\n"
				       "MemAvailable:    1835008 kB\n");
	fake_root_put("/proc/buddyinfo",
		      "Node 0, zone    DMA32  5 5 5 5 5 5 5 5 5 0 300\n"
		      "Node 0, zone   Normal  1 1 1 1 1 1 1 1 1 10 0\n");
	fake_root_put(
		"/proc/pagetypeinfo",
		"Page block order: 9\nPages per block:  512\n\n"
		"Number of blocks type     Unmovable      Movable  Reclaimable\n"
		"Node 0, zone      DMA            1            7            0\n"
		"Node 0, zone    DMA32            0          700            0\n");
}

static int make_machine(void **state)
{
	(void)state;
	root = fake_root_make();
	put_kernel();
	put_memory();
	put_cpu(FLAGS, 0, 1);
	fake_root_put("/sys/devices/system/cpu/online", "0-1\n");
	fake_root_put("/sys/devices/system/cpu/smt/active", "0\n");
	fake_root_put("/proc/interrupts", "  0:  1  IO-APIC  2-edge  timer\n");
	asks = (struct twinos_asks){ .cpuid = fake_cpuid,
				     .module = fake_module,
				     .try_memory = fake_try };
	memset(&cpu, 0, sizeof(cpu));
	cpu.invariant_tsc = true;
	module_code = 0;
	try_memory = false;
	tried_code = 0;
	tried = (struct twinos_tried){ .largest = 1 << 30,
				       .total = 1536ULL << 20,
				       .low = true };
	return 0;
}

static int remove_machine(void **state)
{
	(void)state;
	twinos_report_free(report);
	report = NULL;
	fake_root_remove();
	return 0;
}

static void look(void)
{
	const struct twinos_doctor_config config = { .root = root,
						     .try_memory = try_memory };
	struct twinos_error err;

	twinos_report_free(report);
	assert_int_equal(twinos_doctor_examine(&config, &asks, &report, &err),
			 0);
}

static const struct twinos_finding *find(const char *id)
{
	size_t i;

	for (i = 0; i < report->nr_findings; i++)
		if (!strcmp(report->findings[i].id, id))
			return &report->findings[i];
	fail_msg("no finding %s", id);
	return NULL;
}

/* What was found holds @words; a finding that is not ok says what to do. */
static void finds(const char *id, enum twinos_verdict verdict,
		  const char *words)
{
	const struct twinos_finding *finding = find(id);

	if (finding->verdict != verdict || !strstr(finding->found, words))
		fail_msg("%s: %s: %s", id,
			 twinos_verdict_name(finding->verdict), finding->found);
	assert_int_equal(!*finding->next, verdict == OK);
}

/* The same after a look, with what it means for both modes. */
static void says(const char *id, enum twinos_verdict verdict, const char *words,
		 enum twinos_verdict dedicated, enum twinos_verdict shared)
{
	look();
	finds(id, verdict, words);
	assert_int_equal(report->dedicated, dedicated);
	assert_int_equal(report->shared, shared);
}

/* ---- the tests ----------------------------------------------------------- */

static void good(void **state)
{
	size_t i;

	(void)state;
	look();
	assert_int_equal(report->dedicated, OK);
	assert_int_equal(report->shared, OK);
	for (i = 0; i < report->nr_findings; i++)
		finds(report->findings[i].id, OK, "");
}

/* Nothing is known, and nothing is guessed. */
static void empty(void **state)
{
	struct twinos_doctor_config config = { .root = "/nonexistent" };
	struct twinos_error err;
	size_t i;

	(void)state;
	fake_root_remove();
	root = fake_root_make();
	memset(&asks, 0, sizeof(asks));
	look();
	assert_int_equal(report->dedicated, UNKNOWN);
	assert_int_equal(report->shared, UNKNOWN);
	for (i = 0; i < report->nr_findings; i++)
		if (report->findings[i].decisive)
			finds(report->findings[i].id, UNKNOWN, "");
	assert_int_equal(twinos_doctor_examine(&config, &asks, &report, &err),
			 -ENOENT);
}

static void version(void **state)
{
	(void)state;
	fake_root_put("/proc/sys/kernel/osrelease", "5.10.0-9-amd64\n");
	says("kernel-version", NOTE, "older than 6.1", OK, OK);
	fake_root_put("/proc/sys/kernel/osrelease", "6.13.1\n");
	says("kernel-version", NOTE, "newer than 6.12", OK, OK);
	fake_root_put("/proc/sys/kernel/osrelease", "x\x1b\n");
	says("kernel-version", UNKNOWN, "no version", UNKNOWN, UNKNOWN);
}

static void options(void **state)
{
	(void)state;
	module_code = -ENOENT;
	says("hotplug-cpu", OK, CONFIG, OK, OK);
	fake_root_put(CONFIG, "CONFIG_X86_64=y\n");
	says("hotplug-cpu", NO, "HOTPLUG_CPU is not set", NO, NO);
	finds("contig-alloc", NO, "CONTIG_ALLOC is not set");

	/* Without a configuration other things may show it, or nothing. */
	fake_root_drop(CONFIG);
	says("hotplug-cpu", UNKNOWN, "no configuration", UNKNOWN, UNKNOWN);
	fake_root_put("/sys/devices/system/cpu/hotplug/states", "x");
	fake_root_put("/proc/kallsyms", "0 T alloc_contig_range_not\n");
	look();
	finds("hotplug-cpu", OK, "/sys/devices");
	finds("contig-alloc", UNKNOWN, "");
	fake_root_put("/proc/kallsyms", "0 T alloc_contig_range_noprof\n");
	look();
	finds("contig-alloc", OK, "/proc/kallsyms");
	fake_root_drop("/proc/kallsyms");
	module_code = 0;
	says("contig-alloc", OK, "loaded module", OK, OK);
}

static void lockdown(void **state)
{
	(void)state;
	fake_root_put(LOCKDOWN, "none [integrity] confidentiality\n");
	says("kexec-lockdown", NO, "locked down (integrity)", NO, NO);
	fake_root_put(LOCKDOWN, "none integrity [confidentiality]\n");
	says("kexec-lockdown", NO, "(confidentiality)", NO, NO);

	fake_root_put(LOCKDOWN, "nonsense");
	module_code = -ENOENT;
	says("kexec-lockdown", UNKNOWN, "can't read", UNKNOWN, UNKNOWN);
	fake_root_drop(LOCKDOWN);
	says("kexec-lockdown", UNKNOWN, "can't read", UNKNOWN, UNKNOWN);
	fake_root_put("/dev/kmsg",
		      "5,3,0,-;Kernel is locked down from command line\n");
	says("kexec-lockdown", NO, "says /dev/kmsg", NO, NO);
	fake_root_drop("/dev/kmsg");
	fake_root_put("/sys/kernel/security/lsm", "capability,yama");
	says("kexec-lockdown", OK, "no lockdown", OK, OK);
}

static void secure_boot(void **state)
{
	(void)state;
	says("secure-boot", OK, "not booted by UEFI", OK, OK);
	fake_root_put("/sys/firmware/efi/systab", "x");
	says("secure-boot", UNKNOWN, "can't read", OK, OK);
	fake_root_bytes(SECUREBOOT, 0, "\6\0\0\0\0", 5);
	says("secure-boot", OK, "off", OK, OK);
	fake_root_bytes(SECUREBOOT, 0, "\6\0\0\0\1", 5);
	says("secure-boot", NOTE, "on", OK, OK);
	fake_root_drop(SECUREBOOT);
	fake_root_bytes(SECUREBOOT, 0, "\6\0\0\0", 4);
	says("secure-boot", UNKNOWN, "can't read", OK, OK);
}

static void module(void **state)
{
	(void)state;
	says("module", OK, "0.1 is loaded", OK, OK);
	module_code = -EPROTO;
	says("module", NO, "revision", NO, NO);
	module_code = -ENOENT;
	says("module", NOTE, "not installed for " RELEASE, OK, OK);
	fake_root_put("/lib/modules/" RELEASE "/modules.dep",
		      "kernel/a.ko:\nupdates/twinos.ko: kernel/a.ko\n");
	says("module", NOTE, "(updates/twinos.ko)", OK, OK);
	fake_root_put("/proc/sys/kernel/modules_disabled", "1\n");
	says("module", NO, "modules_disabled", NO, NO);
	fake_root_put("/proc/sys/kernel/modules_disabled", "0\n");
	fake_root_put("/proc/cmdline", "quiet nomodule\n");
	says("module", NO, "nomodule", NO, NO);
	fake_root_put("/proc/cmdline", "nomodules x.nomodule=1\n");
	says("module", NOTE, "not loaded", OK, OK);
	module_code = -EACCES;
	fake_root_put("/sys/module/twinos/refcnt", "0\n");
	says("module", UNKNOWN, "can't be opened", OK, OK);
}

static void signature(void **state)
{
	(void)state;
	module_code = -ENOENT;
	says("module-signature", OK, "unsigned", OK, OK);
	fake_root_put("/sys/module/module/parameters/sig_enforce", "Y\n");
	says("module-signature", NOTE, "signed modules only", OK, OK);
	module_code = 0;
	says("module-signature", OK, "loaded already", OK, OK);
}

static void capability(void **state)
{
	(void)state;
	fake_root_put("/proc/self/status",
		      "Name:\tx\nCapEff:\t0000000000200000\n");
	says("capability", NOTE, "lacks CAP_SYS_BOOT", OK, OK);
	fake_root_put("/proc/self/status",
		      "Name:\tx\nCapEff:\t0000000000400000\n");
	says("capability", OK, "has CAP_SYS_BOOT", OK, OK);
}

static void tsc(void **state)
{
	(void)state;
	cpu.invariant_tsc = false;
	says("tsc", NOTE, "does not promise", OK, OK);
	asks.cpuid = NULL;
	says("tsc", OK, "invariant", OK, OK);
	fake_root_put(
		"/sys/devices/system/clocksource/clocksource0/available_clocksource",
		"hpet acpi_pm \n");
	says("tsc", NOTE, "does not use the TSC", OK, OK);
	put_cpu("fpu apic", 0, 1);
	says("tsc", NO, "no TSC", NO, NO);
	put_cpu("fpu apic tsc not_constant_tsc constant_tsc_not", 0, 1);
	says("constant-tsc", NO, "no constant_tsc", OK, NO);
}

static void spare_cpus(void **state)
{
	(void)state;
	says("spare-cpus", OK, "1 CPU can be lent: 1", OK, OK);
	fake_root_put("/sys/devices/system/cpu/online", "0,2-3\n");
	says("spare-cpus", OK, "2 CPUs can be lent: 2-3", OK, OK);
	fake_root_put("/sys/class/twinos/a/cpus", "3\n");
	says("spare-cpus", OK, "1 CPU can be lent: 2", OK, OK);
	fake_root_put("/sys/class/twinos/b/cpus", "2\n");
	says("spare-cpus", NO, "twins use", NO, OK);
	fake_root_put("/sys/devices/system/cpu/online", "0\n");
	says("spare-cpus", NO, "only the boot CPU", NO, OK);
	fake_root_put("/sys/devices/system/cpu/online", "0-\n");
	says("spare-cpus", UNKNOWN, "", UNKNOWN, OK);
}

static void smt(void **state)
{
	(void)state;
	fake_root_put(
		"/sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
		"0\n");
	says("smt", OK, "one thread", OK, OK);
	fake_root_put(
		"/sys/devices/system/cpu/cpu1/topology/thread_siblings_list",
		"1,3\n");
	says("smt", NOTE, "CPUs 1,3 are one core", OK, OK);
}

static void hypervisor(void **state)
{
	(void)state;
	cpu.hypervisor = true;
	says("hypervisor", NOTE, "(FAKE?HYPER?.)", OK, OK);
}

static void kvm(void **state)
{
	(void)state;
	says("kvm", OK, "not loaded", OK, OK);
	fake_root_put("/sys/module/kvm_amd/refcnt", "4\n");
	says("kvm", OK, "AMD", OK, OK);
	fake_root_put("/sys/module/vboxdrv/refcnt", "0\n");
	says("kvm", NOTE, "vboxdrv", OK, OK);
	fake_root_put("/sys/module/kvm_intel/refcnt", "0\n");
	says("kvm", NOTE, "is loaded", OK, OK);
	fake_root_put("/sys/module/kvm_intel/refcnt", "3\n");
	says("kvm", NO, "3 users", OK, NO);
	fake_root_put("/sys/module/kvm_intel/refcnt", "0\n");
	fake_root_put("/sys/module/kvm/parameters/enable_virt_at_load", "Y\n");
	says("kvm", NO, "keeps VMX on", OK, NO);
	fake_root_put("/sys/module/kvm/parameters/enable_virt_at_load", "N\n");
	says("kvm", NOTE, "is loaded", OK, OK);
}

static void put_msr(unsigned int msr, uint64_t value)
{
	fake_root_bytes("/dev/cpu/0/msr", msr, &value, sizeof(value));
}

static void encryption(void **state)
{
	(void)state;
	cpu.encryption = true;
	says("memory-encryption", OK, "not encrypted", OK, OK);
	fake_root_put("/dev/kmsg", "6,0,0,-;x\n6,1,0,-;AMD Memory Encryption "
				   "Features active: SME\n");
	says("memory-encryption", NO, "encrypted", OK, NO);
	/* A log whose beginning is lost says nothing by its silence. */
	fake_root_put("/dev/kmsg", "6,5,0,-;x\n");
	says("memory-encryption", OK, "not encrypted", OK, OK);
	put_cpu(FLAGS " hypervisor", 0, 1);
	says("memory-encryption", UNKNOWN, "", OK, UNKNOWN);
	put_cpu(FLAGS, 0, 1);
	fake_root_put("/proc/cmdline", "mem_encrypt=on\n");
	says("memory-encryption", UNKNOWN, "", OK, UNKNOWN);
	put_msr(0x1b, 0xfee00900);
	put_msr(0xc0010010, 0);
	says("memory-encryption", OK, "not encrypted", OK, OK);
	put_msr(0xc0010131, 1);
	says("memory-encryption", NO, "encrypted", OK, NO);
	fake_root_drop("/dev/cpu/0/msr");
	cpu.encryption = false;
	put_cpu(FLAGS " tdx_guest", 0, 1);
	says("memory-encryption", NO, "encrypted", OK, NO);
}

static void paging(void **state)
{
	(void)state;
	put_cpu(FLAGS " la57", 0, 1);
	says("paging", NOTE, "5 levels", OK, OK);
}

static void x2apic(void **state)
{
	(void)state;
	says("x2apic", OK, "xAPIC mode, says /dev/kmsg", OK, OK);
	fake_root_put(
		"/dev/kmsg",
		"6,9,0,-;APIC: Switched APIC routing to: cluster x2apic\n");
	says("x2apic", OK, "x2APIC mode, says /dev/kmsg", OK, OK);
	fake_root_put("/dev/kmsg", "6,9,0,-;x2apic: words\n");
	says("x2apic", UNKNOWN, "neither MSR nor log", OK, OK);
	put_msr(0x1b, 0xfee00d00);
	says("x2apic", OK, "x2APIC mode, says /dev/cpu/0/msr", OK, OK);
	put_msr(0x1b, 0xfee00900);
	says("x2apic", OK, "xAPIC mode, says /dev/cpu/0/msr", OK, OK);
	put_msr(0x1b, 0xfee00100);
	says("x2apic", NO, "not in use", NO, NO);
	fake_root_drop("/dev/cpu/0/msr");
	put_cpu("fpu tsc apic constant_tsc nonstop_tsc", 0, 1);
	says("x2apic", OK, "xAPIC mode, says /proc/cpuinfo", OK, OK);
	put_cpu("fpu tsc constant_tsc nonstop_tsc", 0, 1);
	says("x2apic", NO, "not in use", NO, NO);
}

static void lock(void **state)
{
	(void)state;
	says("x2apic-lock", OK, "no such lock", OK, OK);
	put_cpu(FLAGS " arch_capabilities", 0, 1);
	says("x2apic-lock", UNKNOWN, "can't read", OK, OK);
	put_msr(0x1b, 0xfee00d00);
	put_msr(0x10a, 1 << 3);
	says("x2apic-lock", OK, "no such lock", OK, OK);
	put_msr(0x10a, 1 << 21);
	put_msr(0xbd, 0);
	says("x2apic-lock", OK, "not locked", OK, OK);
	put_msr(0xbd, 1);
	says("x2apic-lock", NOTE, "locked x2APIC", OK, OK);
}

static void apic_ids(void **state)
{
	(void)state;
	put_cpu(FLAGS, 0, 254);
	says("apic-ids", OK, "below 255", OK, OK);
	put_cpu(FLAGS, 0, 255);
	says("apic-ids", NO, "all CPUs but the boot CPU", NO, OK);
	/* The boot CPU's own does not matter. */
	put_cpu(FLAGS, 300, 1);
	says("apic-ids", OK, "below 255", OK, OK);
	fake_root_put("/proc/cpuinfo",
		      "processor\t: 0\nflags\t\t: " FLAGS "\n"
		      "apicid\t: 0\nprocessor\t: 1\napicid\t: 1\n"
		      "processor\t: 2\napicid\t: 999\n");
	says("apic-ids", NOTE, "1 CPUs have", OK, OK);
}

static void shared_ids(void **state)
{
	(void)state;
	put_cpu(FLAGS, 8, 16);
	says("shared-apic-ids", OK, "fits", OK, OK);
	fake_root_put("/dev/kmsg",
		      "6,9,0,-;Switched APIC routing to cluster x2apic.\n");
	says("shared-apic-ids", NO, "logical ids", OK, NO);
	put_cpu(FLAGS, 7, 16);
	says("shared-apic-ids", NOTE, "1 CPUs can't be shared", OK, OK);
	put_cpu(FLAGS, 8, 16);
	fake_root_put("/dev/kmsg",
		      "6,9,0,-;Switched APIC routing to physical x2apic.\n");
	says("shared-apic-ids", OK, "fits", OK, OK);
	fake_root_drop("/dev/kmsg");
	says("shared-apic-ids", UNKNOWN, "", OK, UNKNOWN);
	fake_root_put("/proc/cmdline", "x2apic_phys\n");
	says("shared-apic-ids", OK, "fits", OK, OK);
}

static void remapping(void **state)
{
	(void)state;
	says("interrupt-remapping", OK, "off", OK, OK);
	fake_root_put("/proc/interrupts", "  0: 1 IR-IO-APIC 2-edge timer\n");
	says("interrupt-remapping", OK, "on", OK, OK);
	fake_root_drop("/proc/interrupts");
	says("interrupt-remapping", UNKNOWN, "", OK, OK);
}

static void reserved(void **state)
{
	(void)state;
	says("reserved", OK, "no memmap=", OK, OK);
	fake_root_put("/proc/cmdline", "memmap=256M$1G\n");
	says("reserved", OK, "256M at 0x40000000", OK, OK);
	fake_root_put(MEMMAP "end", "0x4effffff\n");
	says("reserved", NOTE, "does not call all of it RAM", OK, OK);
	fake_root_drop("/sys/firmware/memmap");
	says("reserved", OK, "whether RAM is there is not known", OK, OK);
	fake_root_put("/proc/cmdline", "memmap=256M$0x50000000,1G$4G\n");
	says("reserved", NOTE, "not all of it is Reserved", OK, OK);
	fake_root_put("/proc/iomem", "00000000-00000000 : System RAM\n");
	says("reserved", UNKNOWN, "does not tell", OK, OK);
}

static void contiguous(void **state)
{
	(void)state;
	/* 1835008 kB but a sixteenth of 2 GiB; 300 blocks of 4M and 10 of 2M. */
	fake_root_put("/proc/pagetypeinfo", "cut short");
	says("contiguous", OK, "about 1664M, says /proc/meminfo; 1220M", OK,
	     OK);
	put_memory();
	says("contiguous", OK, "about 1414M, says /proc/pagetypeinfo; 1220M",
	     OK, OK);
	fake_root_put("/proc/meminfo",
		      "MemTotal: 2097152 kB\nCmaFree: 1024 kB\n"
		      "MemAvailable: 524288 kB\n");
	says("contiguous", NOTE, "about 383M", OK, OK);
	fake_root_put("/proc/meminfo", "MemTotal: 2097152 kB\n"
				       "MemAvailable: 132096 kB\n");
	says("contiguous", NO, "about 1M", NO, NO);
	fake_root_put("/proc/zoneinfo",
		      "Node 0, zone Normal\n  pagesets\n"
		      "    cpu: 0\n              count: 8192\n"
		      "    cpu: 1\n              count: 8192\n");
	says("contiguous", NOTE, "about 65M", OK, OK);
	fake_root_drop("/proc/zoneinfo");
	fake_root_put("/proc/cmdline", "memmap=256M$1G\n");
	says("contiguous", NOTE, "about 1M", OK, OK);
	fake_root_put("/proc/meminfo", "MemTotal: x\nMemAvailable: 9\n");
	says("contiguous", UNKNOWN, "", UNKNOWN, UNKNOWN);
}

static void tries(void **state)
{
	(void)state;
	try_memory = true;
	says("contiguous", OK, "tried: 1024M in one piece, 1536M in all", OK,
	     OK);
	finds("low-memory", OK, "tried");
	tried.low = false;
	says("low-memory", NO, "tried", NO, NO);
	tried_code = -EPERM;
	says("contiguous", UNKNOWN, "the reason", UNKNOWN, UNKNOWN);
	tried_code = 0;
	tried.low = true;
	tried.largest = 32 << 20;
	says("contiguous", NO, "tried: 32M", NO, NO);
}

static void low_memory(void **state)
{
	(void)state;
	says("low-memory", OK, "575K of RAM", OK, OK);
	fake_root_put("/proc/iomem", "00001000-0001efff : System RAM\n");
	says("low-memory", NO, "60K of RAM", NO, NO);
	fake_root_drop("/proc/iomem");
	says("low-memory", UNKNOWN, "", OK, OK);
}

static void guest_modules(void **state)
{
	(void)state;
	says("guest-modules", OK, RELEASE, OK, OK);
	fake_root_put("/usr/lib/twinos/6.12/twinos_guest.ko", "x");
	fake_root_drop("/usr/lib/twinos/" RELEASE);
	says("guest-modules", NOTE, "but for 6.12", OK, OK);
	fake_root_drop("/usr/lib/twinos/init");
	says("guest-modules", NOTE, "lacks init", OK, OK);
	fake_root_drop("/usr/lib/twinos");
	says("guest-modules", NOTE, "lacks a guest module", OK, OK);
}

/* A "no" outweighs what is unknown, and ids never change. */
static void sum(void **state)
{
	static const char *const ids[] = {
		"kernel-version",
		"hotplug-cpu",
		"contig-alloc",
		"kexec-lockdown",
		"secure-boot",
		"module",
		"module-signature",
		"capability",
		"hypervisor",
		"tsc",
		"constant-tsc",
		"spare-cpus",
		"smt",
		"kvm",
		"memory-encryption",
		"paging",
		"x2apic",
		"x2apic-lock",
		"apic-ids",
		"shared-apic-ids",
		"interrupt-remapping",
		"reserved",
		"contiguous",
		"low-memory",
		"guest-modules",
	};
	size_t i;

	(void)state;
	fake_root_put("/sys/devices/system/cpu/online", "0\n");
	fake_root_drop("/proc/meminfo");
	says("spare-cpus", NO, "", NO, UNKNOWN);
	assert_int_equal(report->nr_findings, sizeof(ids) / sizeof(*ids));
	for (i = 0; i < report->nr_findings; i++)
		assert_string_equal(report->findings[i].id, ids[i]);
}

#define ON_MACHINE(test) \
	cmocka_unit_test_setup_teardown(test, make_machine, remove_machine)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_MACHINE(good),	ON_MACHINE(empty),
		ON_MACHINE(version),	ON_MACHINE(options),
		ON_MACHINE(lockdown),	ON_MACHINE(secure_boot),
		ON_MACHINE(module),	ON_MACHINE(signature),
		ON_MACHINE(capability), ON_MACHINE(tsc),
		ON_MACHINE(spare_cpus), ON_MACHINE(smt),
		ON_MACHINE(hypervisor), ON_MACHINE(kvm),
		ON_MACHINE(encryption), ON_MACHINE(paging),
		ON_MACHINE(x2apic),	ON_MACHINE(lock),
		ON_MACHINE(apic_ids),	ON_MACHINE(shared_ids),
		ON_MACHINE(remapping),	ON_MACHINE(reserved),
		ON_MACHINE(contiguous), ON_MACHINE(tries),
		ON_MACHINE(low_memory), ON_MACHINE(guest_modules),
		ON_MACHINE(sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
