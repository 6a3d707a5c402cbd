// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_start - starts that must fail, and one of the smallest twin there is: a
 * loop with its interrupts off. Wants CPUs 1 to 3 online and CPU 4 absent. TAP
 * on standard output.
 */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <twinos/handover.h>

#include "ioctl.h"

/*
 * cli; mov %rsi, rsi(%rip); 1: incq count(%rip); pause; jmp 1b
 * The two words lie behind the code, in struct image.
 */
static const uint8_t code[] = {
	0xfa, 0x48, 0x89, 0x35, 0x78, 0,    0,	  0,	0x48, 0xff,
	0x05, 0x79, 0,	  0,	0,    0xf3, 0x90, 0xeb, 0xf5,
};

/* In the first pages of the range; maps the first 2 MiB and all of the range. */
struct image {
	uint64_t pml4[512];
	uint64_t pdpt[512];
	uint64_t pd[512];
	uint8_t code[0x80];
	volatile uint64_t rsi;
	volatile uint64_t count;
};

struct tiny {
	int owner;
	uint64_t low;
	uint64_t start; /* below 1 GiB, so that one page of tables is enough */
	struct image *image;
};

#define TABLE 0x3 /* present, writable */
#define LARGE 0x83 /* of 2 MiB, too */

static void fill_image(struct image *image, uint64_t start)
{
	image->pml4[0] = (start + offsetof(struct image, pdpt)) | TABLE;
	image->pdpt[0] = (start + offsetof(struct image, pd)) | TABLE;
	image->pd[0] = LARGE;
	image->pd[start / RANGE] = start | LARGE;
	memcpy(image->code, code, sizeof(code));
}

static struct tiny make_tiny(int device, const char *name)
{
	struct tiny tiny = { .owner = create(device, name) };

	must(add_low(tiny.owner, TWINOS_LOW_MIN, &tiny.low), "take low memory");
	must(add(tiny.owner, TWINOS_MEMORY_CONTIG, RANGE, 0, (1ULL << 30) - 1,
		 &tiny.start),
	     "take memory");
	tiny.image = mmap(NULL, RANGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  tiny.owner, tiny.start);
	if (tiny.image == MAP_FAILED)
		must(-1, "map memory");
	fill_image(tiny.image, tiny.start);
	return tiny;
}

static void drop_tiny(struct tiny *tiny)
{
	munmap(tiny->image, RANGE);
	close(tiny->owner);
}

static struct twinos_start start_of(const struct tiny *tiny,
				    const uint32_t *cpus, unsigned int nr)
{
	return (struct twinos_start){
		.size = sizeof(struct twinos_start),
		.nr_cpus = nr,
		.cpus = (uintptr_t)cpus,
		.entry = tiny->start + offsetof(struct image, code),
		.rsi = tiny->start + 8,
		.cr3 = tiny->start,
	};
}

static int start_on(const struct tiny *tiny, const uint32_t *cpus,
		    unsigned int nr)
{
	struct twinos_start start = start_of(tiny, cpus, nr);

	return ioctl(tiny->owner, TWINOS_START, &start);
}

static int start(const struct tiny *tiny, uint32_t cpu)
{
	return start_on(tiny, &cpu, 1);
}

static bool counts(const struct tiny *tiny)
{
	uint64_t before = tiny->image->count;

	usleep(200000);
	return tiny->image->count != before;
}

/* ---- the host's CPUs ---------------------------------------------------- */

/* Returns 0 or the error. */
static int set_online(unsigned int cpu, char online)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online",
		 cpu);
	fd = must(open(path, O_WRONLY), path);
	ret = write(fd, &online, 1) == 1 ? 0 : errno;
	close(fd);
	return ret;
}

static unsigned int cpu_flags(int device, unsigned int cpu)
{
	struct twinos_cpu arg = { .size = sizeof(arg), .cpu = cpu };

	must(ioctl(device, TWINOS_GET_CPU, &arg), "ask for a CPU");
	return arg.flags;
}

/* ---- starts that must fail ---------------------------------------------- */

