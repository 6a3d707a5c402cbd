// SPDX-License-Identifier: LGPL-2.1-or-later
/* Checks of the local APICs and of how interrupts reach them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define MSR_IA32_APICBASE 0x1b
#define APICBASE_X2APIC (1 << 10)
#define APICBASE_ENABLE (1 << 11)
#define MSR_IA32_XAPIC_DISABLE_STATUS 0xbd
#define LEGACY_XAPIC_DISABLED (1 << 0)
#define MSR_IA32_ARCH_CAPABILITIES 0x10a
#define ARCH_CAP_XAPIC_DISABLE (1 << 21)

/* What xAPIC mode has room for. */
#define APIC_ID_END 0xff
/* Beyond it, the logical id of cluster mode does not fit into 8 bits. */
#define CLUSTER_ID_END 8

enum mode { MODE_UNKNOWN, MODE_OFF, MODE_XAPIC, MODE_X2APIC };

/* "Switched APIC routing to cluster x2apic", as of 6.1 and, with ':', 6.12 */
static const char *routing(const struct twinos_doctor *doctor)
{
	static const char words[] = "Switched APIC routing to";
	const char *at = doctor->log.text, *last = NULL;

	while (at && (at = strstr(at, words)))
		last = at += sizeof(words) - 1;
	return last;
}

static bool line_says(const char *line, const char *words)
{
	const char *at = line ? strstr(line, words) : NULL;

	return at && at < line + strcspn(line, "\n");
}

static enum mode mode_of_msr(uint64_t base)
{
	if (!(base & APICBASE_ENABLE))
		return MODE_OFF;
	return base & APICBASE_X2APIC ? MODE_X2APIC : MODE_XAPIC;
}

static enum mode find_mode(const struct twinos_doctor *doctor,
			   const char **source)
{
	uint64_t base;

	*source = "/dev/cpu/0/msr";
	if (!twinos_doctor_msr(doctor, 0, MSR_IA32_APICBASE, &base))
		return mode_of_msr(base);
	*source = "/proc/cpuinfo";
	if (*doctor->flags && !twinos_doctor_flag(doctor, "apic"))
		return MODE_OFF;
	if (*doctor->flags && !twinos_doctor_flag(doctor, "x2apic"))
		return MODE_XAPIC;
	*source = "/dev/kmsg";
	if (line_says(routing(doctor), "x2apic"))
		return MODE_X2APIC;
	if (routing(doctor))
		return MODE_XAPIC;
	return MODE_UNKNOWN;
}

#define READ_MSR "run it as root after 'modprobe msr'"

static void x2apic(struct twinos_doctor *doctor)
{
	const char *source;

	switch (find_mode(doctor, &source)) {
	case MODE_OFF:
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO, "boot without nolapic",
			"the local APIC is not in use, says %s", source);
	case MODE_XAPIC:
		return twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
					 "xAPIC mode, says %s", source);
	case MODE_X2APIC:
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "",
			"x2APIC mode, says %s; twins use xAPIC mode", source);
	case MODE_UNKNOWN:
		break;
	}
	twinos_doctor_say(
		doctor, TWINOS_VERDICT_UNKNOWN, READ_MSR,
		"the CPU has x2APIC mode, and neither MSR nor log tell whether it is used");
}

/* IA32_ARCH_CAPABILITIES bit 21 (SDM volume 3, 11.12.1.1) */
static void x2apic_lock(struct twinos_doctor *doctor)
{
	uint64_t caps, status;
	int ret;

	if (*doctor->flags && !twinos_doctor_flag(doctor, "arch_capabilities"))
		return twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
					 "the CPU has no such lock");
	ret = twinos_doctor_msr(doctor, 0, MSR_IA32_ARCH_CAPABILITIES, &caps);
	if (!ret && !(caps & ARCH_CAP_XAPIC_DISABLE))
		return twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
					 "the CPU has no such lock");
	if (ret || twinos_doctor_msr(doctor, 0, MSR_IA32_XAPIC_DISABLE_STATUS,
				     &status))
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN, READ_MSR,
			"can't read whether firmware has locked x2APIC mode");
	if (status & LEGACY_XAPIC_DISABLED)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"give twins kernels of 6.1 or later, or unlock it in the firmware's set-up",
			"firmware has locked x2APIC mode, which was not tried with twins");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "x2APIC mode is not locked");
}

