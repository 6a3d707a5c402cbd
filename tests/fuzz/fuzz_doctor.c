// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a host that twinctl doctor reads: the first byte says which of them
 * holds the rest.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"

/* Each has its own directories, so that rmdir() of these is enough. */
static const char *const paths[] = {
	"/proc/cmdline",
	"/proc/cpuinfo",
	"/proc/iomem",
	"/proc/meminfo",
	"/proc/buddyinfo",
	"/proc/zoneinfo",
	"/proc/pagetypeinfo",
	"/proc/interrupts",
	"/proc/kallsyms",
	"/proc/config.gz",
	"/proc/self/status",
	"/proc/sys/kernel/osrelease",
	"/dev/kmsg",
	"/dev/cpu/0/msr",
	"/sys/kernel/security/lockdown",
	"/sys/devices/system/cpu/online",
	"/sys/class/twinos/a/cpus",
};

#define NR_PATHS (sizeof(paths) / sizeof(*paths))

static char root[] = "/tmp/twinos-fuzz-XXXXXX";

static void full_path(char *full, size_t size, const char *path)
{
	snprintf(full, size, "%s%s", root, path);
}

static void make_root(void)
{
	char full[256], *slash;
	size_t i;

	if (!mkdtemp(root))
		abort();
	for (i = 0; i < NR_PATHS; i++) {
		full_path(full, sizeof(full), paths[i]);
		slash = full + strlen(root);
		while ((slash = strchr(slash + 1, '/'))) {
			*slash = '\0';
			mkdir(full, 0700);
			*slash = '/';
		}
	}
}

static void remove_root(void)
{
	char full[256];
	size_t i;

	for (i = 0; i < NR_PATHS; i++) {
		full_path(full, sizeof(full), paths[i]);
		do
			*strrchr(full, '/') = '\0';
		while (!rmdir(full) && strcmp(full, root));
	}
}

static void put(const char *full, const uint8_t *data, size_t size)
{
	int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void check_text(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

static void look(void)
{
	const struct twinos_doctor_config config = { .root = root };
	struct twinos_report *report;
	size_t i;

	if (twinos_doctor(&config, &report, NULL))
		abort();
	for (i = 0; i < report->nr_findings; i++) {
		check_text(report->findings[i].found);
		check_text(report->findings[i].next);
	}
	twinos_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	char full[256];

	if (!size)
		return 0;
	if (!made) {
		make_root();
		atexit(remove_root);
		made = true;
	}
	full_path(full, sizeof(full), paths[data[0] % NR_PATHS]);
	put(full, data + 1, size - 1);
	look();
	unlink(full);
	return 0;
}
