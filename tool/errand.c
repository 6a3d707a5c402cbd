// SPDX-License-Identifier: GPL-2.0-only
/*
 * The twin is one of 'twinctl start', whose supervisor goes on following it; this process
 * is what 'twinctl exec' would be, and has the command's files and signals.
 */
#include <errno.h>
#include <linux/twinos.h>
#include <signal.h>
#include <string.h>
#include <sys/param.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent.h"
#include "errand.h"
#include "exec.h"
#include "exit.h"
#include "output.h"
#include "rootfs.h"
#include "start.h"
#include "twins.h"
#include "unplug.h"
#include "watch.h"

/* A kernel takes its time to boot, on an emulated CPU a minute and more. */
#define AGENT_MS 180000
/* In between we look for signals, and whether there still is a twin. */
#define TRY_MS 3000
#define PAUSE_US 100000

/* How long it may take to power off before it is stopped. */
#define DOWN_MS 15000

/* A connection can be lost some time before the twin's end is known. */
#define END_MS 10000

/**
 * struct errand
 * @fd: of the twin
 * @agent: connection to it, or -1
 * @signals: of remote_signals(), until the agent answers
 */
struct errand {
	char name[TWINOS_NAME_SIZE];
	char *const *command;
	int fd;
	int agent;
	int signals;
};

static bool has_come_down(const struct errand *errand)
{
	unsigned int state;

	return !twinos_get_state(errand->fd, &state, NULL) && twins_down(state);
}

/* ---- until the agent answers ------------------------------------------------- */

/* 0: none has come; those that would not end a command by themselves are for it. */
static int take_signal(const struct errand *errand)
{
	struct signalfd_siginfo info;

	while (read(errand->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGUSR1 && info.ssi_signo != SIGUSR2 &&
		    info.ssi_signo != SIGWINCH)
			return (int)info.ssi_signo;
	return 0;
}

/* Neither gets better by waiting. */
static bool is_hopeless(const struct twinos_error *err)
{
	return err->code == EPROTO || err->code == EACCES || err->code == EPERM;
}

/* 0 with the agent, or with -1 where the twin has come down; else an exit code. */
static int await_agent(struct errand *errand)
{
	int64_t until = watch_now() + AGENT_MS;
	struct twinos_error err;
	int signal_nr;

	for (;;) {
		errand->agent = agent_connect(
			errand->name, MIN(until, watch_now() + TRY_MS), &err);
		if (errand->agent >= 0 || has_come_down(errand))
			return EXIT_OK;
		signal_nr = take_signal(errand);
		if (signal_nr)
			return 128 + signal_nr;
		if (is_hopeless(&err) || watch_now() >= until)
			return agent_fail(&err);
		usleep(PAUSE_US);
	}
}

static int reach_agent(struct errand *errand)
{
	int code;

	errand->signals = remote_signals();
	if (errand->signals < 0)
		return fail_with(EXIT_SYSTEM, "cannot wait for signals: %s",
				 strerror(-errand->signals));
	code = await_agent(errand);
	close(errand->signals);
	return code;
}

/* ---- the twin's end ---------------------------------------------------------- */

/* What it has written is to be on its disks. Silently: it is stopped in any case. */
static void power_off(const struct errand *errand)
{
	int64_t until = watch_now() + DOWN_MS;
	struct remote remote = {
		.in = -1,
		.out = { .fd = -1 },
		.err = { .fd = -1 },
		.signals = -1,
		.until = until,
	};
	struct remote_end end;
	struct twinos_error err;
	unsigned int state;
	int agent;

	agent = agent_connect(errand->name, until, &err);
	if (agent < 0)
		return;
	remote_run(agent, &remote, &end);
	close(agent);
	watch_until(errand->fd, twins_down, MAX(until - watch_now(), 0), &state,
		    NULL);
}

static int stop(const struct errand *errand)
{
	static const struct unplug unplug = { .timeout_ms = UNPLUG_MS };

	return unplug_twin(&unplug, errand->fd, errand->name);
}

/* It may be dumped meanwhile, so there is no limit but a signal. */
static int tell_end(const struct errand *errand)
{
	unsigned int state, reason;
	int ret;

	ret = watch_until(errand->fd, twins_gone, -1, &state, &reason);
	if (!ret)
		return rootfs_end(errand->name, state, reason);
	errno = -ret;
	return fail_errno("cannot wait for the end of twin '%s'", errand->name);
}

/* ---- the command ------------------------------------------------------------- */

static bool comes_down(const struct errand *errand)
{
	unsigned int state;

	return !watch_until(errand->fd, twins_down, END_MS, &state, NULL);
}

/* @gone: the twin came down by itself */
static int do_command(const struct errand *errand, bool *gone)
{
	struct remote_end end;
	int code;

	code = exec_run(errand->agent, errand->command, &end);
	close(errand->agent);
	if (code)
		return code;
	*gone = end.kind == REMOTE_LOST && comes_down(errand);
	return *gone ? EXIT_OK :
		       exec_code(errand->name, errand->command[0], &end);
}

/* As long as the command has the signals, the twin's end has none. */
static int do_errand(struct errand *errand, bool *gone)
{
	sigset_t before;
	int code;

	sigprocmask(SIG_BLOCK, NULL, &before);
	code = reach_agent(errand);
	*gone = !code && errand->agent < 0;
	if (errand->agent >= 0)
		code = do_command(errand, gone);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}

static int begin_and_end(struct errand *errand)
{
	bool gone = false;
	int code, ret;

	code = do_errand(errand, &gone);
	if (gone)
		return tell_end(errand);
	if (errand->agent >= 0)
		power_off(errand);
	ret = stop(errand);
	return code ? code : ret;
}

int errand_run(struct options *options)
{
	struct errand errand = { .command = options->command, .agent = -1 };
	struct twinos_error err;
	int code;

	code = exec_open_files();
	if (!code)
		code = start_bound(options, errand.name);
	if (code)
		return code;
	errand.fd = twinos_open(errand.name, &err);
	if (errand.fd < 0)
		return fail(&err);
	code = begin_and_end(&errand);
	close(errand.fd);
	return code;
}
