// SPDX-License-Identifier: GPL-2.0-only
/*
 * load KERNEL INITRD TIMES - what loading a twin takes, part by part
 *
 * open: read and check everything; take: the host's kernel finds the memory,
 * empties and zeroes it; fill: map it, copy kernel and initrd, make the tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/twinos.h>

#include "libtwinos.h"

#define MEMORY (512UL << 20)

static int64_t taking;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* The library's calls of ioctl(2) end here: one of them is to be timed alone. */
int ioctl(int fd, unsigned long request, void *arg);
int ioctl(int fd, unsigned long request, void *arg)
{
	int64_t before = now_us();
	int ret = syscall(SYS_ioctl, fd, request, arg);

	if (request == TWINOS_ADD_MEMORY)
		taking += now_us() - before;
	return ret;
}

static int load(const struct twinos_config *config)
{
	int64_t began = now_us(), opened, loaded;
	struct twinos_twin *twin;
	struct twinos_error err;

	taking = 0;
	if (twinos_twin_new(config, &twin, &err))
		goto failed;
	opened = now_us();
	if (twinos_twin_load(twin, &err))
		goto free_twin;
	loaded = now_us();
	twinos_twin_free(twin);
	printf("BENCH load open %lld\nBENCH load take %lld\n",
	       (long long)(opened - began), (long long)taking);
	printf("BENCH load fill %lld\nBENCH load all %lld\n",
	       (long long)(loaded - opened - taking),
	       (long long)(loaded - began));
	printf("BENCH load free %lld\n", (long long)(now_us() - loaded));
	return 0;

free_twin:
	twinos_twin_free(twin);
failed:
	fprintf(stderr, "load: %s\n", err.text);
	return 1;
}

int main(int argc, char **argv)
{
	const char *initrds[1];
	const unsigned int cpus[] = { 1 };
	struct twinos_config config = {
		.name = "load",
		.initrds = initrds,
		.nr_initrds = 1,
		.cpus = cpus,
		.nr_cpus = 1,
		.memory = MEMORY,
	};
	int i;

	if (argc != 4)
		return 2;
	config.kernel = argv[1];
	initrds[0] = argv[2];
	for (i = 0; i < atoi(argv[3]); i++)
		if (load(&config))
			return 1;
	return 0;
}
