// SPDX-License-Identifier: GPL-2.0-only
/* twinctl run: start a twin and follow its log until it ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "errand.h"
#include "exit.h"
#include "follow.h"
#include "launch.h"
#include "lives.h"
#include "notify.h"
#include "output.h"
#include "panicked.h"
#include "plan.h"
#include "rootfs.h"
#include "twins.h"

const struct args run_args = {
	.command = "run",
	.operands = "[-- COMMAND [ARGUMENT]...]",
	.max_operands = 1 << 20,
	.help = "Start a twin, print its kernel log or sit at its terminal "
		"until it ends. Ctrl-C stops it.\n"
		"With COMMAND, run that in it, as 'twinctl exec' does, and "
		"power it off.",
	.options = options_table,
};

static void tell_started(const struct twinos_plan *plan)
{
	unsigned int cpus[TWINOS_MAX_CPUS];
	char text[TWINS_CPUS_SIZE];
	size_t nr = plan_cpus(plan, cpus);

	if (output_json)
		launch_print_started(plan->name, cpus, nr, plan->shared,
				     getpid());
	note("twin '%s' started on CPU%s %s%s; Ctrl-C stops it", plan->name,
	     nr > 1 ? "s" : "", twins_cpus(text, sizeof(text), cpus, nr),
	     plan->shared ? " (shared)" : "");
	notify_status("starting on CPU%s %s", nr > 1 ? "s" : "", text);
}

static int tell_end(const char *name, const struct follow_end *end)
{
	int code = rootfs_end(name, end->state, end->reason);

	if (end->print_error)
		return fail_with(EXIT_SYSTEM,
				 "cannot write to standard output, "
				 "twin '%s' was stopped: %s",
				 name, strerror(-end->print_error));
	if (end->log_error)
		note("the log of twin '%s' could not be read: %s", name,
		     end->log_error == -EAGAIN ? "its kernel had set none up" :
						 strerror(-end->log_error));
	if (!code)
		note("twin '%s' %s", name,
		     end->reason == TWINOS_REASON_HALTED   ? "has halted" :
		     end->reason == TWINOS_REASON_REBOOTED ? "has rebooted" :
							     "was stopped");
	return code;
}

static int start_and_follow(const struct options *options,
			    struct twinos_twin *twin, struct follow_end *end,
			    struct twinos_error *err)
{
	int signals, ret;

	signals = follow_signals();
	if (signals < 0) {
		err->kind = TWINOS_ERROR_SYSTEM;
		snprintf(err->text, sizeof(err->text),
			 "cannot wait for signals: %s", strerror(-signals));
		return signals;
	}
	ret = twinos_twin_start(twin, err);
	if (!ret) {
		tell_started(twinos_twin_plan(twin));
		ret = lives_follow(options, twin, signals, true, end, err);
	} else if (follow_had_a_turn(err) && follow_rest(twin, true) &&
		   *options->on_panic) {
		panicked_save(twin, options->on_panic, signals, false);
	}
	close(signals);
	return ret;
}

static int run(struct options *options)
{
	struct twinos_twin *twin;
	struct twinos_error err;
	struct follow_end end;
	int ret;

	if (options->command)
		return errand_run(options);
	/* A reader that goes away is an error of its write, not our death. */
	signal(SIGPIPE, SIG_IGN);
	if (launch_load(options, &twin, &err))
		return fail(&err);
	options_tell(options);
	ret = start_and_follow(options, twin, &end, &err);
	notify_stopping();
	twinos_twin_free(twin);
	return ret ? fail(&err) : tell_end(options->config.name, &end);
}

int command_run(int argc, char **argv)
{
	return launch_command(&run_args, run, argc, argv);
}
