// SPDX-License-Identifier: GPL-2.0-only
/* twinctl wait: until a twin has ended; the exit code tells how. */
#include <errno.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "twins.h"
#include "watch.h"

struct wait {
	int64_t timeout_ms;
};

static int set_timeout(void *into, const char *value, struct twinos_error *err)
{
	struct wait *wait = into;

	return parse_seconds(value, &wait->timeout_ms, err);
}

static const struct args_option options[] = {
	{ .name = "timeout",
	  .value = "SECONDS",
	  .set = set_timeout,
	  .help = "how long to wait (default: for ever)" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args wait_args = {
	.command = "wait",
	.operands = "NAME",
	.min_operands = 1,
	.max_operands = 1,
	.help = "Wait until a twin has ended: exit code 0 if it halted or was "
		"stopped, 8 if it\npanicked.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

static int wait_fd(const struct wait *wait, int fd, const char *name)
{
	unsigned int state, reason;
	int ret;

	ret = watch_until(fd, twins_ended, wait->timeout_ms, &state, &reason);
	if (!ret)
		return twins_end(name, state, reason);
	if (ret == -ETIMEDOUT)
		return fail_with(EXIT_TIMED_OUT,
				 "twin '%s' has not ended after %g s", name,
				 (double)wait->timeout_ms / 1000);
	errno = -ret;
	return fail_errno("cannot wait for twin '%s'", name);
}

int command_wait(int argc, char **argv)
{
	struct wait wait = { .timeout_ms = -1 };
	struct twinos_error err;
	int fd, code;

	if (!args_parse(&wait_args, &wait, &argc, &argv, &code))
		return code;
	if (parse_name(argv[0], &err))
		return fail_usage(wait_args.command, "%s", err.text);
	fd = twinos_open(argv[0], &err);
	if (fd < 0)
		return fail(&err);
	code = wait_fd(&wait, fd, argv[0]);
	close(fd);
	return code;
}
