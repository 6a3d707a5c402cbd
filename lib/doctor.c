// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whether a machine can run twins: reads what several checks need, runs them in
 * the order of the tables, and sums up. Each check says what it has found, and
 * none guesses: what can't be seen is TWINOS_VERDICT_UNKNOWN.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "error.h"

static const struct twinos_check *const tables[] = {
	twinos_doctor_kernel, twinos_doctor_module, twinos_doctor_cpu,
	twinos_doctor_apic,   twinos_doctor_memory, twinos_doctor_guest,
};

#define NR_TABLES (sizeof(tables) / sizeof(*tables))

const char *twinos_verdict_name(enum twinos_verdict verdict)
{
	static const char *const names[] = {
		[TWINOS_VERDICT_OK] = "ok",
		[TWINOS_VERDICT_NOTE] = "note",
		[TWINOS_VERDICT_UNKNOWN] = "unknown",
		[TWINOS_VERDICT_NO] = "no",
	};

	return names[verdict];
}

/* ---- for the checks ------------------------------------------------------ */

/* Files, firmware and hypervisors may hold any bytes. */
static void tame(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void twinos_doctor_say(struct twinos_doctor *doctor,
		       enum twinos_verdict verdict, const char *next,
		       const char *format, ...)
{
	struct twinos_report *report = doctor->report;
	struct twinos_finding *finding =
		&report->findings[report->nr_findings++];
	va_list args;

	finding->id = doctor->check->id;
	finding->modes = doctor->check->modes;
	finding->decisive = doctor->check->decisive;
	finding->verdict = verdict;
	va_start(args, format);
	vsnprintf(finding->found, sizeof(finding->found), format, args);
	va_end(args);
	snprintf(finding->next, sizeof(finding->next), "%s", next);
	tame(finding->found);
	tame(finding->next);
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	for (at = text; (at = strstr(at, word)); at += length)
		if ((at == text || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}

bool twinos_doctor_flag(const struct twinos_doctor *doctor, const char *flag)
{
	return has_word(doctor->flags, flag);
}

bool twinos_doctor_option(const struct twinos_doctor *doctor, const char *word)
{
	return has_word(doctor->cmdline, word);
}

int twinos_doctor_msr(const struct twinos_doctor *doctor, unsigned int cpu,
		      uint32_t msr, uint64_t *value)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
	return twinos_hostfs_bytes(&doctor->fs, path, msr, value,
				   sizeof(*value));
}

bool twinos_doctor_loaded(const struct twinos_doctor *doctor)
{
	return !doctor->module_state ||
	       twinos_hostfs_has(&doctor->fs, "/sys/module/twinos");
}

/* ---- the machine --------------------------------------------------------- */

static void run_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	__asm__("cpuid"
		: "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]), "=d"(regs[3])
		: "a"(leaf), "c"(subleaf));
}

/* Each range of leaves tells in its first one how far it goes. */
static bool real_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	run_cpuid(leaf & 0xf0000000, 0, regs);
	if (regs[0] < leaf)
		return false;
	run_cpuid(leaf, subleaf, regs);
	return true;
}

/* Never NULL but for want of memory: a file that is not there is empty. */
static char *read_or_empty(const struct twinos_doctor *doctor, const char *path)
{
	char *text = twinos_hostfs_read(&doctor->fs, path);

	return text || errno == ENOMEM ? text : strdup("");
}

/* The flags of the first CPU: "flags\t\t: fpu vme". */
static char *find_flags(const char *cpuinfo)
{
	const char *at = strstr(cpuinfo, "\nflags");

	at = at ? strchr(at, ':') : NULL;
	if (!at)
		return strdup("");
	return strndup(at + 1, strcspn(at + 1, "\n"));
}

static void read_online(struct twinos_doctor *doctor)
{
	char line[4096];

	twinos_hostfs_line(&doctor->fs, "/sys/devices/system/cpu/online", line,
			   sizeof(line));
	if (!twinos_cpulist_parse(&doctor->online, line))
		memset(&doctor->online, 0, sizeof(doctor->online));
}

static void ask_module(struct twinos_doctor *doctor)
{
	doctor->module_state = -ENOSYS;
	if (doctor->asks.module)
		doctor->module_state = doctor->asks.module(
			doctor->module.text, sizeof(doctor->module.text),
			&doctor->module);
	doctor->tried_state = -ENOSYS;
	if (doctor->config.try_memory && doctor->asks.try_memory)
		doctor->tried_state = doctor->asks.try_memory(
			&doctor->tried, &doctor->try_error);
}

