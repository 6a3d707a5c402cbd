// SPDX-License-Identifier: GPL-2.0-only
/* Who sees and who writes at a twin's terminal. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "terminal.h"

static char dir[] = "/tmp/test_terminal.XXXXXX";
static char path[64];
static struct terminal *terminal;
static char input[8192];
static size_t nr_input, room;
static struct terminal_size last_size;

static size_t take_input(void *ctx, const void *data, size_t size)
{
	size_t taken = size < room ? size : room;

	(void)ctx;
	memcpy(input + nr_input, data, taken);
	nr_input += taken;
	room -= taken;
	return taken;
}

static void take_size(void *ctx, const struct terminal_size *size)
{
	(void)ctx;
	last_size = *size;
}

static const struct terminal_ops ops = { take_input, take_size, NULL };

static int set_up(void **state)
{
	(void)state;
	nr_input = 0;
	room = sizeof(input);
	memset(&last_size, 0, sizeof(last_size));
	return terminal_open(&terminal, path, &ops);
}

static int tear_down(void **state)
{
	(void)state;
	terminal_close(terminal);
	return access(path, F_OK) ? 0 : -1;
}

static int come(char wants_write)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	char hello[] = { TERMINAL_HELLO, wants_write };

	strcpy(address.sun_path, path);
	assert_return_code(connect(fd, (struct sockaddr *)&address,
				   sizeof(address)),
			   errno);
	assert_int_equal(send(fd, hello, 2, 0), 2);
	terminal_serve(terminal);
	return fd;
}

static void send_text(int fd, char kind, const char *text)
{
	char message[256];

	message[0] = kind;
	strcpy(message + 1, text);
	send(fd, message, strlen(text) + 1, MSG_NOSIGNAL);
	terminal_serve(terminal);
}

static void expect_message(int fd, char kind, const char *data, size_t size)
{
	char message[TERMINAL_MESSAGE_MAX];
	ssize_t got = recv(fd, message, sizeof(message), 0);

	assert_int_equal(got, size + 1);
	assert_int_equal(message[0], kind);
	assert_memory_equal(message + 1, data, size);
}

static void expect_nothing(int fd)
{
	char message[TERMINAL_MESSAGE_MAX];

	assert_int_equal(recv(fd, message, sizeof(message), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void print(const char *text)
{
	terminal_print(terminal, text, strlen(text));
	terminal_serve(terminal);
}

static void everybody_sees_all(void **state)
{
	int first, second;

	(void)state;
	print("early ");
	first = come(1);
	expect_message(first, TERMINAL_WELCOME, "\1", 1);
	expect_message(first, TERMINAL_OUTPUT, "early ", 6);
	print("late");
	second = come(1);
	expect_message(second, TERMINAL_WELCOME, "\0", 1);
	expect_message(second, TERMINAL_OUTPUT, "early late", 10);
	expect_message(first, TERMINAL_OUTPUT, "late", 4);
	expect_nothing(first);
	close(first);
	close(second);
}

static void one_writes(void **state)
{
	const struct terminal_size size = { 24, 80 };
	char message[1 + sizeof(size)] = { TERMINAL_SIZE };
	int first = come(0), second = come(1), third = come(1);

	(void)state;
	memcpy(message + 1, &size, sizeof(size));
	send_text(first, TERMINAL_INPUT, "no");
	send_text(third, TERMINAL_INPUT, "nor this");
	send(third, message, sizeof(message), 0);
	send_text(second, TERMINAL_INPUT, "yes");
	assert_int_equal(nr_input, 3);
	assert_memory_equal(input, "yes", 3);
	assert_int_equal(last_size.rows, 0);
	send(second, message, sizeof(message), 0);
	terminal_serve(terminal);
	assert_int_equal(last_size.rows, 24);
	assert_int_equal(last_size.columns, 80);
	/* The next one may when this one has gone. */
	close(second);
	terminal_serve(terminal);
	second = come(1);
	expect_message(second, TERMINAL_WELCOME, "\1", 1);
	close(first);
	close(second);
	close(third);
}

static void input_waits_for_room(void **state)
{
	struct pollfd fds[TERMINAL_FDS];
	int fd = come(1);

	(void)state;
	room = 2;
	send_text(fd, TERMINAL_INPUT, "abc");
	send_text(fd, TERMINAL_INPUT, "def");
	assert_int_equal(nr_input, 2);
	assert_int_equal(terminal_poll(terminal, fds), 2);
	assert_int_equal(fds[1].events & POLLIN, 0);
	room = 100;
	terminal_serve(terminal);
	terminal_serve(terminal);
	assert_int_equal(nr_input, 6);
	assert_memory_equal(input, "abcdef", 6);
	close(fd);
}

/* All that can be read at once, without the first bytes of messages. */
static size_t read_all(int fd, char *to, size_t size)
{
	char message[TERMINAL_MESSAGE_MAX];
	size_t nr = 0;
	ssize_t got;

	while ((got = recv(fd, message, sizeof(message), 0)) > 0) {
		terminal_serve(terminal);
		if (message[0] != TERMINAL_OUTPUT)
			continue;
		assert_true(nr + (size_t)got - 1 <= size);
		memcpy(to + nr, message + 1, (size_t)got - 1);
		nr += (size_t)got - 1;
	}
	return nr;
}

static void slow_reader_is_told(void **state)
{
	static char text[3 << 20], got[4 << 20];
	int fd = come(1);
	size_t nr;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < sizeof(text); i += 4096) {
		terminal_print(terminal, text + i, 4096);
		terminal_serve(terminal);
	}
	nr = read_all(fd, got, sizeof(got));
	assert_true(nr > 100000 && nr < sizeof(text));
	/* It has the newest, and knows of a gap before. */
	assert_memory_equal(got + nr - 65536, text + sizeof(text) - 65536,
			    65536);
	assert_non_null(memmem(got, nr, "bytes are gone]", 15));
	close(fd);
}

static void bad_messages_do_no_harm(void **state)
{
	int fd = come(1), fds[TERMINAL_CLIENTS + 2];
	size_t i;

	(void)state;
	expect_message(fd, TERMINAL_WELCOME, "\1", 1);
	send_text(fd, 'x', "what?");
	send_text(fd, TERMINAL_SIZE, "short");
	send_text(fd, TERMINAL_HELLO, "longer");
	send_text(fd, TERMINAL_HELLO, "\1");
	expect_nothing(fd);
	assert_int_equal(last_size.rows, 0);
	for (i = 0; i < TERMINAL_CLIENTS + 2; i++)
		fds[i] = come(0);
	/* There is no place for all of them. */
	assert_int_equal(recv(fds[TERMINAL_CLIENTS + 1], &i, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	for (i = 0; i < TERMINAL_CLIENTS + 2; i++)
		close(fds[i]);
	close(fd);
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/console", dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everybody_sees_all, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_writes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(input_waits_for_room, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(slow_reader_is_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(bad_messages_do_no_harm, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
