// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the agent does to hosts that are none, and twinctl's end to agents that are none.
 * AGENT names the program, by default build/agent/twinos-agent.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent.h"
#include "frame.h"
#include "remote.h"
#include "watch.h"

#define LIMIT_S 5

static char dir[] = "/tmp/test_agent.XXXXXX";
static char program[64], witness[64];
static struct twinos_frame_reader reader;
static struct twinos_frame_writer writer;
static pid_t agent;
static int fd;

static int set_up(void **state)
{
	(void)state;
	fd = -1;
	twinos_frame_reader_init(&reader);
	twinos_frame_writer_init(&writer);
	return 0;
}

static void go(void)
{
	kill(agent, SIGTERM);
	waitpid(agent, NULL, 0);
	agent = 0;
	unlink(getenv(AGENT_SOCKET_VARIABLE));
}

static int tear_down(void **state)
{
	(void)state;
	if (agent > 0)
		go();
	unlink(witness);
	return fd < 0 ? 0 : close(fd);
}

static void start_agent(const char *socket_name, char *poweroff)
{
	const char *path = getenv("AGENT");
	char *argv[] = { (char[]){ "agent" },	   (char[]){ "--unix" },
			 (char *)socket_name,	   (char[]){ "--poweroff" },
			 poweroff ? poweroff : "", NULL };

	if (!poweroff)
		argv[3] = NULL;
	path = path ? path : "build/agent/twinos-agent";
	if (access(path, X_OK))
		skip();
	setenv(AGENT_SOCKET_VARIABLE, socket_name, 1);
	agent = fork();
	if (!agent) {
		execv(path, argv);
		_exit(1);
	}
}

static void come(char *poweroff)
{
	struct timeval limit = { LIMIT_S, 0 };
	char path[64];
	int tries;

	snprintf(path, sizeof(path), "%s/socket", dir);
	start_agent(path, poweroff);
	for (tries = 0; fd < 0 && tries < 100; tries++) {
		usleep(20000);
		fd = agent_connect("x", watch_now() + 1000, NULL);
	}
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* Another one, which has not said hello. */
static void come_anew(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	close(fd);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_return_code(connect(fd, (struct sockaddr *)&address,
				   sizeof(address)),
			   errno);
}

static int wait_and_read(void)
{
	int64_t until = watch_now() + LIMIT_S * 1000;
	int ret;

	while ((ret = twinos_frame_read(&reader, fd)) == -EAGAIN &&
	       watch_now() < until)
		usleep(1000);
	return ret;
}

static void send_all(void)
{
	int64_t until = watch_now() + LIMIT_S * 1000;

	while (twinos_frame_waits(&writer) && watch_now() < until)
		if (twinos_frame_write(&writer, fd))
			return;
}

static unsigned int next_frame(struct twinos_frame *frame)
{
	while (twinos_frame_next(&reader, frame) == 0)
		assert_int_equal(wait_and_read(), 1);
	return frame->type;
}

static void expect_error(int code)
{
	struct twinos_frame frame;
	uint32_t stage, got;

	send_all();
	assert_int_equal(next_frame(&frame), TWINOS_AGENT_ERROR);
	assert_int_equal(twinos_frame_numbers(&frame, &stage, &got), 0);
	assert_int_equal(stage, TWINOS_AGENT_STAGE_REQUEST);
	assert_int_equal(got, code);
}

/* Unread bytes make it a reset. */
static void expect_hang_up(void)
{
	struct twinos_frame frame;
	int ret;

	send_all();
	while ((ret = wait_and_read()) == 1)
		while (twinos_frame_next(&reader, &frame) > 0)
			;
	assert_true(ret == 0 || ret == -ECONNRESET);
}

static void put_strings(unsigned int type, const char *text, size_t size)
{
	assert_int_equal(twinos_frame_put(&writer, type, text, size), 0);
}

static void put_exec(const char *text, size_t size)
{
	put_strings(TWINOS_AGENT_ARGUMENTS, text, size);
	twinos_frame_put_numbers(&writer, TWINOS_AGENT_EXEC, 0, 0);
}

static void garbage_is_hung_up_on(void **state)
{
	static char garbage[100000];

	(void)state;
	come(NULL);
	come_anew();
	memset(garbage, 'A', sizeof(garbage));
	send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL | MSG_DONTWAIT);
	expect_hang_up();
	come_anew();
	twinos_frame_put(&writer, TWINOS_AGENT_HELLO, "TWINAGNT", 8);
	expect_hang_up();
}

