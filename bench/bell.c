// SPDX-License-Identifier: GPL-2.0-only
/*
 * bell CPU PEER TWIN_CPU SECONDS TIMES - round trips from this process on CPU
 *
 * "eventfd" to a process on PEER that waits for one eventfd and writes to another,
 * "doorbell" to a twin on TWIN_CPU whose module answers a call by a kick, in turn, TIMES
 * times. "write" is the write to the eventfd of the call alone.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include <libtwinos.h>
#include <linux/twinos.h>

#include "samples.h"
#include "usage.h"

#define BOOT_MS 180000
#define ANSWER_MS 20000
#define BIT 5

static struct samples samples, writes;
static struct twinos_error err;

static int die(const char *what)
{
	fprintf(stderr, "bell: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "bell: %s\n", err.text);
	exit(1);
}

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("can't be there");
}

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	return fd >= 0 ? fd : die("no eventfd");
}

static void ring(int fd)
{
	if (eventfd_write(fd, 1))
		die("can't ring");
}

/* As back ends do: wait, then take. */
static int hear(int fd, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	eventfd_t count;

	return poll(&pollfd, 1, ms) == 1 ? eventfd_read(fd, &count) : -1;
}

static void round_trip(int there, int back)
{
	int64_t began = usage_clock(CLOCK_MONOTONIC), rung;

	ring(there);
	rung = usage_clock(CLOCK_MONOTONIC);
	if (hear(back, ANSWER_MS))
		die("no answer");
	samples_add(&samples, usage_clock(CLOCK_MONOTONIC) - began);
	samples_add(&writes, rung - began);
}

static void print(const char *what, struct samples *these)
{
	printf("%s ", what);
	samples_print(these);
	printf("\n");
	fflush(stdout);
	these->nr = 0;
}

static void measure(const char *what, int there, int back, unsigned int seconds)
{
	int64_t end = usage_clock(CLOCK_MONOTONIC) + seconds * 1000000000LL;

	while (usage_clock(CLOCK_MONOTONIC) < end)
		round_trip(there, back);
	print(what, &samples);
}

static void answer(unsigned int cpu, int there, int back)
{
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(cpu);
	for (;;)
		if (!hear(there, -1))
			ring(back);
}

static int tie(const struct twinos_twin *twin, unsigned long cmd)
{
	struct twinos_bind bind = { .size = sizeof(bind), .bit = BIT };

	bind.fd = new_eventfd();
	if (ioctl(twinos_twin_fd(twin), cmd, &bind))
		die("can't tie an eventfd");
	return bind.fd;
}

static struct twinos_twin *load(const unsigned int *cpu)
{
	static const char *const initrds[] = { "/twins/initrd" };
	struct twinos_config config = {
		.name = "bell",
		.kernel = "/twins/1",
		.initrds = initrds,
		.nr_initrds = 1,
		.cmdline =
			"printk.devkmsg=on twin.plan=echo twin.after=1000000",
		.cpus = cpu,
		.nr_cpus = 1,
		.memory = 192 << 20,
	};
	struct twinos_twin *twin;

	must(twinos_twin_new(&config, &twin, &err));
	must(twinos_twin_load(twin, &err));
	return twin;
}

/* argv: CPU PEER TWIN_CPU SECONDS TIMES */
static int play(const unsigned int *numbers)
{
	struct twinos_twin *twin = load(&numbers[2]);
	int call = tie(twin, TWINOS_BIND_CALL);
	int kick = tie(twin, TWINOS_BIND_KICK);
	int there = new_eventfd(), back = new_eventfd();
	unsigned int i;

	answer(numbers[1], there, back);
	pin(numbers[0]);
	must(twinos_twin_start(twin, &err));
	ring(call);
	if (hear(kick, BOOT_MS))
		die("the twin does not answer");
	for (i = 0; i < numbers[4]; i++) {
		measure("eventfd", there, back, numbers[3]);
		print("eventfd-write", &writes);
		measure("doorbell", call, kick, numbers[3]);
		print("doorbell-write", &writes);
	}
	twinos_twin_free(twin);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int numbers[5];
	int i;

	if (argc != 6)
		return 2;
	for (i = 0; i < 5; i++)
		numbers[i] = strtoul(argv[1 + i], NULL, 0);
	return play(numbers);
}
