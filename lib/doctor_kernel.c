// SPDX-License-Identifier: LGPL-2.1-or-later
/* Checks of the host's kernel: its version, what is built in, what it forbids. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"
#define SECUREBOOT                   \
	"/sys/firmware/efi/efivars/" \
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* A variable's attributes come first (Documentation/filesystems/efivarfs.rst). */
#define EFIVAR_DATA 4

#define VERSION(major, minor) ((major) << 16 | (minor))
#define OLDEST VERSION(6, 1)
#define NEWEST VERSION(6, 12)

static void kernel_version(struct twinos_doctor *doctor)
{
	const char *release = doctor->release;
	unsigned int major, minor, version;

	if (sscanf(release, "%u.%u", &major, &minor) != 2 || major > 999 ||
	    minor > 999)
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
			"/proc/sys/kernel/osrelease tells no version");
	version = VERSION(major, minor);
	if (version < OLDEST)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"take a kernel of version 6.1 or later if the module does not build",
			"Linux %s is older than 6.1, for which the module was written",
			release);
	else if (version > NEWEST)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"try it where a crash does no harm; doc/testing.md tells how to run the tests with it",
			"Linux %s is newer than 6.12, the newest that was tested",
			release);
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "Linux %s; 6.1 and 6.12 were tested",
				  release);
}

/**
 * struct need - something that the module can't be without
 * @option: of the kernel's configuration
 * @file: is there only where it is; NULL: none
 * @symbol: so is this one in /proc/kallsyms
 * @what: it is, for people
 */
struct need {
	const char *option;
	const char *file;
	const char *symbol;
	const char *what;
};

static bool has_symbol(const struct twinos_doctor *doctor, const char *symbol)
{
	char *text = twinos_hostfs_read(&doctor->fs, "/proc/kallsyms");
	size_t length = strlen(symbol);
	const char *at = text;
	bool found = false;

	for (; !found && at && (at = strstr(at, symbol)); at += length)
		found = at > text && at[-1] == ' ' &&
			(at[length] == '\n' ||
			 !strncmp(at + length, "_noprof\n", 8));
	free(text);
	return found;
}

/* Which evidence there is that the need is met; NULL: none. */
static const char *evidence(const struct twinos_doctor *doctor,
			    const struct need *need)
{
	if (twinos_kconfig_get(&doctor->kconfig, need->option) == 'y')
		return doctor->kconfig.source;
	if (twinos_doctor_loaded(doctor))
		return "the loaded module, which needs it";
	if (need->file && twinos_hostfs_has(&doctor->fs, need->file))
		return need->file;
	return has_symbol(doctor, need->symbol) ? "/proc/kallsyms" : NULL;
}

static void check_need(struct twinos_doctor *doctor, const struct need *need)
{
	const char *source = evidence(doctor, need);

	if (source)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "%s: %s, says %s", need->option, need->what,
				  source);
	else if (doctor->kconfig.text)
		twinos_doctor_say(doctor, TWINOS_VERDICT_NO,
				  "boot a kernel that was built with it",
				  "%s is not set, says %s: no %s", need->option,
				  doctor->kconfig.source, need->what);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN,
			"put the kernel's configuration to /boot/config-RELEASE, or 'modprobe configs' for /proc/config.gz",
			"no configuration of this kernel to see whether it has %s (%s)",
			need->what, need->option);
}

static void hotplug_cpu(struct twinos_doctor *doctor)
{
	static const struct need need = {
		.option = "CONFIG_HOTPLUG_CPU",
		.file = "/sys/devices/system/cpu/hotplug/states",
		.symbol = "remove_cpu",
		.what = "CPUs that can go offline",
	};

	check_need(doctor, &need);
}

static void contig_alloc(struct twinos_doctor *doctor)
{
	static const struct need need = {
		.option = "CONFIG_CONTIG_ALLOC",
		.symbol = "alloc_contig_range",
		.what = "memory in one piece at run time",
	};

	check_need(doctor, &need);
}

/* The level in brackets: "none [integrity] confidentiality". */
static bool parse_lockdown(char *line, char **level)
{
	char *end;

	*level = strchr(line, '[');
	end = *level ? strchr(*level, ']') : NULL;
	if (!end)
		return false;
	++*level;
	*end = '\0';
	return true;
}

/* Why it can't be locked down although there is no file to ask. */
static const char *never_locked(const struct twinos_doctor *doctor)
{
	if (twinos_hostfs_has(&doctor->fs, "/sys/kernel/security/lsm") &&
	    !twinos_hostfs_has(&doctor->fs, LOCKDOWN))
		return "/sys/kernel/security, where there is no lockdown";
	if (twinos_kconfig_get(&doctor->kconfig,
			       "CONFIG_SECURITY_LOCKDOWN_LSM") == 'n')
		return doctor->kconfig.source;
	return doctor->module_state ? NULL : "the module, which can be opened";
}

static void say_locked(struct twinos_doctor *doctor, const char *level,
		       const char *source)
{
	twinos_doctor_say(
		doctor, TWINOS_VERDICT_NO,
		"boot without lockdown=; where Secure Boot brings it about, switch that off in the firmware",
		"the kernel is locked down (%s), says %s: it lets nobody start a kernel",
		level, source);
}

/* The log tells of a lockdown, but its silence tells of none. */
static void kexec_lockdown(struct twinos_doctor *doctor)
{
	char line[128], *level = line;
	const char *source;

	twinos_hostfs_line(&doctor->fs, LOCKDOWN, line, sizeof(line));
	if (parse_lockdown(line, &level)) {
		if (!strcmp(level, "none"))
			twinos_doctor_say(
				doctor, TWINOS_VERDICT_OK, "",
				"the kernel is not locked down, says %s",
				LOCKDOWN);
		else
			say_locked(doctor, level, LOCKDOWN);
		return;
	}
	source = never_locked(doctor);
	if (source)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "the kernel is not locked down, says %s",
				  source);
	else if (twinos_kmsg_says(&doctor->log, "Kernel is locked down"))
		say_locked(doctor, "at some level", "/dev/kmsg");
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN,
			"mount -t securityfs securityfs /sys/kernel/security",
			"can't read %s, which tells whether the kernel is locked down",
			LOCKDOWN);
}

static void secure_boot(struct twinos_doctor *doctor)
{
	unsigned char on;

	if (!twinos_hostfs_has(&doctor->fs, "/sys/firmware/efi"))
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_OK, "",
			"not booted by UEFI: there is no Secure Boot");
	if (twinos_hostfs_bytes(&doctor->fs, SECUREBOOT, EFIVAR_DATA, &on, 1))
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN,
			"mount -t efivarfs efivarfs /sys/firmware/efi/efivars",
			"booted by UEFI, but can't read its variable SecureBoot");
	if (on)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"switch it off in the firmware, or sign twinos.ko with a key that the kernel trusts and see kexec-lockdown",
			"Secure Boot is on: kernels often demand signed modules then and lock themselves down");
	else
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "Secure Boot is off, says its UEFI variable");
}

const struct twinos_check twinos_doctor_kernel[] = {
	{ "kernel-version", TWINOS_MODE_BOTH, true, kernel_version },
	{ "hotplug-cpu", TWINOS_MODE_BOTH, true, hotplug_cpu },
	{ "contig-alloc", TWINOS_MODE_BOTH, true, contig_alloc },
	{ "kexec-lockdown", TWINOS_MODE_BOTH, true, kexec_lockdown },
	{ "secure-boot", TWINOS_MODE_BOTH, false, secure_boot },
	{ 0 },
};
