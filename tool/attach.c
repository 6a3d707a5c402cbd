// SPDX-License-Identifier: GPL-2.0-only
/* twinctl attach: a new supervisor for a twin whose last one was killed. */
#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "control.h"
#include "exit.h"
#include "output.h"
#include "parse.h"

static const struct args_option options[] = {
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args attach_args = {
	.command = "attach",
	.operands = "NAME",
	.min_operands = 1,
	.max_operands = 1,
	.help = "Supervise a twin again that was started with --keep, and whose "
		"supervisor was\nkilled.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

int command_attach(int argc, char **argv)
{
	struct twinos_error err;
	json_t *answer;
	int code;

	if (!args_parse(&attach_args, NULL, &argc, &argv, &code))
		return code;
	if (parse_name(argv[0], &err))
		return fail_usage(attach_args.command, "%s", err.text);
	answer = control_ask(argv[0], json_pack("{s:s}", "order", "attach"),
			     &err);
	if (!answer)
		return fail(&err);
	if (output_json)
		return output_object(answer, JSON_COMPACT);
	printf("twin '%s' is supervised by process %d\n", argv[0],
	       (int)json_integer_value(json_object_get(answer, "supervisor")));
	json_decref(answer);
	return EXIT_OK;
}
