// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that are wrong in themselves: on the wrong fd, with the wrong size,
 * flags, pointers or names, without the right. TAP on standard output.
 */
#include <linux/capability.h>
#include <limits.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ioctl.h"

enum fd_kind { DEVICE, OWNER, OBSERVER, MEMORY, NR_KINDS };

static const char *const kind_names[] = { "device", "owner", "observer",
					  "memory fd" };

struct call {
	const char *name;
	unsigned int cmd;
	unsigned int kinds; /* bits of enum fd_kind */
};

#define CALL(name, kinds)                   \
	{                                   \
#name, TWINOS_##name, kinds \
	}

static const struct call calls[] = {
	CALL(GET_INFO, 1 << DEVICE),
	CALL(GET_CPU, 1 << DEVICE),
	CALL(CREATE, 1 << DEVICE),
	CALL(OPEN, 1 << DEVICE),
	CALL(ADD_MEMORY, 1 << OWNER),
	CALL(START, 1 << OWNER),
	CALL(STOP, 1 << OWNER | 1 << OBSERVER),
	CALL(CLEAR, 1 << OWNER),
	CALL(BIND_KICK, 1 << OWNER),
	CALL(BIND_CALL, 1 << OWNER),
	CALL(GET_MEMORY_FD, 1 << OWNER),
	CALL(GET_STATE, 1 << OWNER | 1 << OBSERVER),
	CALL(SET_STATE, 1 << OWNER | 1 << OBSERVER),
};

/* Large enough for each struct, and good enough to get to its first check. */
struct argument {
	__u32 size;
	__u32 words[63];
};

static struct argument argument(const struct call *call)
{
	return (struct argument){ .size = _IOC_SIZE(call->cmd) };
}

static void each(int device,
		 void (*fn)(const struct call *call, int fd, enum fd_kind kind))
{
	int fds[NR_KINDS] = { [DEVICE] = device };
	uint64_t start = 0;
	size_t i, kind;

	fds[OWNER] = create(device, "calls");
	fds[OBSERVER] = observe(device, "calls");
	must(add_contig(fds[OWNER], RANGE, &start), "take memory");
	fds[MEMORY] = memory_fd(fds[OWNER], start);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		for (kind = 0; kind < NR_KINDS; kind++)
			fn(&calls[i], fds[kind], kind);
	close(fds[MEMORY]);
	close(fds[OBSERVER]);
	close(fds[OWNER]);
}

static bool belongs(const struct call *call, enum fd_kind kind)
{
	return call->kinds & 1 << kind;
}

static void wrong_fd(const struct call *call, int fd, enum fd_kind kind)
{
	struct argument arg = argument(call);

	if (!belongs(call, kind))
		expect(ioctl(fd, call->cmd, &arg), ENOTTY, "%s on the %s",
		       call->name, kind_names[kind]);
}

static void test_wrong_fds(int device)
{
	each(device, wrong_fd);
}

static void wrong_sizes(const struct call *call, int fd, enum fd_kind kind)
{
	unsigned int size = _IOC_SIZE(call->cmd), i;
	unsigned int sizes[] = { 0, 1, size - 1, size + 1, size * 2, UINT_MAX };
	struct argument arg = argument(call);

	for (i = 0; i < ARRAY_SIZE(sizes) && belongs(call, kind); i++) {
		arg.size = sizes[i];
		expect(ioctl(fd, call->cmd, &arg), EINVAL,
		       "%s with size %u on the %s", call->name, sizes[i],
		       kind_names[kind]);
	}
}

static void test_sizes(int device)
{
	each(device, wrong_sizes);
}

