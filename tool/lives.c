// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/twinos.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "control.h"
#include "exit.h"
#include "keep.h"
#include "lastlog.h"
#include "lives.h"
#include "notify.h"
#include "output.h"
#include "panicked.h"
#include "terminal.h"
#include "watch.h"

static bool has_failed(const struct follow_end *end)
{
	return end->state == TWINOS_STOPPED &&
	       (end->reason == TWINOS_REASON_PANICKED ||
		end->reason == TWINOS_REASON_HUNG);
}

/* False if a signal came, which stays there to be read. */
static bool wait_quietly(int signals, int64_t ms)
{
	struct pollfd in = { .fd = signals, .events = POLLIN };

	return poll(&in, 1, (int)ms) == 0;
}

static void tell_restart(const struct twinos_twin *twin, unsigned int reason,
			 bool print)
{
	const char *name = twinos_twin_plan(twin)->name;
	const char *why = twinos_reason_name(reason);

	tell(!print, LOG_NOTICE, "twin '%s' was started anew (%s)", name, why);
	if (print)
		notify_status("started anew (%s)", why);
}

static int start_anew(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret = twinos_twin_reload(twin, err);

	return ret ? ret : twinos_twin_start(twin, err);
}

static size_t take_input(void *ctx, const void *data, size_t size)
{
	return twinos_twin_console_write(ctx, data, size);
}

static void take_size(void *ctx, const struct terminal_size *size)
{
	twinos_twin_console_resize(ctx, size->rows, size->columns);
}

/* A twin works without one, too. */
struct terminal *lives_open_terminal(struct twinos_twin *twin, bool print)
{
	const char *name = twinos_twin_plan(twin)->name;
	struct terminal_ops ops = { take_input, take_size, twin };
	struct terminal *terminal = NULL;
	char path[sizeof(LASTLOG_DIR) + TWINOS_NAME_SIZE + 16];
	int ret;

	terminal_path(path, sizeof(path), name);
	ret = lastlog_make_dir(LASTLOG_DIR);
	if (!ret)
		ret = terminal_open(&terminal, path, &ops);
	if (ret)
		tell(!print, LOG_WARNING, "twin '%s' has no terminal: %s: %s",
		     name, path, strerror(-ret));
	return terminal;
}

/* Nor does it need anybody to give it orders. */
static struct control *open_control(struct twinos_twin *twin, bool print)
{
	struct control *control = NULL;
	int ret = lastlog_make_dir(LASTLOG_DIR);

	if (!ret)
		ret = control_open(&control, twin);
	if (ret)
		tell(!print, LOG_WARNING, "twin '%s' can't be given orders: %s",
		     twinos_twin_plan(twin)->name, strerror(-ret));
	return control;
}

/*
 * Who runs a twin from a terminal sits at the twin's at once: a twinctl console of its
 * own, which has none of our fds. 0 if it is not wanted or not to be had.
 */
static pid_t sit_down(struct twinos_twin *twin, const struct terminal *terminal)
{
	const char *name = twinos_twin_plan(twin)->name;
	pid_t seat;

	if (!terminal || output_json || twinos_twin_console_fd(twin) < 0 ||
	    !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return 0;
	seat = fork();
	if (!seat) {
		execl("/proc/self/exe", "twinctl", "console", name, NULL);
		_exit(EXIT_SYSTEM);
	}
	return seat < 0 ? 0 : seat;
}

static int follow_lives(const struct options *options, struct twinos_twin *twin,
			struct follow_how *how, struct follow_end *end,
			struct twinos_error *err)
{
	struct restart restart = options->restart;
	int signals = how->signals;
	bool print = how->print;
	int64_t began, wait_ms;
	int ret;

	for (;;) {
		twinos_twin_console_reads(twin, how->terminal || options->keep);
		began = watch_now();
		ret = options->keep ? keep_follow(twin, how, end, err) :
				      follow_twin(twin, how, end, err);
		twinos_twin_quiesce(twin);
		if (ret)
			return ret;
		if (has_failed(end) && *options->on_panic)
			panicked_save(twin, options->on_panic, signals, !print);
		if (end->state != TWINOS_STOPPED || end->print_error ||
		    !restart_wanted(&restart, end->reason, watch_now() - began,
				    &wait_ms) ||
		    !wait_quietly(signals, wait_ms))
			return 0;
		ret = start_anew(twin, err);
		if (ret)
			return ret;
		tell_restart(twin, end->reason, print);
	}
}

int lives_follow(const struct options *options, struct twinos_twin *twin,
		 int signals, bool print, struct follow_end *end,
		 struct twinos_error *err)
{
	struct follow_how how = {
		.signals = signals,
		.print = print,
		.control = open_control(twin, print),
		.hang_ms = options->hang_ms,
		.stop_hung = options->restart.policy != RESTART_NO,
	};
	int ret;

	/* Who supervises the twin opens it. */
	if (!options->keep)
		how.terminal = lives_open_terminal(twin, print);
	if (print)
		how.seat = sit_down(twin, how.terminal);
	ret = follow_lives(options, twin, &how, end, err);
	control_close(how.control);
	terminal_close(how.terminal);
	if (how.seat)
		waitpid(how.seat, NULL, 0);
	return ret;
}