static int read_machine(struct twinos_doctor *doctor)
{
	twinos_hostfs_line(&doctor->fs, "/proc/sys/kernel/osrelease",
			   doctor->release, sizeof(doctor->release));
	doctor->cmdline = read_or_empty(doctor, "/proc/cmdline");
	doctor->cpuinfo = read_or_empty(doctor, "/proc/cpuinfo");
	if (!doctor->cmdline || !doctor->cpuinfo)
		return -ENOMEM;
	doctor->flags = find_flags(doctor->cpuinfo);
	if (!doctor->flags)
		return -ENOMEM;
	twinos_kconfig_load(&doctor->kconfig, &doctor->fs, doctor->release);
	twinos_kmsg_load(&doctor->log, &doctor->fs);
	read_online(doctor);
	ask_module(doctor);
	return 0;
}

static void forget_machine(struct twinos_doctor *doctor)
{
	twinos_kmsg_free(&doctor->log);
	twinos_kconfig_free(&doctor->kconfig);
	free(doctor->flags);
	free(doctor->cpuinfo);
	free(doctor->cmdline);
	twinos_hostfs_close(&doctor->fs);
	free(doctor);
}

/* ---- the report ---------------------------------------------------------- */

static struct twinos_report *new_report(void)
{
	struct twinos_report *report = calloc(1, sizeof(*report));
	const struct twinos_check *check;
	size_t i, nr = 0;

	if (!report)
		return NULL;
	for (i = 0; i < NR_TABLES; i++)
		for (check = tables[i]; check->id; check++)
			nr++;
	report->findings = calloc(nr, sizeof(*report->findings));
	if (report->findings)
		return report;
	free(report);
	return NULL;
}

void twinos_report_free(struct twinos_report *report)
{
	if (!report)
		return;
	free(report->findings);
	free(report);
}

static void run_checks(struct twinos_doctor *doctor)
{
	size_t i;

	for (i = 0; i < NR_TABLES; i++)
		for (doctor->check = tables[i]; doctor->check->id;
		     doctor->check++)
			doctor->check->run(doctor);
}

/* A single "no" outweighs whatever is unknown. */
static enum twinos_verdict sum_up(const struct twinos_report *report,
				  unsigned int mode)
{
	enum twinos_verdict sum = TWINOS_VERDICT_OK;
	const struct twinos_finding *finding = report->findings;
	size_t i;

	for (i = 0; i < report->nr_findings; i++, finding++) {
		if (!(finding->modes & mode))
			continue;
		if (finding->verdict == TWINOS_VERDICT_NO)
			return TWINOS_VERDICT_NO;
		if (finding->verdict == TWINOS_VERDICT_UNKNOWN &&
		    finding->decisive)
			sum = TWINOS_VERDICT_UNKNOWN;
	}
	return sum;
}

static struct twinos_doctor *
new_doctor(const struct twinos_doctor_config *config,
	   const struct twinos_asks *asks, const char *root, int *code)
{
	struct twinos_doctor *doctor = calloc(1, sizeof(*doctor));

	*code = -ENOMEM;
	if (!doctor)
		return NULL;
	doctor->config = *config;
	doctor->asks = *asks;
	*code = twinos_hostfs_open(&doctor->fs, root);
	if (!*code)
		return doctor;
	free(doctor);
	return NULL;
}

int twinos_doctor_examine(const struct twinos_doctor_config *config,
			  const struct twinos_asks *asks,
			  struct twinos_report **report,
			  struct twinos_error *err)
{
	const char *root = config->root ? config->root : "/";
	struct twinos_doctor *doctor;
	int ret;

	doctor = new_doctor(config, asks, root, &ret);
	if (!doctor)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't look at the machine below %.256s: %s",
				   root, strerror(-ret));
	ret = read_machine(doctor);
	*report = ret ? NULL : new_report();
	if (*report) {
		doctor->report = *report;
		run_checks(doctor);
		(*report)->dedicated = sum_up(*report, TWINOS_MODE_DEDICATED);
		(*report)->shared = sum_up(*report, TWINOS_MODE_SHARED);
	}
	forget_machine(doctor);
	return *report ? 0 :
			 twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				     "out of memory");
}

int twinos_doctor(const struct twinos_doctor_config *config,
		  struct twinos_report **report, struct twinos_error *err)
{
	static const struct twinos_asks nobody;
	static const struct twinos_asks machine = {
		.cpuid = real_cpuid,
		.module = twinos_module_version,
		.try_memory = twinos_doctor_try_memory,
	};

	return twinos_doctor_examine(config, config->root ? &nobody : &machine,
				     report, err);
}
