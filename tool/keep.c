// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/twinos.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "control.h"
#include "exit.h"
#include "keep.h"
#include "lives.h"
#include "output.h"
#include "terminal.h"
#include "twins.h"

/* What a child that has come to its end says. */
struct report {
	int ret;
	struct follow_end end;
	struct twinos_error err;
};

/* @supervisor: 0: it was killed; @pipe: where its report comes from */
struct keeper {
	struct twinos_twin *twin;
	const struct follow_how *how;
	pid_t supervisor;
	int pipe;
};

static const char *name_of(const struct keeper *keeper)
{
	return twinos_twin_plan(keeper->twin)->name;
}

/* What it has to do with devices needs the parent's thread: see lives.c. */
static void follow_as_child(const struct keeper *keeper, struct report *report)
{
	struct follow_how how = *keeper->how;

	how.control = NULL;
	how.terminal = lives_open_terminal(keeper->twin, how.print);
	report->ret =
		follow_twin(keeper->twin, &how, &report->end, &report->err);
	terminal_close(how.terminal);
}

static void supervise(const struct keeper *keeper, pid_t parent, int pipe_fd)
{
	struct report report = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return;
	report.ret = twinos_twin_forked(keeper->twin, &report.err);
	if (!report.ret)
		follow_as_child(keeper, &report);
	(void)!write(pipe_fd, &report, sizeof(report));
}

static int start_supervisor(struct keeper *keeper)
{
	pid_t parent = getpid();
	int fds[2];

	/* Below PIPE_BUF bytes a write is whole or not at all. */
	_Static_assert(sizeof(struct report) <= 4096, "more than PIPE_BUF");
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	keeper->supervisor = fork();
	if (!keeper->supervisor) {
		supervise(keeper, parent, fds[1]);
		_exit(EXIT_OK);
	}
	close(fds[1]);
	if (keeper->supervisor < 0) {
		int ret = -errno;

		keeper->supervisor = 0;
		close(fds[0]);
		return ret;
	}
	keeper->pipe = fds[0];
	return 0;
}

static void bury_supervisor(struct keeper *keeper)
{
	close(keeper->pipe);
	keeper->pipe = -1;
	waitpid(keeper->supervisor, NULL, 0);
	keeper->supervisor = 0;
}

/* True with what it says; else it was killed. */
static bool take_report(struct keeper *keeper, struct report *report)
{
	ssize_t got = read(keeper->pipe, report, sizeof(*report));

	bury_supervisor(keeper);
	if (got == sizeof(*report))
		return true;
	tell(true, LOG_WARNING,
	     "the supervisor of twin '%s' was killed; the twin goes on, and "
	     "'twinctl attach %s' makes another one",
	     name_of(keeper), name_of(keeper));
	return false;
}

static int attach(void *ctx, pid_t *pid, struct twinos_error *err)
{
	struct keeper *keeper = ctx;
	int ret = keeper->supervisor ? -EALREADY : start_supervisor(keeper);

	*pid = keeper->supervisor;
	if (!ret)
		return 0;
	err->kind = TWINOS_ERROR_SYSTEM;
	err->code = -ret;
	if (ret == -EALREADY)
		snprintf(err->text, sizeof(err->text),
			 "twin '%s' has a supervisor, process %d",
			 name_of(keeper), (int)*pid);
	else
		snprintf(err->text, sizeof(err->text), "cannot make one: %s",
			 strerror(-ret));
	return ret;
}

/* Who supervises the twin has to stop it; if nobody does, we. */
static void take_signal(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	if (!keeper->supervisor) {
		twinos_stop(twinos_twin_fd(keeper->twin), TWINOS_REASON_REQUEST,
			    NULL);
		return;
	}
	if (read(keeper->how->signals, &info, sizeof(info)) > 0)
		kill(keeper->supervisor, SIGTERM);
}

static void wait_for_news(struct keeper *keeper, struct pollfd *fds)
{
	nfds_t nr = 3;

	fds[0] = (struct pollfd){ keeper->pipe, POLLIN, 0 };
	fds[1] = (struct pollfd){ keeper->how->signals, POLLIN, 0 };
	/* The supervisor looks at the twin's state, as long as there is one. */
	fds[2] = (struct pollfd){ keeper->supervisor ?
					  -1 :
					  twinos_twin_fd(keeper->twin),
				  POLLIN, 0 };
	if (keeper->how->control)
		nr += control_poll(keeper->how->control, fds + nr);
	poll(fds, nr, -1);
}

/* Nobody supervises the twin: true if it has ended by itself, or was stopped. */
static bool has_ended(const struct keeper *keeper, struct report *report)
{
	return !keeper->supervisor &&
	       !twinos_get_state(twinos_twin_fd(keeper->twin),
				 &report->end.state, &report->end.reason) &&
	       twins_ended(report->end.state);
}

static void follow(struct keeper *keeper, struct report *report)
{
	struct pollfd fds[3 + CONTROL_FDS];

	for (;;) {
		wait_for_news(keeper, fds);
		if (keeper->supervisor && fds[0].revents &&
		    take_report(keeper, report))
			return;
		if (fds[1].revents)
			take_signal(keeper);
		if (has_ended(keeper, report))
			return;
		if (keeper->how->control)
			control_serve(keeper->how->control);
	}
}

int keep_follow(struct twinos_twin *twin, const struct follow_how *how,
		struct follow_end *end, struct twinos_error *err)
{
	struct keeper keeper = { .twin = twin, .how = how, .pipe = -1 };
	struct report report = { 0 };

	report.ret = start_supervisor(&keeper);
	if (report.ret) {
		err->kind = TWINOS_ERROR_SYSTEM;
		err->code = -report.ret;
		snprintf(err->text, sizeof(err->text),
			 "cannot make a supervisor: %s", strerror(-report.ret));
		return report.ret;
	}
	if (how->control)
		control_on_attach(how->control, attach, &keeper);
	follow(&keeper, &report);
	if (how->control)
		control_on_attach(how->control, NULL, NULL);
	*end = report.end;
	*err = report.err;
	return report.ret;
}