static void test_no_memory(int device)
{
	uint32_t cpu = 1;
	struct tiny tiny = { .owner = create(device, "empty") };

	expect(start_on(&tiny, &cpu, 1), ENOSPC, "a start without memory");
	must(add_low(tiny.owner, TWINOS_LOW_MIN, &tiny.start), "take memory");
	expect(start_on(&tiny, &cpu, 1), EADDRNOTAVAIL,
	       "a start in low memory");
	expect(stop(tiny.owner, TWINOS_REASON_REQUEST), 0,
	       "a stop before the start");
	check(get_state(tiny.owner).state == TWINOS_CREATED,
	      "which does nothing");
	close(tiny.owner);
	tiny.owner = create(device, "high");
	tiny.start = 0;
	must(add_contig(tiny.owner, RANGE, &tiny.start), "take memory");
	expect(start_on(&tiny, &cpu, 1), ENOSPC, "a start without low memory");
	close(tiny.owner);
}

/* @which: 0 entry, 1 rsi, 2 cr3 */
static void bad_address(const struct tiny *tiny, unsigned int which,
			uint64_t address, int want)
{
	static const char *const names[] = { "entry", "rsi", "cr3" };
	uint32_t cpu = 1;
	struct twinos_start arg = start_of(tiny, &cpu, 1);

	*(__u64 *[]){ &arg.entry, &arg.rsi, &arg.cr3 }[which] = address;
	expect(ioctl(tiny->owner, TWINOS_START, &arg), want, "%s at %#llx",
	       names[which], (unsigned long long)address);
}

static void test_addresses(int device)
{
	struct tiny tiny = make_tiny(device, "addresses");
	unsigned int which;

	for (which = 0; which < 3; which++) {
		bad_address(&tiny, which, 0, EADDRNOTAVAIL);
		bad_address(&tiny, which, tiny.start - 4096, EADDRNOTAVAIL);
		bad_address(&tiny, which, tiny.start + RANGE, EADDRNOTAVAIL);
		bad_address(&tiny, which, tiny.low, EADDRNOTAVAIL);
		bad_address(&tiny, which, tiny.low + TWINOS_TRAMPOLINE_SIZE,
			    EADDRNOTAVAIL);
		bad_address(&tiny, which, 1ULL << 63, EADDRNOTAVAIL);
		bad_address(&tiny, which, -4096ULL, EADDRNOTAVAIL);
	}
	bad_address(&tiny, 0, UINT64_MAX, EADDRNOTAVAIL);
	bad_address(&tiny, 1, UINT64_MAX, EADDRNOTAVAIL);
	bad_address(&tiny, 2, UINT64_MAX, EINVAL);
	bad_address(&tiny, 2, tiny.start + 1, EINVAL);
	bad_address(&tiny, 2, tiny.start + 0x18, EINVAL);
	bad_address(&tiny, 2, tiny.start | 1ULL << 63, EADDRNOTAVAIL);
	check(get_state(tiny.owner).state == TWINOS_LOADED,
	      "the twin is as it was");
	drop_tiny(&tiny);
}

