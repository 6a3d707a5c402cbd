// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reuse.h"

/*
 * What speaks of the host's disks, memory map, consoles or CPU numbers.
 * kexec-tools drops the first two for the same reason.
 */
static const char *const hosts_own[] = {
	"BOOT_IMAGE",	 "initrd",	 "root",      "rootflags",
	"rootfstype",	 "rootdelay",	 "rootwait",  "resume",
	"resume_offset", "ro",		 "rw",	      "console",
	"crashkernel",	 "memmap",	 "mem",	      "cma",
	"hugepages",	 "hugepagesz",	 "maxcpus",   "nr_cpus",
	"possible_cpus", "isolcpus",	 "nohz_full", "rcu_nocbs",
	"irqaffinity",	 "kthread_cpus",
};

/* The kernel takes '-' and '_' in a name for the same (parameqn()). */
static bool same_letter(char a, char b)
{
	return (a == '-' ? '_' : a) == (b == '-' ? '_' : b);
}

static bool has_name(const char *option, const char *name)
{
	for (; *name; name++, option++)
		if (!same_letter(*option, *name))
			return false;
	return !*option || *option == '=';
}

static bool is_hosts_own(const char *option)
{
	size_t i;

	for (i = 0; i < sizeof(hosts_own) / sizeof(hosts_own[0]); i++)
		if (has_name(option, hosts_own[i]))
			return true;
	return false;
}

static bool is_space(char c)
{
	return c && strchr(" \t\n\v\f\r", c);
}

/* Ends @at's first option with NUL, returns what is behind it; as next_arg(). */
static char *cut_option(char *at)
{
	bool quoted = false;

	for (; *at && (quoted || !is_space(*at)); at++)
		if (*at == '"')
			quoted = !quoted;
	if (*at)
		*at++ = '\0';
	return at;
}

static void add_option(char *options, const char *option)
{
	if (*options)
		strcat(options, " ");
	strcat(options, option);
}

char *reuse_filter(const char *host, bool shared)
{
	char *copy = strdup(host), *options = calloc(1, strlen(host) + 1);
	char *option, *next;

	if (!copy || !options) {
		free(copy);
		free(options);
		return NULL;
	}
	for (option = copy; *option; option = next) {
		next = cut_option(option);
		if (!strcmp(option, "--"))
			break;
		if (*option && !is_hosts_own(option) &&
		    !twinos_cmdline_check(option, shared, false, NULL))
			add_option(options, option);
	}
	free(copy);
	return options;
}

char *reuse_read(bool shared)
{
	/* COMMAND_LINE_SIZE is 2048 on x86; the file adds a newline. */
	char host[4096];
	size_t length;
	FILE *file;
	bool failed;

	file = fopen("/proc/cmdline", "re");
	if (!file)
		return NULL;
	length = fread(host, 1, sizeof(host) - 1, file);
	failed = ferror(file);
	fclose(file);
	if (failed) {
		errno = EIO;
		return NULL;
	}
	host[length] = '\0';
	return reuse_filter(host, shared);
}
