// SPDX-License-Identifier: GPL-2.0-only
/* twinctl help: the commands, or what one of them says of itself. */
#include <stdio.h>

#include "commands.h"
#include "exit.h"

static const struct args_option options[] = {
	{ 0 },
};

const struct args help_args = {
	.command = "help",
	.operands = "[COMMAND]",
	.max_operands = 1,
	.help = "Show the commands, or the options of COMMAND.",
	.places = { { .kinds = ARGS_COMMAND } },
	.options = options,
};

int help_print(void)
{
	const struct command *command;

	puts("Usage: twinctl COMMAND [OPTION]... [NAME]...\n"
	     "Run more than one Linux on this machine at once, each on its own "
	     "cores.\n\nCommands:");
	for (command = commands; command->name; command++)
		printf("  %-12s%s\n", command->name, command->help);
	puts("\n'twinctl COMMAND --help' shows a command's options; see also "
	     "twinctl(8).");
	return EXIT_OK;
}

int command_help(int argc, char **argv)
{
	const struct command *command;
	int code;

	if (!args_parse(&help_args, NULL, &argc, &argv, &code))
		return code;
	if (!argc)
		return help_print();
	command = commands_find(argv[0]);
	if (!command)
		return commands_unknown(argv[0]);
	return command->run(2,
			    (char *[]){ argv[0], (char[]){ "--help" }, NULL });
}