static void test_cpu_arrays(int device)
{
	static const unsigned int numbers[] = { 0, TWINOS_MAX_CPUS + 1,
						1U << 30, UINT_MAX };
	struct tiny tiny = make_tiny(device, "arrays");
	char *edge = edge_page(PROT_READ | PROT_WRITE);
	char *end = edge + TWINOS_PAGE_SIZE;
	uint32_t cpus[2] = { 1, 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		expect(start_on(&tiny, cpus, numbers[i]), EINVAL,
		       "a start on %u CPUs", numbers[i]);
	expect(start_on(&tiny, NULL, 1), EFAULT, "CPUs at NULL");
	expect(start_on(&tiny, (void *)end, 1), EFAULT, "CPUs at no memory");
	expect(start_on(&tiny, (void *)(end - 4), 2), EFAULT,
	       "CPUs at the edge of memory");
	expect(start_on(&tiny, KERNEL_ADDRESS, 1), EFAULT,
	       "CPUs at the kernel's memory");
	expect(start_on(&tiny, (void *)-4UL, 1), EFAULT, "CPUs at -4");
	expect(start_on(&tiny, cpus, 2), EINVAL, "a CPU given twice");
	munmap(edge, TWINOS_PAGE_SIZE);
	drop_tiny(&tiny);
}

static void test_cpus(int device)
{
	static const uint32_t absent[] = { 4, 5, 255, 4096, INT_MAX, UINT_MAX };
	struct tiny tiny = make_tiny(device, "cpus");
	struct twinos_cpu info = { .size = sizeof(info) };
	uint32_t mixed[] = { 1, 2, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		expect(start(&tiny, absent[i]), ENODEV, "on CPU %u, absent",
		       absent[i]);
		info.cpu = absent[i];
		expect(ioctl(device, TWINOS_GET_CPU, &info), ENODEV,
		       "GET_CPU of CPU %u, absent", absent[i]);
	}
	expect(start(&tiny, 0), EPERM, "on the boot CPU");
	expect(start_on(&tiny, mixed, 3), EPERM, "on the boot CPU, too");
	mixed[2] = 4;
	expect(start_on(&tiny, mixed, 3), ENODEV, "on an absent CPU, too");
	must(set_online(3, '0') ? -1 : 0, "take CPU 3 offline");
	expect(start(&tiny, 3), EHOSTDOWN, "on an offline CPU");
	mixed[2] = 3;
	expect(start_on(&tiny, mixed, 3), EHOSTDOWN, "on an offline CPU, too");
	check(cpu_flags(device, 1) == TWINOS_CPU_ONLINE, "CPU 1 is not taken");
	check(!cpu_flags(device, 3), "CPU 3 is offline and not lent");
	must(set_online(3, '1') ? -1 : 0, "take CPU 3 online");
	check(get_state(tiny.owner).state == TWINOS_LOADED,
	      "the twin is as it was");
	drop_tiny(&tiny);
}

/* ---- starts on a shared CPU --------------------------------------------- */

static struct twinos_start shared_start(const struct tiny *tiny,
					const uint32_t *cpus)
{
	struct twinos_start arg = start_of(tiny, cpus, 1);

	arg.flags = TWINOS_START_SHARED;
	arg.handover = tiny->start + 2 * TWINOS_PAGE_SIZE;
	return arg;
}

static void bad_shared(const struct tiny *tiny, struct twinos_start arg,
		       int want, const char *what)
{
	expect(ioctl(tiny->owner, TWINOS_START, &arg), want, "shared: %s",
	       what);
}

static void test_shared_arguments(int device)
{
	struct tiny tiny = make_tiny(device, "shared");
	uint32_t cpus[] = { 1, 2 }, absent = 4;
	struct twinos_start good = shared_start(&tiny, cpus), arg;

	arg = good, arg.flags = 1U << 31;
	bad_shared(&tiny, arg, EINVAL, "an unknown flag");
	arg = good, arg.flags = 0, arg.handover++;
	bad_shared(&tiny, arg, EINVAL, "an odd address without the flag");
	arg.handover = tiny.low;
	bad_shared(&tiny, arg, EADDRNOTAVAIL, "a low one without the flag");
	arg.handover = 0, arg.slice_us = TWINOS_SLICE_DEFAULT_US;
	bad_shared(&tiny, arg, EINVAL, "a slice without the flag");
	arg = good, arg.nr_cpus = 2;
	bad_shared(&tiny, arg, EINVAL, "two CPUs");
	arg = good, arg.slice_us = TWINOS_SLICE_MIN_US - 1;
	bad_shared(&tiny, arg, EINVAL, "a slice too short");
	arg = good, arg.slice_us = TWINOS_SLICE_MAX_US + 1;
	bad_shared(&tiny, arg, EINVAL, "a slice too long");
	arg = good, arg.handover++;
	bad_shared(&tiny, arg, EINVAL, "a handover area at an odd address");
	arg = good, arg.handover = 0;
	bad_shared(&tiny, arg, EADDRNOTAVAIL, "no handover area");
	arg = good, arg.handover = tiny.start + RANGE;
	bad_shared(&tiny, arg, EADDRNOTAVAIL, "another's handover area");
	arg = good, arg.handover = tiny.low;
	bad_shared(&tiny, arg, EADDRNOTAVAIL, "a low handover area");
	arg = good, arg.cpus = (uintptr_t)&absent;
	bad_shared(&tiny, arg, ENODEV, "an absent CPU");
	check(cpu_flags(device, 1) == TWINOS_CPU_ONLINE, "CPU 1 is not shared");
	check(get_state(tiny.owner).state == TWINOS_LOADED,
	      "the twin is as it was");
	drop_tiny(&tiny);
}

/*
 * The tiny image knows of no handover area and never gives the CPU back. Where this machine can share CPUs, the host
 * fetches this one when the process that waits is killed.
 */
static void test_shared_fetched(int device)
{
	struct tiny tiny = make_tiny(device, "keeper");
	uint32_t cpu = 1;
	struct twinos_start arg = shared_start(&tiny, &cpu);
	int status;
	pid_t pid = must(fork(), "fork");

	if (!pid)
		_exit(ioctl(tiny.owner, TWINOS_START, &arg) ? errno : 0);
	sleep(2);
	kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0), "wait for a child");
	check(WIFSIGNALED(status) || WEXITSTATUS(status) == EOPNOTSUPP,
	      "a start that takes too long is killed, or none can be");
	check(get_state(tiny.owner).state == TWINOS_LOADED,
	      "the CPU was fetched from the twin");
	check(cpu_flags(device, 1) == TWINOS_CPU_ONLINE,
	      "CPU 1 is not shared any more");
	expect(start(&tiny, 1), 0, "CPU 1 can be lent after that");
	drop_tiny(&tiny);
}

