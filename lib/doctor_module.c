// SPDX-License-Identifier: LGPL-2.1-or-later
/* Checks of the module, and of the right to use it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define CAP_SYS_BOOT_BIT 22

/* Why it can't be loaded any more; NULL: it can. */
static const char *no_modules(const struct twinos_doctor *doctor)
{
	uint64_t disabled;

	if (!twinos_hostfs_number(&doctor->fs,
				  "/proc/sys/kernel/modules_disabled",
				  &disabled) &&
	    disabled)
		return "kernel.modules_disabled is 1 until the next boot";
	if (twinos_doctor_option(doctor, "nomodule"))
		return "the kernel was booted with nomodule";
	if (twinos_kconfig_get(&doctor->kconfig, "CONFIG_MODULES") == 'n')
		return "this kernel has none (CONFIG_MODULES)";
	return NULL;
}

/* depmod(8) has seen it: the path below the release's directory. */
static bool installed(const struct twinos_doctor *doctor, char *path,
		      size_t size)
{
	char file[192], *text;
	const char *at;
	size_t length = 0;

	snprintf(file, sizeof(file), "/lib/modules/%s/modules.dep",
		 doctor->release);
	text = twinos_hostfs_read(&doctor->fs, file);
	at = text ? strstr(text, "/twinos.ko") : NULL;
	if (at) {
		while (at > text && at[-1] != '\n' && at[-1] != ' ')
			at--;
		length = strcspn(at, ": \n");
		snprintf(path, size, "%.*s", (int)length, at);
	}
	free(text);
	return length;
}

static void not_loaded(struct twinos_doctor *doctor)
{
	const char *why = no_modules(doctor);
	char path[128];

	if (why)
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"boot so that modules can be loaded",
			"twinos.ko is not loaded, and no module can be: %s",
			why);
	else if (installed(doctor, path, sizeof(path)))
		twinos_doctor_say(doctor, TWINOS_VERDICT_NOTE,
				  "modprobe twinos",
				  "not loaded, but installed (%s)", path);
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"build it for this kernel and install it, as README.md tells",
			"not loaded, and not installed for %s",
			doctor->release);
}

static void module(struct twinos_doctor *doctor)
{
	switch (-doctor->module_state) {
	case 0:
		return twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
					 "twinos.ko %s is loaded",
					 doctor->module.text);
	case EPROTO:
		return twinos_doctor_say(
			doctor, TWINOS_VERDICT_NO,
			"install both from one release and reload it",
			"the loaded twinos.ko is of another revision than this tool");
	}
	if (!twinos_doctor_loaded(doctor))
		return not_loaded(doctor);
	if (doctor->module_state == -ENOENT)
		return twinos_doctor_say(doctor, TWINOS_VERDICT_NOTE,
					 "mount /dev, or start udev",
					 "loaded, but there is no /dev/twinos");
	twinos_doctor_say(
		doctor, TWINOS_VERDICT_UNKNOWN,
		"run it as root, and see kexec-lockdown",
		"loaded, but /dev/twinos can't be opened to ask for its revision");
}

/* 'Y', 'N', or 0: the kernel does not know signatures, or we can't see. */
static char sig_enforce(const struct twinos_doctor *doctor)
{
	char line[8];

	twinos_hostfs_line(&doctor->fs,
			   "/sys/module/module/parameters/sig_enforce", line,
			   sizeof(line));
	if (!*line &&
	    twinos_kconfig_get(&doctor->kconfig, "CONFIG_MODULE_SIG") == 'n')
		return 'N';
	return *line;
}

static void module_signature(struct twinos_doctor *doctor)
{
	char enforced = sig_enforce(doctor);

	if (twinos_doctor_loaded(doctor))
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "the module is loaded already");
	else if (enforced == 'Y')
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE,
			"sign twinos.ko with a key that the kernel trusts, or boot without module.sig_enforce",
			"the kernel loads signed modules only");
	else if (enforced == 'N')
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "the kernel loads unsigned modules");
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_UNKNOWN, "mount /sys",
			"can't see whether the kernel demands signed modules");
}

static void capability(struct twinos_doctor *doctor)
{
	char *text = twinos_hostfs_read(&doctor->fs, "/proc/self/status");
	const char *at = text ? strstr(text, "\nCapEff:") : NULL;
	unsigned long long effective = 0;

	if (!at || sscanf(at, "\nCapEff: %llx", &effective) != 1)
		twinos_doctor_say(doctor, TWINOS_VERDICT_UNKNOWN, "mount /proc",
				  "/proc/self/status tells no capabilities");
	else if (effective >> CAP_SYS_BOOT_BIT & 1)
		twinos_doctor_say(doctor, TWINOS_VERDICT_OK, "",
				  "this process has CAP_SYS_BOOT");
	else
		twinos_doctor_say(
			doctor, TWINOS_VERDICT_NOTE, "start twins as root",
			"this process lacks CAP_SYS_BOOT, without which nobody starts a twin");
	free(text);
}

const struct twinos_check twinos_doctor_module[] = {
	{ "module", TWINOS_MODE_BOTH, false, module },
	{ "module-signature", TWINOS_MODE_BOTH, false, module_signature },
	{ "capability", TWINOS_MODE_BOTH, false, capability },
	{ 0 },
};