static void another_revision_is_answered(void **state)
{
	static const char hello[] = "TWINAGNT\xff\xff\0\0and more";
	struct twinos_frame frame;
	unsigned int revision;

	(void)state;
	come(NULL);
	come_anew();
	twinos_frame_put(&writer, TWINOS_AGENT_HELLO, hello, sizeof(hello));
	put_exec("true\0", 5);
	send_all();
	assert_int_equal(next_frame(&frame), TWINOS_AGENT_HELLO);
	assert_int_equal(twinos_frame_hello(&frame, &revision), 0);
	assert_int_equal(revision, TWINOS_AGENT_REVISION);
	usleep(100000);
	assert_int_equal(twinos_frame_read(&reader, fd), -EAGAIN);
}

static void bad_requests_are_refused(void **state)
{
	static char much[TWINOS_AGENT_PAYLOAD_MAX];
	int i;

	(void)state;
	come(NULL);
	put_exec("", 0);
	expect_error(EINVAL);
	close(fd);
	fd = agent_connect("x", watch_now() + 1000, NULL);
	put_exec("no end", 6);
	expect_error(EINVAL);
	close(fd);
	fd = agent_connect("x", watch_now() + 1000, NULL);
	for (i = 0; i < 9; i++) {
		put_strings(TWINOS_AGENT_ENVIRONMENT, much, sizeof(much));
		send_all();
	}
	expect_error(E2BIG);
	close(fd);
	fd = agent_connect("x", watch_now() + 1000, NULL);
	twinos_frame_put(&writer, 99, NULL, 0);
	expect_error(EPROTO);
	close(fd);
	fd = agent_connect("x", watch_now() + 1000, NULL);
	put_strings(TWINOS_AGENT_ARGUMENTS, "true\0", 5);
	twinos_frame_put_numbers(&writer, TWINOS_AGENT_EXEC, 2, 0);
	expect_error(EINVAL);
}

static void credit_is_all_there_is(void **state)
{
	static char much[TWINOS_AGENT_PAYLOAD_MAX];
	unsigned int sent;

	(void)state;
	come(NULL);
	put_exec("sleep\0"
		 "60\0",
		 9);
	for (sent = 0; sent <= TWINOS_AGENT_WINDOW + (128 << 10);
	     sent += sizeof(much)) {
		twinos_frame_put(&writer, TWINOS_AGENT_STDIN, much,
				 sizeof(much));
		send_all();
	}
	expect_hang_up();
}

static void bad_orders_are_hung_up_on(void **state)
{
	static const struct {
		unsigned int type;
		uint32_t number;
	} orders[] = {
		{ TWINOS_AGENT_SIGNAL, 0 },
		{ TWINOS_AGENT_SIGNAL, UINT32_MAX },
		{ TWINOS_AGENT_EXIT, 0 },
		{ TWINOS_AGENT_EXEC, 0 },
	};
	size_t i;

	(void)state;
	come(NULL);
	for (i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		put_exec("sleep\0"
			 "60\0",
			 9);
		twinos_frame_put_number(&writer, orders[i].type,
					orders[i].number);
		expect_hang_up();
		close(fd);
		fd = agent_connect("x", watch_now() + 1000, NULL);
	}
}