/* The number holds the direction and the size too. */
static void wrong_numbers(const struct call *call, int fd, enum fd_kind kind)
{
	unsigned int cmd = call->cmd, size = _IOC_SIZE(cmd), i;
	unsigned int magic = TWINOS_IOC_MAGIC, nr = _IOC_NR(cmd);
	unsigned int numbers[] = {
		_IOC(_IOC_DIR(cmd), magic, nr, size - 1),
		_IOC(_IOC_DIR(cmd), magic, nr, size + 1),
		_IOC(_IOC_DIR(cmd), magic, nr, 0),
		_IOC(_IOC_DIR(cmd), magic, nr, (1 << _IOC_SIZEBITS) - 1),
		_IOC(_IOC_NONE, magic, nr, size),
		_IOC(_IOC_READ, magic, nr, size),
		_IOC(_IOC_DIR(cmd), magic ^ 1, nr, size),
		_IOC(_IOC_DIR(cmd), magic, nr + 0x40, size),
	};
	struct argument arg = argument(call);

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		expect(ioctl(fd, numbers[i], &arg), ENOTTY,
		       "%s as %#x on the %s", call->name, numbers[i],
		       kind_names[kind]);
}

static void test_numbers(int device)
{
	each(device, wrong_numbers);
}

static void wrong_pointers(const struct call *call, int fd, enum fd_kind kind)
{
	char *edge = edge_page(PROT_READ | PROT_WRITE);
	char *end = edge + TWINOS_PAGE_SIZE;
	struct argument arg = argument(call);

	if (!belongs(call, kind))
		return;
	/* All of it but the last byte. */
	memcpy(end - _IOC_SIZE(call->cmd) + 1, &arg, _IOC_SIZE(call->cmd) - 1);
	expect(ioctl(fd, call->cmd, NULL), EFAULT, "%s at NULL", call->name);
	expect(ioctl(fd, call->cmd, end), EFAULT, "%s at no memory",
	       call->name);
	expect(ioctl(fd, call->cmd, end - _IOC_SIZE(call->cmd) + 1), EFAULT,
	       "%s at the edge of memory", call->name);
	expect(ioctl(fd, call->cmd, KERNEL_ADDRESS), EFAULT,
	       "%s at the kernel's memory", call->name);
	expect(ioctl(fd, call->cmd, -1UL), EFAULT, "%s at -1", call->name);
	munmap(edge, TWINOS_PAGE_SIZE);
}

static void read_only_pointer(const struct call *call, int fd,
			      enum fd_kind kind)
{
	char *page = edge_page(PROT_READ | PROT_WRITE);
	struct argument *arg = (struct argument *)page;
	bool fails = _IOC_DIR(call->cmd) & _IOC_READ;

	*arg = argument(call);
	if (call->cmd == TWINOS_STOP)
		arg->words[0] = TWINOS_REASON_REQUEST;
	if (call->cmd == TWINOS_ADD_MEMORY)
		((struct twinos_memory *)page)->length = TWINOS_LOW_MIN;
	must(mprotect(page, TWINOS_PAGE_SIZE, PROT_READ), "protect a page");
	if (belongs(call, kind) && (fails || call->cmd == TWINOS_STOP))
		expect(ioctl(fd, call->cmd, page), fails ? EFAULT : 0,
		       "%s at memory that can only be read", call->name);
	munmap(page, TWINOS_PAGE_SIZE);
}

static void test_pointers(int device)
{
	each(device, wrong_pointers);
	each(device, read_only_pointer);
}

static void test_flags(int device)
{
	static const unsigned int wrong[] = {
		1,
		O_NONBLOCK,
		O_APPEND,
		O_CLOEXEC | O_NONBLOCK,
		O_CLOEXEC + 1,
		1U << 31,
		UINT_MAX,
	};
	int owner = create(device, "flags");
	uint64_t start = 0;
	size_t i;

	must(add_contig(owner, RANGE, &start), "take memory");
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		expect(create_flags(device, "other", wrong[i]), EINVAL,
		       "CREATE with flags %#x", wrong[i]);
		expect(observe_flags(device, "flags", wrong[i]), EINVAL,
		       "OPEN with flags %#x", wrong[i]);
		expect(memory_fd_flags(owner, start, wrong[i]), EINVAL,
		       "GET_MEMORY_FD with flags %#x", wrong[i]);
	}
	expect(stop(owner, TWINOS_REASON_NONE), EINVAL, "STOP with no reason");
	expect(stop(owner, TWINOS_REASON_HUNG + 1), EINVAL,
	       "STOP with an unknown reason");
	expect(stop(owner, UINT_MAX), EINVAL, "STOP with reason -1");
	close(owner);
}