/* Only where the boot CPU can be offline can another one be the last. */
static void test_last_cpu(int device)
{
	struct tiny tiny = make_tiny(device, "last");

	if (access("/sys/devices/system/cpu/cpu0/online", W_OK)) {
		printf("# the boot CPU of this kernel can't go offline\n");
	} else {
		must(set_online(3, '0') || set_online(2, '0') ||
				     set_online(0, '0') ?
			     -1 :
			     0,
		     "take all CPUs but one offline");
		expect(start(&tiny, 1), EPERM, "on the last CPU");
		expect(start(&tiny, 0), EPERM, "on the boot CPU, offline");
		must(set_online(0, '1') || set_online(2, '1') ||
				     set_online(3, '1') ?
			     -1 :
			     0,
		     "take them online");
	}
	drop_tiny(&tiny);
}

/* ---- a twin that runs --------------------------------------------------- */

static void check_running(int device, const struct tiny *tiny)
{
	char text[64];

	check(get_state(tiny->owner).state == TWINOS_RUNNING, "it runs");
	check(counts(tiny), "it counts");
	check(tiny->image->rsi == tiny->start + 8, "%%rsi is what was given");
	check(cpu_flags(device, 2) == TWINOS_CPU_LENT, "its CPU is lent");
	check(cpu_flags(device, 1) == TWINOS_CPU_ONLINE, "no other CPU is");
	slurp("/sys/devices/system/cpu/online", text, sizeof(text));
	check(!strcmp(text, "0-1,3\n"), "its CPU is offline to the host");
	check(set_online(2, '1'), "and can't be brought online");
	check(counts(tiny), "nor does it notice the try");
}

static void check_refusals(int device, const struct tiny *tiny)
{
	struct tiny other = make_tiny(device, "other");
	uint32_t cpus[] = { 1, 2 };

	expect(start(tiny, 1), EBUSY, "a second start");
	expect(add_contig(tiny->owner, RANGE, NULL), EBUSY,
	       "more memory for a twin that runs");
	expect(start(&other, 2), EBUSY, "a CPU that another twin has");
	expect(start_on(&other, cpus, 2), EBUSY, "one that it has, too");
	expect(create_flags(device, "tiny", 0), EEXIST, "its name");
	expect(syscall(SYS_delete_module, "twinos", O_NONBLOCK), EAGAIN,
	       "unloading the module");
	check(counts(tiny), "it still counts");
	drop_tiny(&other);
}

static bool polls(int fd, short events)
{
	struct pollfd arg = { .fd = fd, .events = POLLIN };

	must(poll(&arg, 1, 0), "poll");
	return arg.revents == events;
}

