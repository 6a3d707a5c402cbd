// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <twinos/agent.h>
#include <unistd.h>

#include "command.h"
#include "environment.h"

#define CTRL_D 4

/* The command's own ends. */
struct ends {
	int in, out, err;
};

/* What a new process that can't become the command says before it ends. */
struct report {
	unsigned int stage;
	int code;
};

static void close_all(const int *fds, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void close_ends(const struct ends *ends)
{
	close_all((const int[]){ ends->in, ends->out, ends->err }, 3);
}

static void close_command(struct command *command)
{
	close_all((const int[]){ command->in, command->out, command->err,
				 command->held },
		  4);
}

/* Only our end must not block; each end of a pipe has its own flag. */
static int open_pipe(int *read_end, int *write_end, int *ours)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*read_end = fds[0];
	*write_end = fds[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static int open_pipes(struct command *command, struct ends *ends)
{
	int ret = open_pipe(&ends->in, &command->in, &command->in);

	if (!ret)
		ret = open_pipe(&command->out, &ends->out, &command->out);
	if (!ret)
		ret = open_pipe(&command->err, &ends->err, &command->err);
	return ret;
}

/* Standard input can be closed without the rest then. */
static int open_terminal(struct command *command, struct ends *ends,
			 const struct winsize *size)
{
	command->out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (command->out < 0 || unlockpt(command->out))
		return -errno;
	ends->in =
		ioctl(command->out, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends->in < 0)
		return -errno;
	command->in = fcntl(command->out, F_DUPFD_CLOEXEC, 0);
	ends->out = fcntl(ends->in, F_DUPFD_CLOEXEC, 0);
	ends->err = fcntl(ends->in, F_DUPFD_CLOEXEC, 0);
	command->held = fcntl(ends->in, F_DUPFD_CLOEXEC, 0);
	if (command->in < 0 || ends->out < 0 || ends->err < 0 ||
	    command->held < 0)
		return -errno;
	command_resize(command, size);
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int take_ends(const struct command_order *order, const struct ends *ends)
{
	setsid();
	if (order->tty && ioctl(ends->in, TIOCSCTTY, 0))
		return -errno;
	if (dup2(ends->in, STDIN_FILENO) < 0 ||
	    dup2(ends->out, STDOUT_FILENO) < 0 ||
	    dup2(ends->err, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

/* Returns an errno, if at all. */
static int run(const struct command_order *order, unsigned int *stage)
{
	*stage = TWINOS_AGENT_STAGE_REQUEST;
	if (environment_set(order->environment))
		return ENOMEM;
	if (chdir(order->directory ? order->directory : environment_home()))
		return errno;
	umask(022);
	*stage = TWINOS_AGENT_STAGE_RUN;
	if (order->instead)
		return order->instead();
	execvp(order->argv[0], order->argv);
	return errno;
}

static void __attribute__((noreturn))
become_command(const struct command_order *order, const struct ends *ends,
	       int reports)
{
	struct report report;

	reset_signals();
	report.stage = TWINOS_AGENT_STAGE_REQUEST;
	report.code = -take_ends(order, ends);
	if (!report.code)
		report.code = run(order, &report.stage);
	if (write(reports, &report, sizeof(report)) < 0)
		_exit(126);
	_exit(127);
}

/* Its end of the pipe of reports is closed by execve(2). */
static int await_start(struct command *command, int reports,
		       unsigned int *stage)
{
	struct report report;
	ssize_t got;

	do
		got = read(reports, &report, sizeof(report));
	while (got < 0 && errno == EINTR);
	if (!got)
		return 0;
	waitpid(command->pid, NULL, 0);
	if (got != sizeof(report))
		return -EIO;
	*stage = report.stage;
	return -report.code;
}

static int fork_command(struct command *command,
			const struct command_order *order,
			const struct ends *ends, unsigned int *stage)
{
	int reports[2], ret;

	if (pipe2(reports, O_CLOEXEC))
		return -errno;
	command->pid = fork();
	if (!command->pid)
		become_command(order, ends, reports[1]);
	ret = command->pid < 0 ? -errno : 0;
	close(reports[1]);
	if (!ret)
		ret = await_start(command, reports[0], stage);
	close(reports[0]);
	return ret;
}

int command_start(struct command *command, const struct command_order *order,
		  unsigned int *stage)
{
	struct ends ends = { -1, -1, -1 };
	int ret;

	*command = (struct command){
		.in = -1,
		.out = -1,
		.err = -1,
		.held = -1,
		.tty = order->tty,
	};
	*stage = TWINOS_AGENT_STAGE_REQUEST;
	if (order->tty)
		ret = open_terminal(command, &ends, &order->size);
	else
		ret = open_pipes(command, &ends);
	if (!ret)
		ret = fork_command(command, order, &ends, stage);
	close_ends(&ends);
	if (ret)
		close_command(command);
	return ret;
}

ssize_t command_write(struct command *command, const void *data, size_t size)
{
	ssize_t wrote = write(command->in, data, size);

	if (wrote < 0)
		return -errno;
	if (wrote > 0)
		command->in_line = ((const char *)data)[wrote - 1] != '\n';
	return wrote;
}

/* In the middle of a line the first Ctrl-D only ends that. */
static int type_end(const struct command *command)
{
	static const char keys[] = { CTRL_D, CTRL_D };
	ssize_t wrote = write(command->in, keys, command->in_line ? 2 : 1);

	return wrote < 0 && errno == EAGAIN ? -EAGAIN : 0;
}

int command_end_input(struct command *command)
{
	if (command->tty && type_end(command))
		return -EAGAIN;
	close(command->in);
	command->in = -1;
	return 0;
}

void command_resize(const struct command *command, const struct winsize *size)
{
	if (command->tty && command->out >= 0 && size->ws_row && size->ws_col)
		ioctl(command->out, TIOCSWINSZ, size);
}

/* A shell on a terminal has its jobs in groups of their own. */
void command_signal(const struct command *command, int number)
{
	pid_t shown = -1;

	if (command->ended)
		return;
	if (command->tty && command->out >= 0)
		shown = tcgetpgrp(command->out);
	if (shown > 0 && shown != command->pid)
		kill(-shown, number);
	kill(-command->pid, number);
}

bool command_reap(struct command *command)
{
	if (command->ended)
		return false;
	command->ended = waitpid(command->pid, &command->status, WNOHANG) ==
			 command->pid;
	if (command->ended && command->held >= 0)
		close(command->held);
	return command->ended;
}

/* What is stopped must run to be ended. */
void command_hang_up(const struct command *command)
{
	command_signal(command, SIGHUP);
	command_signal(command, SIGCONT);
}