static void write_program(void)
{
	FILE *file = fopen(program, "w");

	fprintf(file, "#!/bin/sh\n: >%s\necho asked >&2\nexit 3\n", witness);
	fclose(file);
	chmod(program, 0700);
}

static void run_poweroff(struct remote_end *end, char *text, size_t size)
{
	struct remote remote = {
		.in = -1,
		.out = { .fd = -1 },
		.err = { .fd = -1, .text = text, .size = size },
		.signals = -1,
		.until = watch_now() + LIMIT_S * 1000,
	};

	remote_run(fd, &remote, end);
}

static void poweroff_runs_a_program(void **state)
{
	struct remote_end end;
	char text[7] = "";

	(void)state;
	write_program();
	come(program);
	run_poweroff(&end, text, sizeof(text));
	assert_int_equal(end.kind, REMOTE_EXITED);
	assert_int_equal(end.value, 3);
	assert_string_equal(text, "asked\n");
	assert_int_equal(access(witness, F_OK), 0);
	unlink(program);
}

/* It is this machine that would be powered off. */
static void poweroff_in_a_test_is_refused(void **state)
{
	struct remote_end end;

	(void)state;
	come(NULL);
	run_poweroff(&end, NULL, 0);
	assert_int_equal(end.kind, REMOTE_REFUSED);
	assert_int_equal(end.value, EPERM);
}

/* ---- the other end --------------------------------------------------------- */

static void run_against(const void *data, size_t size, struct remote_end *end)
{
	struct remote remote = {
		.argv = (char *[]){ (char[]){ "true" }, NULL },
		.in = -1,
		.out = { .fd = -1 },
		.err = { .fd = -1 },
		.signals = -1,
		.until = watch_now() + LIMIT_S * 1000,
	};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[1], data, size), size);
	shutdown(fds[1], SHUT_WR);
	remote_run(fds[0], &remote, end);
	close(fds[0]);
	close(fds[1]);
}

static void bad_agents_are_left(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		unsigned int code;
	} cases[] = {
		{ "", 0, ECONNRESET },
		{ "\x10\1\0\0", 4, EPROTO },
		{ "\x10\0\1\x40", 4, EPROTO },
		{ "\x63\0\0\0", 4, EPROTO },
		{ "\x13\0\4\0\0\0\0\0", 8, EPROTO },
		{ "\x13\0\x8\0\2\0\0\0\0\0\0\0", 12, EPROTO },
		{ "\x13\0\x8\0\0\0\0\0\0\1\0\0", 12, EPROTO },
		{ "\x12\0\4\0\1\0\0\0", 8, EPROTO },
		{ "\x12\0\4\0\xff\xff\xff\xff", 8, EPROTO },
		{ "\x14\0\4\0\0\0\0\0", 8, EPROTO },
		{ "\x10\0\4\0abc", 7, ECONNRESET },
	};
	struct remote_end end;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run_against(cases[i].bytes, cases[i].size, &end);
		assert_int_equal(end.kind, REMOTE_LOST);
		assert_int_equal(end.value, cases[i].code);
	}
	run_against("\x13\0\x8\0\1\0\0\0\x9\0\0\0", 12, &end);
	assert_int_equal(end.kind, REMOTE_SIGNALED);
	assert_int_equal(end.value, 9);
	run_against("\x14\0\x0a\0\1\0\0\0\2\0\0\0no", 14, &end);
	assert_int_equal(end.kind, REMOTE_NOT_RUN);
	assert_int_equal(end.value, ENOENT);
	assert_string_equal(end.text, "no");
}

static int begin(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return -1;
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(witness, sizeof(witness), "%s/witness", dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(garbage_is_hung_up_on),
		TEST(another_revision_is_answered),
		TEST(bad_requests_are_refused),
		TEST(credit_is_all_there_is),
		TEST(bad_orders_are_hung_up_on),
		TEST(poweroff_runs_a_program),
		TEST(poweroff_in_a_test_is_refused),
		TEST(bad_agents_are_left),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
