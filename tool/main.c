// SPDX-License-Identifier: GPL-2.0-only
/* twinctl: finds the command. What it does stands in the command's own file. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "output.h"

int main(int argc, char **argv)
{
	const struct command *command;

	atexit(output_close);
	if (argc < 2)
		return fail_usage(NULL, "no command is given");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help_print();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return command_version(1, argv + 1);
	command = commands_find(argv[1]);
	if (!command)
		return commands_unknown(argv[1]);
	return command->run(argc - 1, argv + 1);
}
