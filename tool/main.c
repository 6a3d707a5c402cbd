// SPDX-License-Identifier: GPL-2.0-only
/* twinctl: finds the command. What it does stands in the command's own file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "exit.h"
#include "output.h"

struct command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
};

static int command_help(int argc, char **argv);

static const struct command commands[] = {
	{ "run", "start a twin and follow its log until it ends", command_run },
	{ "start", "start a twin and leave it running", command_start },
	{ "stop", "stop twins and wait until all is given back", command_stop },
	{ "shutdown", "have twins power off in order", command_shutdown },
	{ "list", "show the twins of this machine", command_list },
	{ "show", "show everything about one twin", command_show },
	{ "dmesg", "print a twin's kernel log", command_dmesg },
	{ "console", "work at a twin's terminal", command_console },
	{ "attach", "supervise a twin again", command_attach },
	{ "device", "show, add and remove a twin's virtio devices",
	  command_device },
	{ "exec", "run a command in a twin", command_exec },
	{ "cp", "copy files between the host and a twin", command_cp },
	{ "dump", "write a twin's memory to a file for crash(8)",
	  command_dump },
	{ "wait", "wait until a twin has ended", command_wait },
	{ "top", "show what all twins do, again and again", command_top },
	{ "events", "print what becomes of twins, as JSON lines",
	  command_events },
	{ "metrics", "print numbers of all twins for Prometheus",
	  command_metrics },
	{ "doctor", "tell whether this machine can run twins", command_doctor },
	{ "version", "show the versions of tool, library and module",
	  command_version },
	{ "help", "show this, or the help of a command", command_help },
	{ 0 },
};

static const struct command *find_command(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static int unknown_command(const char *name)
{
	return fail_usage(NULL, "there is no command '%.64s'", name);
}

static int print_help(void)
{
	const struct command *command;

	puts("Usage: twinctl COMMAND [OPTION]... [NAME]...\n"
	     "Run more than one Linux on this machine at once, each on its own "
	     "cores.\n\nCommands:");
	for (command = commands; command->name; command++)
		printf("  %-9s%s\n", command->name, command->help);
	puts("\n'twinctl COMMAND --help' shows a command's options; see also "
	     "twinctl(8).");
	return EXIT_OK;
}

static int command_help(int argc, char **argv)
{
	char *help[] = { argc > 1 ? argv[1] : NULL, (char[]){ "--help" },
			 NULL };
	const struct command *command;

	if (argc > 2)
		return fail_usage(NULL, "'%.64s' is one operand too many",
				  argv[2]);
	if (argc == 1 || help[0][0] == '-' || !strcmp(help[0], "help"))
		return print_help();
	command = find_command(help[0]);
	if (!command)
		return unknown_command(help[0]);
	return command->run(2, help);
}

int main(int argc, char **argv)
{
	const struct command *command;

	atexit(output_close);
	if (argc < 2)
		return fail_usage(NULL, "no command is given");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return command_version(1, argv + 1);
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return command->run(argc - 1, argv + 1);
}