static void test_running(int device)
{
	struct tiny tiny = make_tiny(device, "tiny");
	int observer = observe(device, "tiny");
	struct twinos_state state;

	check(polls(observer, 0), "an observer has nothing to see");
	expect(start(&tiny, 2), 0, "a start");
	check(polls(observer, POLLIN) && polls(tiny.owner, POLLIN),
	      "poll() tells both fds of the start");
	get_state(observer);
	check(polls(observer, 0), "GET_STATE clears it");
	check(polls(tiny.owner, POLLIN), "on its own fd only");
	check_running(device, &tiny);
	check_refusals(device, &tiny);

	expect(stop(observer, TWINOS_REASON_PANICKED), 0, "an observer's stop");
	state = get_state(observer);
	check(state.state == TWINOS_STOPPED &&
		      state.reason == TWINOS_REASON_PANICKED,
	      "it is stopped, and why is kept");
	check(!counts(&tiny), "it does not count any more");
	check(cpu_flags(device, 2) == TWINOS_CPU_ONLINE, "its CPU is back");
	expect(stop(tiny.owner, TWINOS_REASON_REQUEST), 0, "a second stop");
	check(get_state(tiny.owner).reason == TWINOS_REASON_PANICKED,
	      "which does nothing");
	expect(start(&tiny, 2), EBUSY, "a start after the stop");
	expect(add_contig(tiny.owner, RANGE, NULL), EBUSY,
	       "more memory after the stop");
	check(pread(observer, &state, 1, tiny.start) == 1,
	      "its memory can be read");

	drop_tiny(&tiny);
	check(polls(observer, POLLIN | POLLHUP), "poll() tells of its end");
	check(get_state(observer).state == TWINOS_GONE, "it is gone");
	check(polls(observer, POLLHUP), "only POLLHUP stays");
	expect(stop(observer, TWINOS_REASON_REQUEST), ENODEV,
	       "a stop when it is gone");
	close(observer);
}

static int set_state(int fd, unsigned int state)
{
	struct twinos_set_state arg = { .size = sizeof(arg), .state = state };

	return ioctl(fd, TWINOS_SET_STATE, &arg);
}

static int clear(int owner)
{
	struct twinos_clear arg = { .size = sizeof(arg) };

	return ioctl(owner, TWINOS_CLEAR, &arg);
}

static void no_state_before(struct tiny *tiny)
{
	unsigned int state;

	for (state = TWINOS_RUNNING; state <= TWINOS_HUNG; state++)
		expect(set_state(tiny->owner, state), EBUSY,
		       "state %u for a twin that does not run", state);
	expect(clear(tiny->owner), EBUSY, "a clear before the start");
}

/* What watches the twin tells; only a hang passes. */
static void test_states(int device)
{
	static const unsigned int wrong[] = { TWINOS_CREATED,  TWINOS_LOADED,
					      TWINOS_STARTING, TWINOS_STOPPING,
					      TWINOS_STOPPED,  TWINOS_LOST,
					      TWINOS_GONE,     TWINOS_GONE + 1,
					      UINT_MAX };
	struct tiny tiny = make_tiny(device, "states");
	int observer = observe(device, "states");
	size_t i;

	no_state_before(&tiny);
	expect(start(&tiny, 2), 0, "a start");
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		expect(set_state(tiny.owner, wrong[i]), EINVAL,
		       "state %u can't be told", wrong[i]);
	expect(set_state(observer, TWINOS_HUNG), 0, "an observer tells a hang");
	check(get_state(tiny.owner).state == TWINOS_HUNG, "all see it");
	expect(add_contig(tiny.owner, RANGE, NULL), EBUSY,
	       "it takes no memory");
	expect(start(&tiny, 3), EBUSY, "it can't be started");
	expect(set_state(observer, TWINOS_RUNNING), 0, "it runs again");
	expect(set_state(tiny.owner, TWINOS_PANICKED), 0, "it panics");
	get_state(observer);
	expect(set_state(tiny.owner, TWINOS_PANICKED), 0, "once more");
	check(polls(observer, 0), "which is no change");
	expect(set_state(tiny.owner, TWINOS_RUNNING), EBUSY, "that is its end");
	check(counts(&tiny), "its core runs on");
	expect(stop(observer, TWINOS_REASON_PANICKED), 0, "a stop");
	expect(set_state(observer, TWINOS_HUNG), EBUSY, "a state after that");
	drop_tiny(&tiny);
	expect(set_state(observer, TWINOS_HUNG), ENODEV,
	       "a state when it is gone");
	close(observer);
}

static bool is_zero(const struct tiny *tiny)
{
	char page[TWINOS_PAGE_SIZE] = { 0 }, zeros[TWINOS_PAGE_SIZE] = { 0 };

	must(pread(tiny->owner, page, sizeof(page), tiny->start), "read");
	return !memcmp(page, zeros, sizeof(page));
}

