// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/twinos.h>

#include "error.h"
#include "shared.h"

static int refuse(struct twinos_error *err, const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL, "%s", why);
}

int twinos_shared_check(const struct twinos_config *config,
			struct twinos_error *err)
{
	if (!config->shared)
		return 0;
	if (config->nr_cpus != 1 || !config->cpus)
		return refuse(err,
			      "a twin in shared mode has one CPU: name it");
	if (config->slice_us && (config->slice_us < TWINOS_SLICE_MIN_US ||
				 config->slice_us > TWINOS_SLICE_MAX_US))
		return twinos_fail(err, TWINOS_ERROR_USAGE, ERANGE,
				   "a slice is %d to %d microseconds long",
				   TWINOS_SLICE_MIN_US, TWINOS_SLICE_MAX_US);
	if (!config->nr_initrds && !config->root)
		return refuse(
			err,
			"shared mode needs an initrd, whose init runs once the guest module is loaded; give --initrd");
	if (config->entry == TWINOS_ENTRY_BZIMAGE)
		return refuse(
			err,
			"a bzImage that unpacks itself turns paging off and on, which it can't in shared mode; use --entry elf");
	return 0;
}

int twinos_shared_check_image(const struct twinos_image *image,
			      bool five_levels, struct twinos_error *err)
{
	if (image->how != TWINOS_ENTRY_ELF)
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, ENOEXEC,
			"the ELF kernel inside is packed by something else than gzip, xz, zstd or lz4; shared mode needs one that can be unpacked here");
	if (five_levels && image->only_4_levels)
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, ENOEXEC,
			"the host has page tables of 5 levels and this kernel knows only 4; take one built with CONFIG_X86_5LEVEL=y or boot the host with no5lvl");
	return 0;
}

static bool has_word(char *line, const char *word)
{
	char *at, *rest = line;

	while ((at = strsep(&rest, " \t\n")))
		if (!strcmp(at, word))
			return true;
	return false;
}

/* Linux takes the flag away if it does not use them (no5lvl). */
bool twinos_shared_five_levels(void)
{
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	file = fopen("/proc/cpuinfo", "re");
	if (!file)
		return false;
	while (getline(&line, &size, file) > 0)
		if (!strncmp(line, "flags", 5)) {
			found = has_word(line, "la57");
			break;
		}
	free(line);
	fclose(file);
	return found;
}

const char *twinos_shared_start_error(int code)
{
	switch (code) {
	case EBUSY:
		return "it has been lent to another twin, or the host was too busy to let the twin begin; try again";
	case EOPNOTSUPP:
		return "this machine has no constant TSC, encrypts its memory, or its local APICs are off or have ids above what xAPIC mode knows";
	case ETXTBSY:
		return "KVM uses it; end the virtual machines and unload kvm_intel or kvm_amd";
	case ECANCELED:
		return "the twin gave up at its first turn: it panicked, went down, or its guest module could not start; 'twinctl dmesg' prints its log";
	case EOVERFLOW:
		return "the twin did not come back from its first turn in time and was taken off by force: its guest module was not loaded; 'twinctl dmesg' prints its log";
	case EINTR:
		return "its first turn was broken off on request";
	case EIO:
		return "the twin did not come back from its first turn; the CPU and the twin's memory are lost until the next boot";
	}
	return NULL;
}

bool twinos_shared_had_turn(int code)
{
	return code == ECANCELED || code == EOVERFLOW || code == EINTR ||
	       code == EIO;
}