/* Every fd closes on exec only if that was asked for. */
static void test_cloexec(int device)
{
	static const unsigned int flags[] = { 0, O_CLOEXEC };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int owner = must(create_flags(device, "x", flags[i]), "create");
		int observer =
			must(observe_flags(device, "x", flags[i]), "observe");
		int want = flags[i] ? FD_CLOEXEC : 0, memory;
		uint64_t start = 0;

		must(add_contig(owner, RANGE, &start), "take memory");
		memory = must(memory_fd_flags(owner, start, flags[i]),
			      "get a memory fd");
		check(fcntl(memory, F_GETFD) == want,
		      "a memory fd made with %#x", flags[i]);
		check(fcntl(owner, F_GETFD) == want,
		      "an owner fd made with %#x", flags[i]);
		check(fcntl(observer, F_GETFD) == want,
		      "an observer fd made with %#x", flags[i]);
		close(memory);
		close(observer);
		close(owner);
	}
}

static void bad_name(int device, const char *name, size_t length)
{
	struct twinos_create make = { .size = sizeof(make) };
	struct twinos_open open = { .size = sizeof(open) };

	memcpy(make.name, name, length);
	memcpy(open.name, name, length);
	expect(ioctl(device, TWINOS_CREATE, &make), EINVAL,
	       "CREATE '%.*s' of %zu bytes", (int)strcspn(name, "\n"), name,
	       length);
	expect(ioctl(device, TWINOS_OPEN, &open), EINVAL,
	       "OPEN '%.*s' of %zu bytes", (int)strcspn(name, "\n"), name,
	       length);
}