/* Started anew in the same memory, with what was written there anew. */
static void test_clear(int device)
{
	struct twinos_clear flagged = { .size = sizeof(flagged), .flags = 1 };
	struct tiny tiny = make_tiny(device, "clear");
	char before[TWINOS_PAGE_SIZE];

	must(pread(tiny.owner, before, sizeof(before), tiny.start), "read");
	expect(start(&tiny, 2), 0, "a start");
	expect(clear(tiny.owner), EBUSY, "a clear while it runs");
	expect(stop(tiny.owner, TWINOS_REASON_HUNG), 0, "a stop");
	expect(ioctl(tiny.owner, TWINOS_CLEAR, &flagged), EINVAL,
	       "a clear with a flag");
	expect(clear(tiny.owner), 0, "a clear");
	check(is_zero(&tiny), "its memory is zeros");
	check(get_state(tiny.owner).state == TWINOS_LOADED, "it is loaded");
	expect(clear(tiny.owner), EBUSY, "a second clear");
	fill_image(tiny.image, tiny.start);
	expect(start(&tiny, 3), 0, "a start on another CPU");
	check(counts(&tiny), "it counts again");
	expect(stop(tiny.owner, TWINOS_REASON_REQUEST), 0, "a stop");
	drop_tiny(&tiny);
}

static void check_gone(int observer, unsigned int reason, const char *text)
{
	struct pollfd arg = { .fd = observer };
	struct twinos_state state;

	/* POLLHUP comes unasked. */
	must(poll(&arg, 1, 20000), "poll");
	state = get_state(observer);
	check(arg.revents & POLLHUP && state.state == TWINOS_GONE &&
		      state.reason == reason,
	      "%s", text);
	close(observer);
}

static void test_closed(int device)
{
	struct tiny tiny = make_tiny(device, "closed");
	int observer = observe(device, "closed");

	expect(start(&tiny, 3), 0, "a start");
	drop_tiny(&tiny);
	check_gone(observer, TWINOS_REASON_CLOSED, "closing it stops it");
}

/* Also while its start is under way: @ms after the child has its memory. */
static void kill_owner(int device, unsigned int ms)
{
	int pipes[2], observer;
	struct tiny tiny;
	char byte = 0;
	pid_t pid;

	must(pipe(pipes), "pipe");
	fflush(stdout);
	pid = must(fork(), "fork");
	if (!pid) {
		tiny = make_tiny(device, "killed");
		must(write(pipes[1], &byte, 1), "write");
		start(&tiny, 1);
		for (;;)
			pause();
	}
	must(read(pipes[0], &byte, 1), "read");
	observer = observe(device, "killed");
	usleep(ms * 1000);
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0), "wait");
	check(get_state(observer).state == TWINOS_GONE,
	      "killed %u ms after the start began", ms);
	check(cpu_flags(device, 1) == TWINOS_CPU_ONLINE, "its CPU is back");
	close(observer);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_killed(int device)
{
	static const unsigned int times[] = { 0, 5, 10, 20, 50, 100, 1000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(times); i++)
		kill_owner(device, times[i]);
}

static void test_two(int device)
{
	struct tiny one = make_tiny(device, "one");
	struct tiny two = make_tiny(device, "two");
	uint32_t cpus[] = { 3, 1 };

	expect(start_on(&one, cpus, 2), 0, "a twin with two CPUs");
	expect(start(&two, 2), 0, "and one with one");
	check(counts(&one) && counts(&two), "both count");
	check(cpu_flags(device, 1) == TWINOS_CPU_LENT &&
		      cpu_flags(device, 3) == TWINOS_CPU_LENT,
	      "a CPU that waits is lent too");
	expect(stop(one.owner, TWINOS_REASON_REQUEST), 0, "the first stops");
	check(!counts(&one) && counts(&two), "the second goes on");
	drop_tiny(&two);
	drop_tiny(&one);
}

/* ---- two at the same time ----------------------------------------------- */

#define RACES 5

/* Starts a twin at the stroke of @at, keeps it for a while; 0 or the error. */
static int start_at(int device, const char *name, const struct timespec *at)
{
	struct tiny tiny = make_tiny(device, name);
	int ret;

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL);
	ret = start(&tiny, 2) ? errno : 0;
	/* Longer than the other one's start can be late. */
	sleep(1);
	drop_tiny(&tiny);
	return ret;
}

