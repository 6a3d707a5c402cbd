// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chore.h"

#define SELF "/proc/self/exe"

/* What we block is ours to read, and its to die of. */
static void __attribute__((noreturn)) become(char *const *argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(SELF, argv);
	_exit(127);
}

static void __attribute__((noreturn)) become_quiet(char *const *argv, int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	become(argv);
}

int chore_begin(struct chore *chore, char *const *argv)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*chore = (struct chore){ .fd = fds[0], .pid = fork() };
	if (!chore->pid)
		become_quiet(argv, fds[1]);
	close(fds[1]);
	if (chore->pid > 0)
		return 0;
	close(fds[0]);
	chore->pid = 0;
	return -EAGAIN;
}

/* A new line takes the place of the last one once it has a first character. */
static void add(struct chore *chore, char c)
{
	if (c == '\n') {
		chore->line_ended = true;
		return;
	}
	if (chore->line_ended)
		chore->length = 0;
	chore->line_ended = false;
	if (chore->length < sizeof(chore->text) - 1)
		chore->text[chore->length++] = c;
	chore->text[chore->length] = '\0';
}

void chore_leave(struct chore *chore)
{
	if (chore->pid)
		close(chore->fd);
	chore->pid = 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool chore_read(struct chore *chore, int *code)
{
	char data[512];
	ssize_t got = read(chore->fd, data, sizeof(data)), i;
	pid_t pid = chore->pid;

	for (i = 0; i < got; i++)
		add(chore, data[i]);
	if (got > 0 || (got < 0 && errno == EINTR))
		return false;
	chore_leave(chore);
	*code = wait_for(pid);
	return true;
}

int chore_at_terminal(char *const *argv, int signals)
{
	struct pollfd fds[] = { { .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };
	pid_t pid = fork();
	int pidfd;

	if (!pid)
		become(argv);
	if (pid < 0)
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	fds[0].fd = pidfd;
	while (pidfd >= 0 && !fds[0].revents && !fds[1].revents)
		poll(fds, 2, -1);
	if (!fds[0].revents && fds[1].revents)
		kill(pid, SIGTERM);
	if (pidfd >= 0)
		close(pidfd);
	return wait_for(pid);
}
