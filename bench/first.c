// SPDX-License-Identifier: GPL-2.0-only
/*
 * first - the /init of every measured kernel: tells when user space began
 *
 * bench=twin on the command line: says it in the kernel log, then sleeps;
 * bench=spin: the same, but keeps the CPU busy; else it is a kernel that kexec
 * started, and /next goes on with the number it gets.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tsc.h"

/* The kernel gives NAME=VALUE words that it does not know to us. */
static int is(const char *plan)
{
	const char *bench = getenv("bench");

	return bench && !strcmp(bench, plan);
}

static void say(uint64_t began)
{
	FILE *log = fopen("/dev/kmsg", "w");

	if (!log)
		return;
	fprintf(log, "BENCH user %llu\n", (unsigned long long)began);
	fclose(log);
}

static int next(uint64_t began)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)began);
	setenv("began", text, 1);
	execl("/bin/busybox", "sh", "/next", (char *)NULL);
	return 1;
}

int main(void)
{
	uint64_t began = tsc();

	if (mount("dev", "/dev", "devtmpfs", 0, NULL))
		return 1;
	if (!is("twin") && !is("spin"))
		return next(began);
	say(began);
	while (!is("spin"))
		pause();
	for (;;)
		;
}