static void test_same_cpu(int device)
{
	struct timespec at;
	int theirs, ours, i;
	pid_t pid;

	for (i = 0; i < RACES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec++;
		fflush(stdout);
		pid = must(fork(), "fork");
		if (!pid)
			_exit(start_at(device, "theirs", &at));
		ours = start_at(device, "ours", &at);
		must(waitpid(pid, &theirs, 0), "wait");
		theirs = WEXITSTATUS(theirs);
		check((!ours && theirs == EBUSY) || (!theirs && ours == EBUSY),
		      "of two starts on a CPU one works");
	}
}

static void watch(int device, const char *name)
{
	int observer = observe_flags(device, name, O_CLOEXEC);
	char text[4096];
	int fd;

	if (observer < 0)
		return;
	get_state(observer);
	polls(observer, 0);
	/* Whether it works depends on how far the twin is. */
	(void)!pread(observer, text, sizeof(text), 0x100000);
	stop(observer, TWINOS_REASON_REQUEST);
	fd = open("/sys/class/twinos/race/memory", O_RDONLY);
	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text));
		close(fd);
	}
	close(observer);
}

/* Twins come and go while others look at them. */
static void test_watched(int device)
{
	pid_t watchers[2];
	struct tiny tiny;
	size_t i;

	fflush(stdout);
	for (i = 0; i < ARRAY_SIZE(watchers); i++) {
		watchers[i] = must(fork(), "fork");
		while (!watchers[i])
			watch(device, "race");
	}
	for (i = 0; i < 100; i++) {
		tiny = make_tiny(device, "race");
		drop_tiny(&tiny);
	}
	for (i = 0; i < 5; i++) {
		tiny = make_tiny(device, "race");
		expect(start(&tiny, 2), 0, "a start of a twin that is watched");
		drop_tiny(&tiny);
	}
	for (i = 0; i < ARRAY_SIZE(watchers); i++) {
		kill(watchers[i], SIGKILL);
		must(waitpid(watchers[i], NULL, 0), "wait");
	}
}

/* ---- doorbells ------------------------------------------------------------ */

/**
 * struct belled - a tiny twin with a handover area, in which it does nothing
 * @call: write to it to call the twin
 * @kick: tells of kicks
 */
struct belled {
	struct tiny tiny;
	volatile struct twinos_handover *area;
	int call, kick;
};

#define AREA (8 * TWINOS_PAGE_SIZE)
#define CPU 2

static int tie(const struct belled *belled, unsigned long cmd)
{
	struct twinos_bind arg = { .size = sizeof(arg), .bit = 7 };

	arg.fd = must(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
	must(ioctl(belled->tiny.owner, cmd, &arg), "tie an eventfd");
	return arg.fd;
}

/* What stands in the area before the start must not be rung at, and goes. */
static struct belled start_belled(int device)
{
	struct belled belled = { .tiny = make_tiny(device, "belled") };
	uint32_t cpu = CPU;
	struct twinos_start arg = start_of(&belled.tiny, &cpu, 1);

	belled.area = (void *)((char *)belled.tiny.image + AREA);
	memset((void *)belled.area, 0xff, TWINOS_HANDOVER_SIZE);
	belled.call = tie(&belled, TWINOS_BIND_CALL);
	belled.kick = tie(&belled, TWINOS_BIND_KICK);
	arg.handover = belled.tiny.start + AREA;
	must(ioctl(belled.tiny.owner, TWINOS_START, &arg), "start");
	return belled;
}

static void drop_belled(struct belled *belled)
{
	drop_tiny(&belled->tiny);
	close(belled->call);
	close(belled->kick);
}

static long counter(const char *name)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/class/twinos/belled/doorbell/%s",
		 name);
	slurp(path, text, sizeof(text));
	return strtol(text, NULL, 0);
}

static bool is_kicked(const struct belled *belled)
{
	struct pollfd pollfd = { .fd = belled->kick, .events = POLLIN };
	uint64_t count;

	return poll(&pollfd, 1, 10000) == 1 &&
	       read(belled->kick, &count, sizeof(count)) == sizeof(count);
}

