// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty ROWS COLUMNS COMMAND... - run it on a terminal of that size. What comes from
 * standard input is typed there, what appears there goes to standard output. Ends
 * with the command, and with its exit code.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* False when @from has come to its end. */
static bool carry(int from, int to)
{
	char data[4096];
	ssize_t got = read(from, data, sizeof(data));
	ssize_t wrote, done = 0;

	while (done < got) {
		wrote = write(to, data + done, (size_t)(got - done));
		if (wrote < 0)
			return false;
		done += wrote;
	}
	return got > 0;
}

static void carry_all(int terminal)
{
	struct pollfd fds[] = { { terminal, POLLIN, 0 },
				{ STDIN_FILENO, POLLIN, 0 } };

	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents && !carry(terminal, STDOUT_FILENO))
			return;
		if (fds[1].revents && !carry(STDIN_FILENO, terminal))
			fds[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { 0 };
	int terminal, status;
	pid_t child;

	if (argc < 4)
		return 2;
	size.ws_row = (unsigned short)atoi(argv[1]);
	size.ws_col = (unsigned short)atoi(argv[2]);
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child < 0) {
		perror("forkpty");
		return 1;
	}
	if (!child) {
		/* A shell without job control has its background ignore them. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	carry_all(terminal);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
