// SPDX-License-Identifier: GPL-2.0-only
/* twinctl version: of the tool, of the library, and of the module if it is there. */
#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"

static const struct args_option options[] = {
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args version_args = {
	.command = "version",
	.operands = "",
	.help = "Show the versions of tool, library and module.",
	.options = options,
};

int command_version(int argc, char **argv)
{
	struct twinos_error err;
	char module[32];
	bool loaded;
	int code;

	if (!args_parse(&version_args, NULL, &argc, &argv, &code))
		return code;
	/* A machine without the module has a version of the tool all the same. */
	loaded = !twinos_module_version(module, sizeof(module), &err);
	if (output_json)
		return output_object(json_pack("{s:s, s:s, s:s?}", "twinctl",
					       TWINOS_VERSION, "libtwinos",
					       twinos_version(), "module",
					       loaded ? module : NULL),
				     JSON_INDENT(2));
	printf("twinctl %s\nlibtwinos %s\n", TWINOS_VERSION, twinos_version());
	if (loaded)
		printf("twinos.ko %s\n", module);
	else
		printf("twinos.ko -: %s\n", err.text);
	return EXIT_OK;
}