/* Ten of them, see STUCK_LOOKS in host/doorbell.c, and as much again. */
static void wait_for_slow_look(void)
{
	usleep(20 * TWINOS_SLOW_LOOK_MS * 1000 + 500000);
}

static void test_kicks(int device)
{
	struct belled belled = start_belled(device);
	uint64_t target = belled.area->kick.target;

	check(!belled.area->kick.bits && !belled.area->call.bits &&
		      !belled.area->call.target,
	      "the bits are cleared at the start");
	check((target & TWINOS_TARGET_VECTOR) >= TWINOS_TARGET_FIRST_VECTOR,
	      "the host tells its target: %#llx", (unsigned long long)target);
	check(counter("irq") > 0, "the host has an irq");
	belled.area->kick.bits = 1 << 7;
	check(is_kicked(&belled), "a kick without a ring is found");
	check(counter("kicks_helped") == 1, "which counts as help");
	check(!belled.area->kick.bits, "it is taken");
	belled.area->kick.bits = ~0ULL & ~(1ULL << 7);
	wait_for_slow_look();
	check(!belled.area->kick.bits, "kicks that are tied to nothing go");
	check(counts(&belled.tiny), "the twin runs");
	must(stop(belled.tiny.owner, TWINOS_REASON_REQUEST), "stop");
	belled.area->kick.bits = 1 << 7;
	usleep(500000);
	check(belled.area->kick.bits, "nobody looks after the stop");
	check(!counter("irq"), "the irq is gone");
	check(!belled.area->kick.target, "and so is the target");
	drop_belled(&belled);
}

static uint64_t target_of(uint64_t apic_id, uint64_t vector)
{
	return apic_id << TWINOS_TARGET_ID_SHIFT | vector;
}

static void bad_target(const struct belled *belled, uint64_t target)
{
	long before = counter("bad_targets");
	uint64_t one = 1;

	belled->area->call.bits = 0;
	belled->area->call.target = target;
	must(write(belled->call, &one, sizeof(one)), "call");
	check(counter("bad_targets") > before, "target %#llx is refused",
	      (unsigned long long)target);
	belled->area->call.target = 0;
}

/* An NMI or INIT can't be asked for: there is no room for it in a target. */
static void test_targets(int device)
{
	struct belled belled = start_belled(device);
	struct twinos_cpu cpu = { .size = sizeof(cpu), .cpu = CPU };
	uint64_t one = 1;

	must(ioctl(device, TWINOS_GET_CPU, &cpu), "get a CPU");
	bad_target(&belled, target_of(0, 0x40));
	bad_target(&belled, target_of(cpu.apic_id + 1, 0x40));
	bad_target(&belled, target_of(0xff, 0x40));
	bad_target(&belled, target_of(UINT32_MAX, 0x40));
	bad_target(&belled, target_of(cpu.apic_id, 2));
	bad_target(&belled, target_of(cpu.apic_id, 31));
	bad_target(&belled, target_of(cpu.apic_id, 0x440));
	bad_target(&belled, target_of(cpu.apic_id, 1U << 31 | 0x40));
	belled.area->call.bits = 0;
	belled.area->call.target = target_of(cpu.apic_id, 0x40);
	must(write(belled.call, &one, sizeof(one)), "call");
	check(belled.area->call.bits == 1 << 7, "the right bit is set");
	check(counts(&belled.tiny), "it is rung at, which it does not see");
	wait_for_slow_look();
	check(counter("calls_helped") > 0, "the slow look rings again");
	drop_belled(&belled);
}

int main(void)
{
	static const struct group groups[] = {
		{ "no memory", test_no_memory },
		{ "addresses", test_addresses },
		{ "CPU arrays", test_cpu_arrays },
		{ "CPUs", test_cpus },
		{ "shared CPU", test_shared_arguments },
		{ "shared CPU that is kept", test_shared_fetched },
		{ "last CPU", test_last_cpu },
		{ "running", test_running },
		{ "states", test_states },
		{ "clear", test_clear },
		{ "closed", test_closed },
		{ "killed", test_killed },
		{ "two", test_two },
		{ "same CPU", test_same_cpu },
		{ "watched", test_watched },
		{ "kicks", test_kicks },
		{ "targets", test_targets },
	};

	return run_groups(groups, ARRAY_SIZE(groups));
}
