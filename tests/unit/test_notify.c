// SPDX-License-Identifier: GPL-2.0-only
/* What systemd would get, at a socket of our own. */
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

#include "fake_root.h"
#include "notify.h"

static int listener = -1;

/* @name as it is given in NOTIFY_SOCKET */
static void listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);

	memcpy(address.sun_path, name, length);
	if (*name == '@')
		address.sun_path[0] = '\0';
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
			      offsetof(struct sockaddr_un, sun_path) + length +
				      (*name == '/')),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void gets(const char *want)
{
	char message[1024];
	ssize_t got = recv(listener, message, sizeof(message) - 1, 0);

	assert_true(got >= 0);
	message[got] = '\0';
	assert_string_equal(message, want);
}

static void gets_nothing(void)
{
	char message[1024];

	assert_int_equal(recv(listener, message, sizeof(message), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void all_messages(void)
{
	notify_ready();
	gets("READY=1");
	notify_status("CPU %d is\nREADY=1", 3);
	gets("STATUS=CPU 3 is");
	notify_stopping();
	gets("STOPPING=1");
	gets_nothing();
	close(listener);
}

static void path(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "%s/socket", fake_root_make());
	listen_at(name);
	all_messages();
	fake_root_remove();
}

static void abstract(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@twinos-test-%d", (int)getpid());
	listen_at(name);
	all_messages();
}

static void longest(void **state)
{
	char text[2000], want[512] = "STATUS=";

	(void)state;
	listen_at("@twinos-test-long");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(want + 7, 'x', sizeof(want) - 8);
	notify_status("%s", text);
	gets(want);
	close(listener);
}

/* None of these is told, or fails. */
static void nobody(void **state)
{
	static const char *const names[] = { "",	"@",
					     "/",	"relative",
					     "/none/x", "@twinos-test-none" };
	char name[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_ready();
	}
	memset(name, '/', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	notify_ready();
	unsetenv("NOTIFY_SOCKET");
	notify_stopping();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(path),
		cmocka_unit_test(abstract),
		cmocka_unit_test(longest),
		cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
