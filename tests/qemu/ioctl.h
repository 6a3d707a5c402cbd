/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs that misuse the ioctls share: TAP, calls, the balance. */
#ifndef TWINOS_TESTS_IOCTL_H
#define TWINOS_TESTS_IOCTL_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/twinos.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define RANGE ((uint64_t)TWINOS_RANGE_ALIGN)

static unsigned int test_count, test_failures;

static inline void test_verdict(bool passed, const char *format, va_list args)
{
	printf("%sok %u - ", passed ? "" : "not ", ++test_count);
	vprintf(format, args);
	putchar('\n');
	test_failures += !passed;
}

__attribute__((format(printf, 2, 3))) static inline void
check(bool passed, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	test_verdict(passed, format, args);
	va_end(args);
}

/* expect() - @ret is that of a call that sets errno; @want is 0 or the error */
__attribute__((format(printf, 3, 4))) static inline void
expect(long ret, int want, const char *format, ...)
{
	int got = ret < 0 ? errno : 0;
	va_list args;

	va_start(args, format);
	test_verdict(got == want, format, args);
	va_end(args);
	if (got != want)
		printf("#   got:    %s\n#   wanted: %s\n", strerror(got),
		       strerror(want));
}

/* What no test is about must work. */
static inline long must(long ret, const char *what)
{
	if (ret >= 0)
		return ret;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(2);
}

static inline int finish(void)
{
	printf("1..%u\n", test_count);
	return test_failures ? 1 : 0;
}

/* ---- calls ------------------------------------------------------------- */

static inline int open_device(void)
{
	return must(open(TWINOS_DEVICE, O_RDWR | O_CLOEXEC), "open the device");
}

static inline int create_flags(int device, const char *name, unsigned int flags)
{
	struct twinos_create create = { .size = sizeof(create),
					.flags = flags };

	memcpy(create.name, name, strnlen(name, TWINOS_NAME_SIZE));
	return ioctl(device, TWINOS_CREATE, &create);
}

static inline int create(int device, const char *name)
{
	return must(create_flags(device, name, O_CLOEXEC), "create a twin");
}

static inline int observe_flags(int device, const char *name,
				unsigned int flags)
{
	struct twinos_open arg = { .size = sizeof(arg), .flags = flags };

	memcpy(arg.name, name, strnlen(name, TWINOS_NAME_SIZE));
	return ioctl(device, TWINOS_OPEN, &arg);
}

static inline int observe(int device, const char *name)
{
	return must(observe_flags(device, name, O_CLOEXEC), "open a twin");
}

static inline int add(int owner, unsigned int kind, uint64_t length,
		      uint64_t min, uint64_t max, uint64_t *start)
{
	struct twinos_memory memory = {
		.size = sizeof(memory),
		.kind = kind,
		.length = length,
		.min = min,
		.max = max,
		.start = start ? *start : 0,
	};
	int ret = ioctl(owner, TWINOS_ADD_MEMORY, &memory);

	if (start)
		*start = memory.start;
	return ret;
}

static inline int add_low(int owner, uint64_t length, uint64_t *start)
{
	return add(owner, TWINOS_MEMORY_LOW, length, 0, 0, start);
}

static inline int add_contig(int owner, uint64_t length, uint64_t *start)
{
	return add(owner, TWINOS_MEMORY_CONTIG, length, 0, UINT64_MAX, start);
}

static inline int memory_fd_flags(int owner, uint64_t start, unsigned int flags)
{
	struct twinos_memory_fd arg = { .size = sizeof(arg),
					.flags = flags,
					.start = start };

	return ioctl(owner, TWINOS_GET_MEMORY_FD, &arg);
}

static inline int memory_fd(int owner, uint64_t start)
{
	return must(memory_fd_flags(owner, start, O_CLOEXEC),
		    "get a memory fd");
}

static inline int stop(int fd, unsigned int reason)
{
	struct twinos_stop arg = { .size = sizeof(arg), .reason = reason };

	return ioctl(fd, TWINOS_STOP, &arg);
}

static inline struct twinos_state get_state(int fd)
{
	struct twinos_state state = { .size = sizeof(state) };

	must(ioctl(fd, TWINOS_GET_STATE, &state), "get the state");
	return state;
}

/* ---- the balance ------------------------------------------------------- */

/* The first @size - 1 bytes of a file in /proc or /sys. */
static inline void slurp(const char *path, char *text, size_t size)
{
	int fd = must(open(path, O_RDONLY | O_CLOEXEC), path);
	ssize_t length = must(read(fd, text, size - 1), path);

	text[length] = '\0';
	close(fd);
}

struct balance {
	char online[64];
	char tainted[32]; /* a warning taints the kernel */
	long available_kb;
};

static inline struct balance take_balance(void)
{
	struct balance balance;
	char text[1024], *at;

	slurp("/sys/devices/system/cpu/online", balance.online,
	      sizeof(balance.online));
	slurp("/proc/sys/kernel/tainted", balance.tainted,
	      sizeof(balance.tainted));
	slurp("/proc/meminfo", text, sizeof(text));
	at = strstr(text, "MemAvailable:");
	balance.available_kb = at ? strtol(at + 13, NULL, 10) : 0;
	return balance;
}

static inline unsigned int count_twins(void)
{
	DIR *dir = opendir("/sys/class/twinos");
	struct dirent *entry;
	unsigned int nr = 0;

	if (!dir)
		must(-1, "/sys/class/twinos");
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	closedir(dir);
	return nr;
}

/*
 * Freed pages are counted on each CPU for a while. KASAN keeps freed memory longer
 * than a test takes, and kmemleak its notes.
 */
static inline bool memory_is_back(long before_kb)
{
	bool is_watched = !access("/sys/kernel/debug/kmemleak", F_OK);
	long missing_kb = before_kb / (is_watched ? 20 : 100);
	unsigned int try;

	for (try = 0; try < 300; try++) {
		if (take_balance().available_kb >= before_kb - missing_kb)
			return true;
		usleep(100000);
	}
	return false;
}

static inline void check_balance(const char *group,
				 const struct balance *before)
{
	struct balance now = take_balance();

	check(!count_twins(), "%s: no twin is left", group);
	check(!strcmp(now.online, before->online), "%s: all CPUs are online",
	      group);
	check(memory_is_back(before->available_kb), "%s: the memory is back",
	      group);
	check(!strcmp(now.tainted, before->tainted),
	      "%s: the kernel has not warned", group);
}

struct group {
	const char *name;
	void (*run)(int device);
};

static inline int run_groups(const struct group *groups, size_t nr)
{
	struct balance before;
	int device;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < nr; i++) {
		before = take_balance();
		device = open_device();
		groups[i].run(device);
		close(device);
		check_balance(groups[i].name, &before);
	}
	return finish();
}

/* ---- pointers ---------------------------------------------------------- */

/* A page with another behind it that nobody can touch, nor map anew. */
static inline char *edge_page(int protection)
{
	char *page = mmap(NULL, 2 * TWINOS_PAGE_SIZE, protection,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		must(-1, "map a page");
	mprotect(page + TWINOS_PAGE_SIZE, TWINOS_PAGE_SIZE, PROT_NONE);
	return page;
}

/* Where kernels without KASLR have the direct map of memory. */
#define KERNEL_ADDRESS ((void *)0xffff888000000000UL)

#endif
