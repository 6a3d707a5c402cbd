// SPDX-License-Identifier: GPL-2.0-only
/* twinctl shutdown: ask twins to power off, and wait until they have. */
#include <errno.h>
#include <linux/twinos.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "agent.h"
#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "remote.h"
#include "twins.h"
#include "unplug.h"
#include "watch.h"

#define DEFAULT_TIMEOUT_MS 60000

struct shutdown {
	bool force;
	int64_t timeout_ms;
	int64_t until;
};

/* struct asked - a twin; @fd is -1, or @code EXIT_OK and it was asked */
struct asked {
	const char *name;
	int fd;
	int code;
};

static int set_force(void *into, const char *value, struct twinos_error *err)
{
	struct shutdown *shutdown = into;

	(void)value;
	(void)err;
	shutdown->force = true;
	return 0;
}

static int set_timeout(void *into, const char *value, struct twinos_error *err)
{
	struct shutdown *shutdown = into;

	return parse_seconds(value, &shutdown->timeout_ms, err);
}

static const struct args_option options[] = {
	{ .name = "timeout",
	  .value = "SECONDS",
	  .set = set_timeout,
	  .help = "how long a twin may take (default: 60)" },
	{ .name = "force",
	  .set = set_force,
	  .help = "stop what can't be asked, or takes longer, as\n"
		  "'twinctl stop' does" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args shutdown_args = {
	.command = "shutdown",
	.operands = "NAME...",
	.min_operands = 1,
	.max_operands = 1 << 20,
	.help = "Have twins in which twinos-agent runs power off in order, and "
		"wait until their\nCPUs and memory are given back. They are "
		"not started anew, whatever --restart said.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

static int stop_now(int fd, const char *name)
{
	static const struct unplug unplug = { .timeout_ms = UNPLUG_MS };

	return unplug_twin(&unplug, fd, name);
}

/* ---- asking ---------------------------------------------------------------- */

static int refused(const char *name, char *complaint, unsigned int code)
{
	complaint[strcspn(complaint, "\n")] = '\0';
	return fail_with(EXIT_SYSTEM,
			 "twin '%s' does not power off: exit code %u%s%s", name,
			 code, *complaint ? ": " : "", complaint);
}

/* One that goes down takes its agent along before that can say so. */
static int send_order(const struct shutdown *shutdown, int fd, const char *name)
{
	char complaint[256] = "";
	struct remote remote = {
		.in = -1,
		.out = { .fd = -1 },
		.err = { .fd = -1,
			 .text = complaint,
			 .size = sizeof(complaint) },
		.signals = -1,
		.until = shutdown->until,
	};
	struct remote_end end;

	remote_run(fd, &remote, &end);
	if (end.kind == REMOTE_EXITED && end.value)
		return refused(name, complaint, end.value);
	if (end.kind == REMOTE_EXITED || end.kind == REMOTE_SIGNALED ||
	    end.kind == REMOTE_LOST || end.kind == REMOTE_LATE)
		return EXIT_OK;
	return remote_fail(name, "run poweroff", &end);
}

static int ask_agent(const struct shutdown *shutdown, const char *name)
{
	int64_t until = MIN(shutdown->until, watch_now() + AGENT_ANSWER_MS);
	struct twinos_error err;
	int fd, code;

	fd = agent_connect(name, until, &err);
	if (fd < 0)
		return agent_fail(&err);
	code = send_order(shutdown, fd, name);
	close(fd);
	return code;
}

/* The name can come to mean another twin; the fd can't. */
static void ask(const struct shutdown *shutdown, struct asked *asked)
{
	struct twinos_error err;
	unsigned int state;

	asked->fd = -1;
	if (parse_name(asked->name, &err)) {
		asked->code = fail_usage(shutdown_args.command, "%s", err.text);
		return;
	}
	asked->fd = twinos_open(asked->name, &err);
	if (asked->fd < 0)
		asked->code = fail(&err);
	else if (twinos_get_state(asked->fd, &state, NULL) ||
		 !twins_down(state))
		asked->code = ask_agent(shutdown, asked->name);
}

/* ---- waiting --------------------------------------------------------------- */

static int too_late(const struct shutdown *shutdown, const struct asked *asked)
{
	if (shutdown->force) {
		note("twin '%s' has not powered off after %g s: it is stopped",
		     asked->name, (double)shutdown->timeout_ms / 1000);
		return stop_now(asked->fd, asked->name);
	}
	return fail_with(EXIT_TIMED_OUT,
			 "twin '%s' has not powered off after %g s; --force "
			 "stops it",
			 asked->name, (double)shutdown->timeout_ms / 1000);
}

/* Its memory is kept for a dump. */
static bool has_panicked(unsigned int state, unsigned int reason)
{
	return state == TWINOS_PANICKED ||
	       (twins_ended(state) && reason == TWINOS_REASON_PANICKED);
}

/*
 * When it has come to its end it is stopped in any case: a request, unlike a power-off,
 * is never followed by a new start.
 */
static int wait_until_down(const struct shutdown *shutdown,
			   const struct asked *asked)
{
	int64_t left = MAX(shutdown->until - watch_now(), 0);
	unsigned int state, reason;
	int ret;

	ret = watch_until(asked->fd, twins_down, left, &state, &reason);
	if (ret == -ETIMEDOUT)
		return too_late(shutdown, asked);
	if (ret) {
		errno = -ret;
		return fail_errno("cannot wait for twin '%s'", asked->name);
	}
	if (has_panicked(state, reason) && !shutdown->force)
		return twins_end(asked->name, state, TWINOS_REASON_PANICKED);
	return stop_now(asked->fd, asked->name);
}

static int finish(const struct shutdown *shutdown, struct asked *asked)
{
	int code = asked->code;

	if (asked->fd < 0)
		return code;
	if (!code)
		code = wait_until_down(shutdown, asked);
	else if (shutdown->force)
		code = stop_now(asked->fd, asked->name);
	close(asked->fd);
	return code;
}

/* All are asked before any is waited for; the first error counts. */
static int shut_down_all(const struct shutdown *shutdown, struct asked *asked,
			 char **names, size_t nr)
{
	int code = EXIT_OK, ret;
	size_t i;

	for (i = 0; i < nr; i++) {
		asked[i].name = names[i];
		ask(shutdown, &asked[i]);
	}
	for (i = 0; i < nr; i++) {
		ret = finish(shutdown, &asked[i]);
		code = code ? code : ret;
	}
	return code;
}

int command_shutdown(int argc, char **argv)
{
	struct shutdown shutdown = { .timeout_ms = DEFAULT_TIMEOUT_MS };
	struct asked *asked;
	int code;

	if (!args_parse(&shutdown_args, &shutdown, &argc, &argv, &code))
		return code;
	asked = calloc((size_t)argc, sizeof(*asked));
	if (!asked)
		return fail_errno("cannot shut down");
	shutdown.until = watch_now() + shutdown.timeout_ms;
	code = shut_down_all(&shutdown, asked, argv, (size_t)argc);
	free(asked);
	return code;
}