/**
 * struct ids - the APIC ids of CPUs that are online
 * @nr: how many of them are below the limit that was asked for
 * @others: how many are not
 */
struct ids {
	size_t nr, others;
};

/* "processor\t: 1" ... "apicid\t\t: 2" for each CPU of /proc/cpuinfo */
static struct ids count_ids(const struct twinos_doctor *doctor,
			    unsigned long end, bool boot_cpu_too)
{
	const char *at = doctor->cpuinfo;
	struct ids ids = { 0 };
	unsigned long cpu = 0, id;

	for (; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		if (sscanf(at, "processor : %lu", &cpu) == 1 ||
		    sscanf(at, "apicid : %lu", &id) != 1 ||
		    (!cpu && !boot_cpu_too))
			continue;
		if (id < end)
			ids.nr++;
		else
			ids.others++;
	}
	return ids;
}

static void apic_ids(struct twinos_doctor *doctor)
{
	struct ids ids = count_ids(doctor, APIC_ID_END, false);

	if (!strstr(doctor->cpuinfo, "\napicid"))
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
				  "/proc/cpuinfo tells no APIC ids");
	else if (!ids.others)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "all APIC ids are below 255");
	else if (ids.nr)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"choose CPUs whose apicid in /proc/cpuinfo is below 255",
			"%zu CPUs have APIC ids above 254, which a twin can't use",
			ids.others);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"bring CPUs online whose APIC id is below 255",
			"all CPUs but the boot CPU have APIC ids above 254, which a twin can't use");
}

/* Logical destinations are what x2APIC hosts use unless told otherwise. */
static bool cluster_mode(const struct twinos_doctor *doctor)
{
	return !twinos_doctor_option(doctor, "x2apic_phys") &&
	       !line_says(routing(doctor), "physical");
}

static void shared_apic_ids(struct twinos_doctor *doctor)
{
	const char *source;
	enum mode mode = find_mode(doctor, &source);
	bool cluster = cluster_mode(doctor);
	struct ids ids =
		count_ids(doctor, cluster ? CLUSTER_ID_END : APIC_ID_END, true);

	if (mode == MODE_UNKNOWN && (ids.others || !ids.nr))
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN, READ_MSR,
			"not known whether x2APIC mode keeps CPUs from being shared");
	else if (mode != MODE_X2APIC || !ids.others)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "every CPU's id fits into xAPIC mode");
	else if (ids.nr)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"choose one of the others, or boot with x2apic_phys",
			"%zu CPUs can't be shared: in xAPIC mode there is no room for their %s ids",
			ids.others, cluster ? "logical" : "APIC");
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO, "boot with x2apic_phys",
			"no CPU can be shared: in xAPIC mode there is no room for their %s ids",
			cluster ? "logical" : "APIC");
}

/* Each irq's line names its chip: "IR-PCI-MSI", "IR-IO-APIC". */
static void interrupt_remapping(struct twinos_doctor *doctor)
{
	static const char path[] = "/proc/interrupts";
	char *text = twinos_hostfs_read(&doctor->fs, path);

	if (text && strstr(text, " IR-"))
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "", "on, says %s",
				  path);
	else if (text && *text)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "off, says %s; twins do not need it", path);
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
				  "can't read %s", path);
	free(text);
}

const struct twinos_check twinos_doctor_apic[] = {
	{ "x2apic", TWINOS_MODE_BOTH, false, x2apic },
	{ "x2apic-lock", TWINOS_MODE_BOTH, false, x2apic_lock },
	{ "apic-ids", TWINOS_MODE_DEDICATED, true, apic_ids },
	{ "shared-apic-ids", TWINOS_MODE_SHARED, true, shared_apic_ids },
	{ "interrupt-remapping", TWINOS_MODE_BOTH, false, interrupt_remapping },
	{ 0 },
};
