// SPDX-License-Identifier: GPL-2.0-only
/* twinctl stop: take the cores back by INIT and wait until all is given back. */
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "unplug.h"

struct stop {
	bool all;
	struct unplug unplug;
};

static int set_all(void *into, const char *value, struct twinos_error *err)
{
	struct stop *stop = into;

	(void)value;
	(void)err;
	stop->all = true;
	return 0;
}

static int set_force(void *into, const char *value, struct twinos_error *err)
{
	struct stop *stop = into;

	(void)value;
	(void)err;
	stop->unplug.force = true;
	return 0;
}

static int set_timeout(void *into, const char *value, struct twinos_error *err)
{
	struct stop *stop = into;

	return parse_seconds(value, &stop->unplug.timeout_ms, err);
}

static const struct args_option options[] = {
	{ .name = "all", .set = set_all, .help = "stop every twin" },
	{ .name = "force",
	  .set = set_force,
	  .help = "kill the process that holds the twin if it does not\n"
		  "let go of it in time" },
	{ .name = "timeout",
	  .value = "SECONDS",
	  .set = set_timeout,
	  .help = "how long the process that holds the twin may take\n"
		  "(default: 30)" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args stop_args = {
	.command = "stop",
	.operands = "NAME...",
	.max_operands = 1 << 20,
	.help = "Stop twins at once, as pulling the plug would, and wait until "
		"their CPUs and\nmemory are given back.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

static int stop_one(const struct stop *stop, const char *name)
{
	struct twinos_error err;
	int fd, code;

	if (parse_name(name, &err))
		return fail_usage(stop_args.command, "%s", err.text);
	fd = twinos_open(name, &err);
	if (fd < 0)
		return fail(&err);
	code = unplug_twin(&stop->unplug, fd, name);
	close(fd);
	return code;
}

static int stop_all(const struct stop *stop)
{
	struct twinos_status *list;
	struct twinos_error err;
	int code = EXIT_OK, ret;
	size_t i, nr;

	if (twinos_list(&list, &nr, &err))
		return fail(&err);
	for (i = 0; i < nr; i++) {
		ret = stop_one(stop, list[i].name);
		code = code ? code : ret;
	}
	twinos_list_free(list, nr);
	return code;
}

/* One that can't be stopped does not save the others; the first error counts. */
int command_stop(int argc, char **argv)
{
	struct stop stop = { .unplug.timeout_ms = UNPLUG_MS };
	int code, ret, i;

	if (!args_parse(&stop_args, &stop, &argc, &argv, &code))
		return code;
	if (stop.all == (argc > 0))
		return fail_usage(stop_args.command,
				  "give either names or --all");
	if (stop.all)
		return stop_all(&stop);
	for (code = EXIT_OK, i = 0; i < argc; i++) {
		ret = stop_one(&stop, argv[i]);
		code = code ? code : ret;
	}
	return code;
}
