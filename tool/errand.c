// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errand.h"

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

int errand_begin(struct errand *errand, char *const *argv)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*errand = (struct errand){ .fd = fds[0], .pid = fork() };
	if (!errand->pid)
		become_quiet(argv, fds[1]);
	close(fds[1]);
	if (errand->pid > 0)
		return 0;
	close(fds[0]);
	errand->pid = 0;
	return -EAGAIN;
}

/* A new line takes the place of the last one once it has a first character. */
static void add(struct errand *errand, char c)
{
	if (c == '\n') {
		errand->line_ended = true;
		return;
	}
	if (errand->line_ended)
		errand->length = 0;
	errand->line_ended = false;
	if (errand->length < sizeof(errand->text) - 1)
		errand->text[errand->length++] = c;
	errand->text[errand->length] = '\0';
}

void errand_leave(struct errand *errand)
{
	if (errand->pid)
		close(errand->fd);
	errand->pid = 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool errand_read(struct errand *errand, int *code)
{
	char data[512];
	ssize_t got = read(errand->fd, data, sizeof(data)), i;
	pid_t pid = errand->pid;

	for (i = 0; i < got; i++)
		add(errand, data[i]);
	if (got > 0 || (got < 0 && errno == EINTR))
		return false;
	errand_leave(errand);
	*code = wait_for(pid);
	return true;
}

int errand_at_terminal(char *const *argv, int signals)
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
