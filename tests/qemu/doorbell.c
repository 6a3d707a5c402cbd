// SPDX-License-Identifier: GPL-2.0-only
/*
 * doorbell NAME MODE CPU... - call a twin, and have it kick back, until SIGTERM
 *
 * MODE is "dedicated" or "shared". The program is the twin's owner; the twin's plan
 * is "echo". Exactly one kick must answer each call. Prints "rounds=N" now and then,
 * and at the end what the host counted. Then it stops the twin, sees that nothing is
 * told any more, and starts it anew: the eventfds are still tied.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libtwinos.h>
#include <linux/twinos.h>

#include "job.h"

#define CPUS 8
#define BOOT_MS 180000
#define ANSWER_MS 20000
/* One that comes later than that was not rung at, or waited for the CPU. */
#define REPORT_NS 1000000000LL
#define BIT 5

static struct twinos_error err;
static int call, kick;

static int die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(int ret)
{
	if (!ret)
		return;
	printf("%s\n", err.text);
	exit(1);
}

static struct twinos_twin *load(const char *name, bool shared, int nr,
				char **numbers)
{
	static const char *const initrds[] = { "/twins/initrd" };
	static unsigned int cpus[CPUS];
	struct twinos_config config = {
		.name = name,
		.kernel = "/twins/1",
		.initrds = initrds,
		.nr_initrds = 1,
		.cmdline = "printk.devkmsg=on twin.plan=echo",
		.cpus = cpus,
		.memory = 192 << 20,
		.shared = shared,
	};
	struct twinos_twin *twin;

	for (; config.nr_cpus < (size_t)nr && config.nr_cpus < CPUS;
	     config.nr_cpus++)
		cpus[config.nr_cpus] =
			strtoul(numbers[config.nr_cpus], NULL, 0);
	must(twinos_twin_new(&config, &twin, &err));
	must(twinos_twin_load(twin, &err));
	return twin;
}

static int tie(int owner, unsigned long cmd)
{
	struct twinos_bind bind = { .size = sizeof(bind), .bit = BIT };

	bind.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (bind.fd < 0 || ioctl(owner, cmd, &bind))
		die("can't tie an eventfd");
	return bind.fd;
}

static void send_call(void)
{
	uint64_t one = 1;

	if (write(call, &one, sizeof(one)) != sizeof(one))
		die("can't call");
}

/* How many kicks have come after so many milliseconds at most. */
static uint64_t wait_kicks(int ms)
{
	struct pollfd pollfd = { .fd = kick, .events = POLLIN };
	uint64_t count;

	if (poll(&pollfd, 1, ms) <= 0 ||
	    read(kick, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

/* A signal ends no round: the answer is waited for. */
static int64_t round_trip(int ms)
{
	int64_t begin = clock_ns(CLOCK_MONOTONIC), now = begin;
	uint64_t kicks = 0;

	send_call();
	while (!kicks && now - begin < ms * 1000000LL) {
		kicks = wait_kicks(ms);
		now = clock_ns(CLOCK_MONOTONIC);
	}
	if (kicks == 1)
		return now - begin;
	printf("%llu kicks answer a call\n", (unsigned long long)kicks);
	exit(1);
}

static unsigned long play(unsigned long limit)
{
	int64_t begin, last, ns, sum = 0, worst = 0;
	unsigned long rounds = 0, late = 0;

	round_trip(BOOT_MS);
	begin = last = clock_ns(CLOCK_MONOTONIC);
	while (job_goes_on() && (!limit || rounds < limit)) {
		ns = round_trip(ANSWER_MS);
		rounds++;
		sum += ns;
		late += ns > REPORT_NS;
		worst = ns > worst ? ns : worst;
		if (clock_ns(CLOCK_MONOTONIC) - last < 1000000000LL)
			continue;
		last = clock_ns(CLOCK_MONOTONIC);
		printf("rounds=%lu\n", rounds);
	}
	printf("rounds=%lu mean_us=%ld worst_us=%ld late=%lu seconds=%ld\n",
	       rounds, (long)(rounds ? sum / 1000 / (int64_t)rounds : 0),
	       (long)(worst / 1000), late,
	       (long)((clock_ns(CLOCK_MONOTONIC) - begin) / 1000000000));
	return rounds;
}

static void print_counter(const char *name, const char *counter)
{
	char path[128], text[32] = "?\n";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/twinos/%s/doorbell/%s", name,
		 counter);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		die(path);
	fclose(file);
	printf("%s=%s", counter, text);
}

static void print_counters(const char *name)
{
	print_counter(name, "kicks");
	print_counter(name, "kicks_helped");
	print_counter(name, "calls_helped");
	print_counter(name, "bad_targets");
}

static void stop_and_go_on(struct twinos_twin *twin)
{
	must(twinos_stop(twinos_twin_fd(twin), TWINOS_REASON_REQUEST, &err));
	send_call();
	if (wait_kicks(500)) {
		printf("a stopped twin answers\n");
		exit(1);
	}
	must(twinos_twin_reload(twin, &err));
	must(twinos_twin_start(twin, &err));
	job_stopped = 0;
	play(100);
}

int main(int argc, char **argv)
{
	struct twinos_twin *twin;

	if (argc < 4)
		return 2;
	job_begin(0);
	twin = load(argv[1], !strcmp(argv[2], "shared"), argc - 3, argv + 3);
	call = tie(twinos_twin_fd(twin), TWINOS_BIND_CALL);
	kick = tie(twinos_twin_fd(twin), TWINOS_BIND_KICK);
	must(twinos_twin_start(twin, &err));
	play(0);
	print_counters(argv[1]);
	stop_and_go_on(twin);
	twinos_twin_free(twin);
	printf("done=1\n");
	return 0;
}