static void test_bad_names(int device)
{
	static const char *const names[] = {
		"",    ".",   "..",  ".a",   "-",     "-a",
		"/",   "a/b", "a b", "a\n",  "a%n",   "a!b",
		"a:b", "a\\", "a\t", "\xe4", "a\x7f",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		bad_name(device, names[i], strlen(names[i]));
	bad_name(device, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TWINOS_NAME_SIZE);
	bad_name(device, "a\0b", 3);
	bad_name(
		device,
		"a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0b",
		TWINOS_NAME_SIZE);
	bad_name(device, "\0a", 2);
}

static void test_good_names(int device)
{
	/* Some are names that sysfs uses itself. */
	static const char *const names[] = {
		"a",	     "_",
		"a.b",	     "a-b",
		"A_9",	     "0",
		"power",     "uevent",
		"subsystem", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	int fds[ARRAY_SIZE(names)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		fds[i] = create_flags(device, names[i], 0);
		expect(fds[i], 0, "CREATE '%s'", names[i]);
		expect(create_flags(device, names[i], 0), EEXIST,
		       "CREATE '%s' again", names[i]);
		close(must(observe_flags(device, names[i], 0), "observe"));
	}
	for (i = 0; i < ARRAY_SIZE(names); i++)
		close(fds[i]);
	expect(observe_flags(device, "a", 0), ENOENT,
	       "OPEN a twin that is gone");
	fds[0] = create_flags(device, "a", 0);
	expect(fds[0], 0, "CREATE a name that is free again");
	close(fds[0]);
}

static void test_values(int device)
{
	static const unsigned int cpus[] = { 0x7fffffff, UINT_MAX, 4096 };
	struct twinos_cpu cpu = { .size = sizeof(cpu) };
	struct twinos_info info;
	size_t i;

	memset(&info, 0xff, sizeof(info));
	info.size = sizeof(info);
	expect(ioctl(device, TWINOS_GET_INFO, &info), 0, "GET_INFO");
	check(info.size == sizeof(info) && info.revision == TWINOS_REVISION,
	      "GET_INFO tells size and revision");
	check(info.tsc_khz && info.nr_cpus, "GET_INFO tells TSC and CPUs");
	check(memchr(info.version, 0, sizeof(info.version)),
	      "GET_INFO ends the version with NUL");
	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		cpu.cpu = cpus[i];
		expect(ioctl(device, TWINOS_GET_CPU, &cpu), ENODEV,
		       "GET_CPU of CPU %u", cpus[i]);
	}
	cpu.cpu = info.nr_cpus;
	expect(ioctl(device, TWINOS_GET_CPU, &cpu), ENODEV,
	       "GET_CPU of the CPU behind the last");
	cpu.cpu = 0;
	expect(ioctl(device, TWINOS_GET_CPU, &cpu), 0, "GET_CPU of CPU 0");
	check(cpu.flags == (TWINOS_CPU_ONLINE | TWINOS_CPU_BOOT),
	      "CPU 0 is online and the boot CPU");
}

/* The fds can do nothing but what the contract says. */
static void test_other_calls(int device)
{
	int owner = create(device, "other"),
	    observer = observe(device, "other"), memory;
	uint64_t start = 0;
	char byte = 0;

	must(add_contig(owner, RANGE, &start), "take memory");
	memory = memory_fd(owner, start);
	check(write(memory, &byte, 1) < 0, "a memory fd can't be written");
	check(pwrite(memory, &byte, 1, 0) < 0,
	      "a memory fd can't be written at an offset");
	check(ftruncate(memory, 0) < 0, "a memory fd can't be cut");
	check(fallocate(memory, 0, 0, 2 * RANGE) < 0,
	      "a memory fd does not grow");
	close(memory);
	check(read(device, &byte, 1) < 0, "the device can't be read");
	check(write(device, &byte, 1) < 0, "the device can't be written");
	check(write(owner, &byte, 1) < 0, "an owner can't be written");
	check(write(observer, &byte, 1) < 0, "an observer can't be written");
	check(pwrite(owner, &byte, 1, 0x100000) < 0,
	      "an owner can't be written at an address");
	check(ftruncate(owner, 0) < 0, "an owner can't be cut");
	check(mmap(NULL, TWINOS_PAGE_SIZE, PROT_READ, MAP_SHARED, device, 0) ==
		      MAP_FAILED,
	      "the device can't be mapped");
	close(observer);
	close(owner);
}

/* In a child: what a process gives up it can't have back. */
static void unprivileged(void (*drop)(void), int want, const char *text)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = must(fork(), "fork");
	if (!pid) {
		drop();
		_exit(open(TWINOS_DEVICE, O_RDWR) < 0 ? errno : 0);
	}
	must(waitpid(pid, &status, 0), "wait");
	check(WIFEXITED(status) && WEXITSTATUS(status) == want, "%s", text);
}

static void become_nobody(void)
{
	must(setresuid(65534, 65534, 65534), "become nobody");
}

static void drop_sys_boot(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	must(syscall(SYS_capget, &header, data), "capget");
	data[0].effective &= ~(1U << CAP_SYS_BOOT);
	must(syscall(SYS_capset, &header, data), "capset");
}

static void keep_all(void)
{
}

static void test_rights(int device)
{
	(void)device;
	unprivileged(keep_all, 0, "root opens the device");
	unprivileged(become_nobody, EACCES, "nobody does not");
	unprivileged(drop_sys_boot, EPERM, "nor root without CAP_SYS_BOOT");
}

int main(void)
{
	static const struct group groups[] = {
		{ "wrong fds", test_wrong_fds },
		{ "sizes", test_sizes },
		{ "numbers", test_numbers },
		{ "pointers", test_pointers },
		{ "flags", test_flags },
		{ "close on exec", test_cloexec },
		{ "bad names", test_bad_names },
		{ "good names", test_good_names },
		{ "values", test_values },
		{ "other calls", test_other_calls },
		{ "rights", test_rights },
	};

	return run_groups(groups, ARRAY_SIZE(groups));
}
