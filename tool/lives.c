// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/twinos.h>
#include <poll.h>
#include <stdio.h>
#include <syslog.h>

#include "lives.h"
#include "output.h"
#include "panicked.h"
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
}

static int start_anew(struct twinos_twin *twin, struct twinos_error *err)
{
	int ret = twinos_twin_reload(twin, err);

	return ret ? ret : twinos_twin_start(twin, err);
}

int lives_follow(const struct options *options, struct twinos_twin *twin,
		 int signals, bool print, struct follow_end *end,
		 struct twinos_error *err)
{
	struct restart restart = options->restart;
	struct follow_how how = {
		.signals = signals,
		.print = print,
		.hang_ms = options->hang_ms,
		.stop_hung = restart.policy != RESTART_NO,
	};
	int64_t began, wait_ms;
	int ret;

	for (;;) {
		began = watch_now();
		ret = follow_twin(twin, &how, end, err);
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
