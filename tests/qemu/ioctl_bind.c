// SPDX-License-Identifier: GPL-2.0-only
/* ioctl_bind - eventfds tied to notifications of a twin. TAP on standard output. */
#include <limits.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "ioctl.h"

static const unsigned long cmds[] = { TWINOS_BIND_KICK, TWINOS_BIND_CALL };
static const char *const words[] = { "kick", "call" };

static int bind_flags(int owner, unsigned long cmd, unsigned int bit, int fd,
		      unsigned int flags)
{
	struct twinos_bind arg = {
		.size = sizeof(arg), .bit = bit, .fd = fd, .flags = flags
	};

	return ioctl(owner, cmd, &arg);
}

static int tie(int owner, unsigned long cmd, unsigned int bit, int fd)
{
	return bind_flags(owner, cmd, bit, fd, 0);
}

static int make_eventfd(unsigned int count)
{
	return must(eventfd(count, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

static void bad_arguments(int owner, unsigned long cmd, const char *word)
{
	static const unsigned int bits[] = { TWINOS_BITS, TWINOS_BITS + 1,
					     INT_MAX, 1U << 31, UINT_MAX };
	static const int fds[] = { -2, -100, INT_MIN };
	int event = make_eventfd(0), pipes[2];
	size_t i;

	must(pipe(pipes), "pipe");
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		expect(tie(owner, cmd, bits[i], event), EINVAL, "%s: bit %u",
		       word, bits[i]);
		expect(tie(owner, cmd, bits[i], -1), EINVAL, "%s: untie bit %u",
		       word, bits[i]);
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		expect(tie(owner, cmd, 0, fds[i]), EINVAL, "%s: fd %d", word,
		       fds[i]);
	for (i = 0; i < 32; i++)
		expect(bind_flags(owner, cmd, 0, event, 1U << i), EINVAL,
		       "%s: flag %zu", word, i);
	expect(tie(owner, cmd, 0, 1000), EBADF, "%s: a closed fd", word);
	expect(tie(owner, cmd, 0, INT_MAX), EBADF, "%s: a huge fd", word);
	expect(tie(owner, cmd, 0, owner), EINVAL, "%s: the owner fd", word);
	expect(tie(owner, cmd, 0, pipes[0]), EINVAL, "%s: a pipe", word);
	close(pipes[0]);
	close(pipes[1]);
	close(event);
}

static void test_arguments(int device)
{
	int owner = create(device, "bind");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		bad_arguments(owner, cmds[i], words[i]);
	close(owner);
}

static void all_bits(int owner, unsigned long cmd, const char *word)
{
	int event = make_eventfd(0), other = make_eventfd(0);
	unsigned int bit, failed = 0;

	for (bit = 0; bit < TWINOS_BITS; bit++)
		failed += tie(owner, cmd, bit, event) != 0;
	check(!failed, "%s: one eventfd takes all bits", word);
	for (bit = 0; bit < TWINOS_BITS; bit += 2)
		failed += tie(owner, cmd, bit, other) != 0;
	check(!failed, "%s: another one takes some of them", word);
	for (bit = 0; bit < TWINOS_BITS; bit += 3)
		failed += tie(owner, cmd, bit, -1) != 0;
	check(!failed, "%s: some are untied", word);
	expect(tie(owner, cmd, 0, -1), 0, "%s: once more", word);
	close(event);
	expect(tie(owner, cmd, 1, -1), 0, "%s: one that is closed", word);
	close(other);
}

/* Those that are still tied go with the owner fd. */
static void test_bits(int device)
{
	int owner = create(device, "bind");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		all_bits(owner, cmds[i], words[i]);
	close(owner);
}

/* No twin runs, so nobody is told; but the count is taken. */
static void test_counts(int device)
{
	int owner = create(device, "bind"), event = make_eventfd(3);
	uint64_t count;

	expect(tie(owner, TWINOS_BIND_CALL, 0, event), 0,
	       "call: an eventfd with a count");
	expect(read(event, &count, sizeof(count)), EAGAIN, "it is taken");
	count = 5;
	must(write(event, &count, sizeof(count)), "write");
	expect(read(event, &count, sizeof(count)), EAGAIN,
	       "so is what is written then");
	expect(tie(owner, TWINOS_BIND_KICK, 0, event), 0,
	       "the same eventfd for kicks");
	expect(tie(owner, TWINOS_BIND_CALL, 0, -1), 0, "no more for calls");
	must(write(event, &count, sizeof(count)), "write");
	check(read(event, &count, sizeof(count)) == sizeof(count),
	      "what is written then stays");
	close(owner);
	close(event);
}

static void write_for_ever(int event)
{
	uint64_t one = 1;

	while (write(event, &one, sizeof(one)) == sizeof(one) ||
	       errno == EAGAIN)
		;
	_exit(0);
}

/* Calls come while their eventfd is tied and untied, and the owner goes. */
static void test_race(int device)
{
	int owner = create(device, "bind"), event = make_eventfd(0), i;
	unsigned int failed = 0;
	pid_t writer = fork();

	if (!writer)
		write_for_ever(event);
	for (i = 0; i < 20000; i++)
		failed += tie(owner, TWINOS_BIND_CALL, i % 3,
			      i % 4 ? event : -1) != 0;
	check(!failed, "an eventfd is tied and untied while it is written");
	close(owner);
	usleep(10000);
	kill(writer, SIGKILL);
	must(waitpid(writer, NULL, 0), "wait");
	close(event);
}

int main(void)
{
	static const struct group groups[] = {
		{ "arguments", test_arguments },
		{ "bits", test_bits },
		{ "counts", test_counts },
		{ "race", test_race },
	};

	return run_groups(groups, ARRAY_SIZE(groups));
}
