// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first program of a twin in shared mode: load the guest module, then
 * become the init that the user wanted. It runs as PID 1 in an initramfs where
 * nothing is mounted, and has no libc.
 *
 * Without its module a twin in shared mode never gives the CPU back, and a restart
 * would reset the machine. So a module that can't be loaded is told in the
 * kernel's log and then waited upon, until the host takes the twin off the CPU by
 * force. With the module there, the end of PID 1 is a panic as any other. In
 * dedicated mode a twin can do without.
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define MODULE "/twinos/guest.ko"
#define NEXT "/twinos/next" /* a symlink to the user's init */
#define OPTIONAL "/twinos/optional" /* is there in dedicated mode */
#define KMSG "/twinos/kmsg"
#define KMSG_DEVICE (1 << 8 | 11) /* /dev/kmsg, which may not be there */
#define PATH_MAX 4096

static long call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static char *put(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	return at;
}

static char *put_number(char *at, long number)
{
	if (number >= 10)
		at = put_number(at, number / 10);
	*at++ = (char)('0' + number % 10);
	return at;
}

static void log_error(const char *what, long error)
{
	char line[128], *end;
	long fd;

	/* "<2>" is the level: critical. One write is one record. */
	end = put(line, "<2>twinos: ");
	end = put(end, what);
	end = put(end, ": error ");
	end = put_number(end, -error);
	end = put(end, "\n");
	call(__NR_mknod, (long)KMSG, S_IFCHR | 0600, KMSG_DEVICE, 0);
	fd = call(__NR_open, (long)KMSG, O_WRONLY, 0, 0);
	if (fd >= 0)
		call(__NR_write, fd, (long)line, end - line, 0);
}

static void __attribute__((noreturn)) wait(const char *what, long error)
{
	log_error(what, error);
	for (;;)
		call(__NR_pause, 0, 0, 0, 0);
}

static void __attribute__((noreturn)) fail(const char *what, long error)
{
	log_error(what, error);
	for (;;)
		call(__NR_exit_group, 127, 0, 0, 0);
}

static void no_module(const char *what, long error)
{
	if (call(__NR_access, (long)OPTIONAL, 0, 0, 0))
		wait(what, error);
	log_error(what, error);
}

static void load_module(void)
{
	long fd, ret;

	fd = call(__NR_open, (long)MODULE, O_RDONLY | O_CLOEXEC, 0, 0);
	if (fd < 0) {
		no_module("the guest module can't be opened", fd);
		return;
	}
	ret = call(__NR_finit_module, fd, (long)"", 0, 0);
	if (ret)
		no_module("the guest module can't be loaded", ret);
	call(__NR_close, fd, 0, 0, 0);
}

static void __attribute__((noreturn)) run_next(char **argv, char **envp)
{
	static char next[PATH_MAX + 1];
	long ret;

	ret = call(__NR_readlink, (long)NEXT, (long)next, PATH_MAX, 0);
	if (ret < 0)
		fail("the name of the user's init can't be read", ret);
	argv[0] = next;
	ret = call(__NR_execve, (long)next, (long)argv, (long)envp, 0);
	fail("the user's init can't be run", ret);
}

/* @stack: argc, argv, a NULL, envp, a NULL: the ABI's start of a process. */
void __attribute__((noreturn, used)) start(long *stack);

void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	load_module();
	run_next(argv, argv + stack[0] + 1);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start\n");
