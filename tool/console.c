// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinctl console: a terminal in a twin. The process that holds the twin serves it
 * (terminal.h); this is the user's end.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "raw.h"
#include "socket.h"
#include "terminal.h"

#define ESCAPE 0x1d /* Ctrl-], as telnet(1) and virsh(1) have it */

struct console {
	const char *name;
	bool read_only;
	int fd; /* of the socket */
	int signals;
	struct raw raw; /* not begun: it is no terminal, or may not write */
	bool input_ended;
};

/* How the session goes on. */
enum next { NEXT_GO_ON, NEXT_DETACH, NEXT_END, NEXT_ERROR };

static int set_read_only(void *into, const char *value,
			 struct twinos_error *err)
{
	struct console *console = into;

	(void)value;
	(void)err;
	console->read_only = true;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "read-only",
	  .set = set_read_only,
	  .help = "look on, and leave the keyboard to somebody else" },
	{ 0 },
};

const struct args console_args = {
	.command = "console",
	.operands = "NAME",
	.min_operands = 1,
	.max_operands = 1,
	.help = "Work at a twin's terminal. Ctrl-] leaves it; the twin goes on.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

static int send_message(const struct console *console, char kind,
			const void *data, size_t size)
{
	char message[TERMINAL_MESSAGE_MAX];

	message[0] = kind;
	memcpy(message + 1, data, size);
	return send(console->fd, message, size + 1, MSG_NOSIGNAL) < 0 ? -errno :
									0;
}

static void send_size(const struct console *console)
{
	struct terminal_size size;
	struct winsize now;

	if (!console->raw.begun || ioctl(STDIN_FILENO, TIOCGWINSZ, &now))
		return;
	size.rows = now.ws_row;
	size.columns = now.ws_col;
	send_message(console, TERMINAL_SIZE, &size, sizeof(size));
}

static int connect_to(const char *name)
{
	char path[SOCKET_PATH_MAX];

	terminal_path(path, sizeof(path), name);
	return socket_connect(path);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int write_all(const char *data, size_t size)
{
	while (size) {
		ssize_t wrote = write(STDOUT_FILENO, data, size);

		if (wrote < 0 && errno != EINTR)
			return -errno;
		if (wrote > 0) {
			data += wrote;
			size -= (size_t)wrote;
		}
	}
	return 0;
}

/* Who may not write is told, in the raw terminal's way. */
static int tell_welcome(const struct console *console, bool may_write)
{
	static const char reader[] =
		"[twinctl: another terminal writes to this twin; you look on]\r\n";
	static const char leave[] =
		"[twinctl: Ctrl-] leaves this terminal, the twin goes on]\r\n";
	int ret = 0;

	if (!may_write && !console->read_only)
		ret = write_all(reader, strlen(reader));
	if (!ret && console->raw.begun)
		ret = write_all(leave, strlen(leave));
	return ret;
}

static enum next take_message(struct console *console)
{
	char message[TERMINAL_MESSAGE_MAX];
	ssize_t got = recv(console->fd, message, sizeof(message), 0);
	int ret = 0;

	if (got <= 0)
		return NEXT_END;
	if (message[0] == TERMINAL_OUTPUT)
		ret = write_all(message + 1, (size_t)got - 1);
	else if (message[0] == TERMINAL_WELCOME && got == 2)
		ret = tell_welcome(console, message[1]);
	return ret ? NEXT_ERROR : NEXT_GO_ON;
}

/* Only a terminal has a key to leave by; a pipe's bytes are all the twin's. */
static enum next take_input(struct console *console)
{
	char data[TERMINAL_MESSAGE_MAX - 1];
	ssize_t got = read(STDIN_FILENO, data, sizeof(data));
	char *escape;

	if (got <= 0) {
		console->input_ended = true;
		return console->raw.begun ? NEXT_DETACH : NEXT_GO_ON;
	}
	escape = console->raw.begun ? memchr(data, ESCAPE, (size_t)got) : NULL;
	if (escape)
		got = escape - data;
	if (got && send_message(console, TERMINAL_INPUT, data, (size_t)got))
		return NEXT_END;
	return escape ? NEXT_DETACH : NEXT_GO_ON;
}

static enum next take_signal(const struct console *console)
{
	struct signalfd_siginfo info;

	if (read(console->signals, &info, sizeof(info)) != sizeof(info))
		return NEXT_GO_ON;
	if (info.ssi_signo != SIGWINCH)
		return NEXT_DETACH;
	send_size(console);
	return NEXT_GO_ON;
}

static enum next wait_and_do(struct console *console)
{
	bool reads_input = !console->read_only && !console->input_ended;
	struct pollfd fds[] = {
		{ console->fd, POLLIN, 0 },
		{ console->signals, POLLIN, 0 },
		{ reads_input ? STDIN_FILENO : -1, POLLIN, 0 },
	};
	enum next next = NEXT_GO_ON;

	if (poll(fds, 3, -1) < 0)
		return errno == EINTR ? NEXT_GO_ON : NEXT_ERROR;
	if (fds[0].revents)
		next = take_message(console);
	if (next == NEXT_GO_ON && fds[1].revents)
		next = take_signal(console);
	if (next == NEXT_GO_ON && fds[2].revents)
		next = take_input(console);
	return next;
}

static int say(const struct console *console, enum next next)
{
	switch (next) {
	case NEXT_END:
		note("the terminal of twin '%s' is closed", console->name);
		return EXIT_OK;
	case NEXT_DETACH:
		note("left twin '%s'; it goes on", console->name);
		return EXIT_OK;
	default:
		return fail_errno("cannot write to standard output");
	}
}

static int work(struct console *console)
{
	char wants_write = !console->read_only;
	enum next next = NEXT_GO_ON;

	if (send_message(console, TERMINAL_HELLO, &wants_write, 1))
		return say(console, NEXT_END);
	if (!console->read_only)
		raw_begin(&console->raw);
	send_size(console);
	while (next == NEXT_GO_ON)
		next = wait_and_do(console);
	raw_end(&console->raw);
	return say(console, next);
}

/* Without a socket there may be no such twin, or one that has no terminal. */
static int no_terminal(const char *name, int ret)
{
	struct twinos_error err;
	int fd = twinos_open(name, &err);

	if (fd < 0)
		return fail(&err);
	close(fd);
	errno = -ret;
	if (ret != -ENOENT && ret != -ECONNREFUSED)
		return fail_errno("cannot reach the terminal of twin '%s'",
				  name);
	return fail_with(EXIT_SYSTEM,
			 "twin '%s' has no terminal: it was started without a "
			 "guest module, or by another program than twinctl",
			 name);
}

int command_console(int argc, char **argv)
{
	struct console console = { 0 };
	struct twinos_error err;
	int code;

	if (!args_parse(&console_args, &console, &argc, &argv, &code))
		return code;
	if (parse_name(argv[0], &err))
		return fail_usage(console_args.command, "%s", err.text);
	console.name = argv[0];
	console.fd = connect_to(argv[0]);
	if (console.fd < 0)
		return no_terminal(argv[0], console.fd);
	console.signals = open_signals();
	if (console.signals < 0)
		return fail_errno("cannot wait for signals");
	code = work(&console);
	close(console.signals);
	close(console.fd);
	return code;
}
