// SPDX-License-Identifier: GPL-2.0-only
/* twinctl events: what becomes of twins, one JSON object a line, until a signal comes. */
#include <errno.h>
#include <linux/twinos.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "changes.h"
#include "commands.h"
#include "exit.h"
#include "follow.h"
#include "output.h"
#include "parse.h"
#include "stamp.h"

/**
 * struct events
 * @names: which twins; all if there are none
 * @over: a signal came, or nobody reads any more
 * @error: errno of standard output
 */
struct events {
	char **names;
	int nr_names;
	int uevents;
	int signals;
	bool over;
	int error;
};

static const struct args_option options[] = { { 0 } };

const struct args events_args = {
	.command = "events",
	.operands = "[NAME]...",
	.max_operands = 1 << 20,
	.places = { { .kinds = ARGS_TWIN } },
	.help = "Print what becomes of twins, of all or those named, one JSON "
		"object a line, until\na signal comes. Those that are there "
		"already come first.",
	.options = options,
};

static bool is_wanted(const struct events *events, const char *name)
{
	int i;

	for (i = 0; name && i < events->nr_names; i++)
		if (!strcmp(events->names[i], name))
			return true;
	return !name || !events->nr_names;
}

/* False: there is nobody to print for. Signals count while a reader is slow. */
static bool wait_for_room(struct events *events)
{
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO, .events = POLLOUT },
		{ .fd = events->signals, .events = POLLIN },
	};

	while (!events->over && !fds[0].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		events->over = fds[1].revents || fds[0].revents & POLLERR;
	}
	return !events->over;
}

static json_t *to_json(const struct changes_event *event)
{
	static const char *const kinds[] = {
		[CHANGES_PRESENT] = "present", [CHANGES_READY] = "ready",
		[CHANGES_CHANGE] = "change",   [CHANGES_GONE] = "gone",
		[CHANGES_OVERRUN] = "overrun",
	};
	char time[STAMP_SIZE];

	stamp_format(time, event->change.time_ms ? event->change.time_ms :
						   stamp_now());
	if (!event->name)
		return json_pack("{s:s, s:s}", "time", time, "event",
				 kinds[event->kind]);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "time", time, "event",
			 kinds[event->kind], "name", event->name, "state",
			 twinos_state_name(event->change.state), "reason",
			 twinos_reason_name(event->change.reason));
}

static void print(void *ctx, const struct changes_event *event)
{
	struct events *events = ctx;
	json_t *object;

	if (!is_wanted(events, event->name) || !wait_for_room(events))
		return;
	object = to_json(event);
	if (!object || json_dumpf(object, stdout, JSON_COMPACT) ||
	    putchar('\n') == EOF || fflush(stdout) == EOF)
		events->error = object ? errno : ENOMEM;
	events->over = events->error;
	json_decref(object);
}

static int list(void *ctx, struct twinos_status **twins, size_t *nr,
		struct twinos_error *err)
{
	(void)ctx;
	return twinos_list(twins, nr, err);
}

static int next(void *ctx, struct uevent *uevent)
{
	return uevent_next(((struct events *)ctx)->uevents, uevent);
}

static void wait_for_something(struct events *events)
{
	struct pollfd fds[] = {
		{ .fd = events->uevents, .events = POLLIN },
		{ .fd = events->signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* that nobody reads: POLLERR */
	};

	if (poll(fds, 3, -1) >= 0)
		events->over = fds[1].revents || fds[2].revents & POLLERR;
}

static int follow(struct events *events, struct changes *changes)
{
	struct twinos_error err;

	while (!events->over) {
		wait_for_something(events);
		if (!events->over && changes_serve(changes, &err))
			return fail(&err);
	}
	/* A reader that went away has had what it wanted. */
	if (!events->error || events->error == EPIPE)
		return EXIT_OK;
	errno = events->error;
	return fail_errno("cannot write to standard output");
}

static int print_events(struct events *events)
{
	const struct changes_ops ops = {
		.list = list,
		.next = next,
		.tell = print,
		.ctx = events,
	};
	struct twinos_error err;
	struct changes *changes;
	int code;

	if (changes_begin(&changes, &ops, &err))
		return fail(&err);
	code = follow(events, changes);
	changes_end(changes);
	return code;
}

static int open_and_print(struct events *events)
{
	int code;

	events->uevents = uevent_open();
	if (events->uevents < 0) {
		errno = -events->uevents;
		return fail_errno("cannot hear the kernel's uevents");
	}
	events->signals = follow_signals();
	if (events->signals < 0) {
		errno = -events->signals;
		code = fail_errno("cannot wait for signals");
	} else {
		code = print_events(events);
		close(events->signals);
	}
	close(events->uevents);
	return code;
}

int command_events(int argc, char **argv)
{
	struct events events = { 0 };
	struct twinos_error err;
	int code, i;

	if (!args_parse(&events_args, NULL, &argc, &argv, &code))
		return code;
	for (i = 0; i < argc; i++)
		if (parse_name(argv[i], &err))
			return fail_usage(events_args.command, "%s", err.text);
	events.names = argv;
	events.nr_names = argc;
	return open_and_print(&events);
}
