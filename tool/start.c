// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinctl start: leave a supervisor behind that holds the twin's owner fd.
 *
 * The supervisor is forked before anything is taken, so that whatever becomes of
 * it, the kernel gives all back. It tells us how the start went in one struct
 * report over a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "commands.h"
#include "exit.h"
#include "follow.h"
#include "launch.h"
#include "lives.h"
#include "output.h"
#include "panicked.h"
#include "plan.h"
#include "start.h"

/* The report's fd in the supervisor, behind the three standard ones. */
#define REPORT_FD 3

struct report {
	int ret;
	struct twinos_error err;
	pid_t owner;
	char name[TWINOS_NAME_SIZE];
	bool shared;
	size_t nr_cpus;
	unsigned int cpus[TWINOS_MAX_CPUS];
};

const struct args start_args = {
	.command = "start",
	.operands = "",
	.help = "Start a twin and leave it running; 'twinctl stop' stops it.",
	.options = options_table,
};

static bool send_report(const struct report *report)
{
	bool sent;

	/* Below PIPE_BUF bytes a write is whole or not at all. */
	_Static_assert(sizeof(*report) <= 4096, "more than PIPE_BUF");
	sent = write(REPORT_FD, report, sizeof(*report)) == sizeof(*report);
	close(REPORT_FD);
	return sent;
}

/* Nothing of the caller's stays with us: terminal, pipes, locked files. */
static void detach(int report_fd)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (report_fd != REPORT_FD)
		dup2(report_fd, REPORT_FD);
	close_range(REPORT_FD + 1, ~0U, 0);
}

static void set_title(const char *name)
{
	char title[16]; /* what PR_SET_NAME takes */

	snprintf(title, sizeof(title), "twinctl: %s", name);
	prctl(PR_SET_NAME, title);
}

static int system_error(int ret, const char *what, struct twinos_error *err)
{
	err->kind = TWINOS_ERROR_SYSTEM;
	err->code = -ret;
	snprintf(err->text, sizeof(err->text), "%s: %s", what, strerror(-ret));
	return ret;
}

static int start_twin(const struct options *options, struct twinos_twin *twin,
		      int signals, struct twinos_error *err)
{
	int ret = twinos_twin_start(twin, err);

	if (ret && follow_had_a_turn(err) && follow_rest(twin, false) &&
	    *options->on_panic)
		panicked_save(twin, options->on_panic, signals, true);
	return ret;
}

/* Fills @report; 0 with the running @twin and @signals. */
static int launch(struct options *options, struct twinos_twin **twin,
		  int *signals, struct report *report)
{
	const struct twinos_plan *plan;
	int ret;

	ret = launch_load(options, twin, &report->err);
	if (ret)
		return ret;
	plan = twinos_twin_plan(*twin);
	set_title(plan->name);
	snprintf(report->name, sizeof(report->name), "%s", plan->name);
	report->shared = plan->shared;
	report->nr_cpus = plan_cpus(plan, report->cpus);
	*signals = follow_signals();
	if (*signals < 0)
		ret = system_error(*signals, "cannot wait for signals",
				   &report->err);
	else if (chdir("/")) /* else it would keep a file system busy */
		ret = system_error(-errno, "cannot go to /", &report->err);
	else
		ret = start_twin(options, *twin, *signals, &report->err);
	if (ret)
		twinos_twin_free(*twin);
	return ret;
}

/* Nobody is there any more to read an exit code. */
static void tell_failure(const char *name, const struct twinos_error *err)
{
	tell(true, LOG_ERR, "twin '%s' is given up: %s", name, err->text);
}

/*
 * The memory of a twin that panicked or hung is kept for dmesg until somebody says
 * stop; its CPUs are back by then. But not where @bound says that somebody waits.
 */
static void follow_to_end(const struct options *options,
			  struct twinos_twin *twin, int signals, bool bound)
{
	struct signalfd_siginfo signal_info;
	struct twinos_error err;
	struct follow_end end;

	if (lives_follow(options, twin, signals, false, &end, &err)) {
		tell_failure(options->config.name, &err);
		return;
	}
	if (bound || (end.reason != TWINOS_REASON_PANICKED &&
		      end.reason != TWINOS_REASON_HUNG))
		return;
	if (read(signals, &signal_info, sizeof(signal_info)) < 0)
		return;
}

/* @bound: whoever kills the command kills its twin, also once it runs */
static void supervise(struct options *options, pid_t parent, int report_fd,
		      bool bound)
{
	struct report report = { .owner = getpid() };
	struct twinos_twin *twin;
	int signals = -1;
	bool sent;

	signal(SIGPIPE, SIG_IGN);
	/* Until it runs, whoever kills the command kills its twin. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return;
	detach(report_fd);
	report.ret = launch(options, &twin, &signals, &report);
	if (!bound)
		prctl(PR_SET_PDEATHSIG, 0);
	sent = send_report(&report);
	if (report.ret)
		return;
	if (sent)
		follow_to_end(options, twin, signals, bound);
	twinos_twin_free(twin);
}

static int no_report(pid_t supervisor)
{
	int status;

	if (waitpid(supervisor, &status, 0) < 0)
		return fail_errno("cannot wait for the twin's supervisor");
	if (WIFSIGNALED(status))
		return fail_with(EXIT_SYSTEM,
				 "the twin's supervisor was killed "
				 "by signal %d (%s); the twin is not started",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return fail_with(EXIT_SYSTEM, "the twin's supervisor ended without a "
				      "report; the twin is not started");
}

static int read_report(pid_t supervisor, int fd, struct report *report)
{
	ssize_t got;

	do {
		got = read(fd, report, sizeof(*report));
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(*report))
		return no_report(supervisor);
	if (!report->ret)
		return EXIT_OK;
	/* Nothing of a failed start is there when it is told. */
	waitpid(supervisor, NULL, 0);
	return fail(&report->err);
}

static int fork_supervisor(struct options *options, bool bound,
			   struct report *report)
{
	pid_t parent = getpid(), supervisor;
	int fds[2], code;

	if (pipe2(fds, O_CLOEXEC))
		return fail_errno("cannot make a pipe");
	fflush(NULL);
	supervisor = fork();
	if (!supervisor) {
		supervise(options, parent, fds[1], bound);
		/* What exit() would flush and free is the caller's. */
		_exit(EXIT_OK);
	}
	close(fds[1]);
	code = supervisor < 0 ? fail_errno("cannot fork") :
				read_report(supervisor, fds[0], report);
	close(fds[0]);
	return code;
}

int start_bound(struct options *options, char name[TWINOS_NAME_SIZE])
{
	struct report report;
	int code = fork_supervisor(options, true, &report);

	if (!code)
		memcpy(name, report.name, TWINOS_NAME_SIZE);
	return code;
}

static int start(struct options *options)
{
	struct report report;
	int code = fork_supervisor(options, false, &report);

	if (code)
		return code;
	options_tell(options);
	return launch_print_started(report.name, report.cpus, report.nr_cpus,
				    report.shared, report.owner);
}

int command_start(int argc, char **argv)
{
	return launch_command(&start_args, start, argc, argv);
}
