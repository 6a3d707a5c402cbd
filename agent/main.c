// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinos-agent: runs commands in a twin for twinctl exec, cp and shutdown. It listens
 * and gives each connection a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "session.h"

struct options {
	const char *unix_path;
	struct session_options session;
};

static const char help[] =
	"Usage: twinos-agent [OPTION]...\n"
	"Run commands in this twin for twinctl on the host, which comes by AF_VSOCK.\n"
	"\n"
	"Options:\n"
	"  --poweroff PROGRAM  what powers the twin off (default: systemctl poweroff or\n"
	"                      poweroff, whichever is this system's, or else reboot(2))\n"
	"  --unix PATH         listen at a socket of this machine instead, for tests\n"
	"  --help              show this and exit\n"
	"  --version           show the version and exit\n";

static const struct option table[] = {
	{ "poweroff", required_argument, NULL, 'p' },
	{ "unix", required_argument, NULL, 'u' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static int fail(const char *what, int code)
{
	fprintf(stderr, "twinos-agent: %s: %s\n", what, strerror(code));
	return 1;
}

static void say_and_exit(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) ? 1 : 0);
}

static void refuse_usage(void)
{
	fputs("Try 'twinos-agent --help'.\n", stderr);
	exit(2);
}

static void read_options(struct options *options, int argc, char **argv)
{
	int ret;

	while ((ret = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		switch (ret) {
		case 'p':
			options->session.poweroff = optarg;
			break;
		case 'u':
			options->unix_path = optarg;
			options->session.only_here = true;
			break;
		case 'h':
			say_and_exit(help);
			break;
		case 'V':
			say_and_exit("twinos-agent " TWINOS_VERSION "\n");
			break;
		default:
			refuse_usage();
		}
	}
	if (argc > optind)
		refuse_usage();
}

/* Commands get none of what whoever started us has left open; and have 0, 1 and 2. */
static void tidy_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

/* Some reasons pass, such as ENOMEM, but not at once. */
static int after_no_one(int code)
{
	if (code == EBADF || code == EINVAL || code == ENOTSOCK)
		return -code;
	if (code != EINTR && code != ECONNABORTED)
		sleep(1);
	return 0;
}

static int serve(int listener, const struct options *options)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t child;

	if (fd < 0)
		return after_no_one(errno);
	child = listen_from_host(fd) ? fork() : -1;
	if (!child) {
		close(listener);
		session_run(fd, &options->session);
		_exit(0);
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	int listener, ret;

	read_options(&options, argc, argv);
	tidy_fds();
	/* No session that has ended is waited for. */
	signal(SIGCHLD, SIG_IGN);
	listener = options.unix_path ? listen_unix(options.unix_path) :
				       listen_vsock();
	if (listener < 0)
		return fail("cannot listen", -listener);
	do
		ret = serve(listener, &options);
	while (!ret);
	return fail("cannot wait for the host", -ret);
}
