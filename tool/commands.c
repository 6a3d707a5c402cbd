// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "commands.h"
#include "output.h"

const struct command commands[] = {
	{ "run", "start a twin and follow its log until it ends", command_run,
	  &run_args },
	{ "start", "start a twin and leave it running", command_start,
	  &start_args },
	{ "stop", "stop twins and wait until all is given back", command_stop,
	  &stop_args },
	{ "shutdown", "have twins power off in order", command_shutdown,
	  &shutdown_args },
	{ "list", "show the twins of this machine", command_list, &list_args },
	{ "show", "show everything about one twin", command_show, &show_args },
	{ "dmesg", "print a twin's kernel log", command_dmesg, &dmesg_args },
	{ "console", "work at a twin's terminal", command_console,
	  &console_args },
	{ "attach", "supervise a twin again", command_attach, &attach_args },
	{ "device", "show, add and remove a twin's virtio devices",
	  command_device, &device_args },
	{ "exec", "run a command in a twin", command_exec, &exec_args },
	{ "cp", "copy files between the host and a twin", command_cp,
	  &cp_args },
	{ "mkinitrd", "make a small root for twins", command_mkinitrd,
	  &mkinitrd_args },
	{ "dump", "write a twin's memory to a file for crash(8)", command_dump,
	  &dump_args },
	{ "wait", "wait until a twin has ended", command_wait, &wait_args },
	{ "reserve", "set memory aside for twins at the next boot",
	  command_reserve, &reserve_args },
	{ "check", "tell whether files with twins' options are right",
	  command_check, &check_args },
	{ "top", "show what all twins do, again and again", command_top,
	  &top_args },
	{ "events", "print what becomes of twins, as JSON lines",
	  command_events, &events_args },
	{ "metrics", "print numbers of all twins for Prometheus",
	  command_metrics, &metrics_args },
	{ "doctor", "tell whether this machine can run twins", command_doctor,
	  &doctor_args },
	{ "version", "show the versions of tool, library and module",
	  command_version, &version_args },
	{ "completion", "print a shell's completion of these commands",
	  command_completion, &completion_args },
	{ "help", "show this, or the help of a command", command_help,
	  &help_args },
	{ 0 },
};

const struct command *commands_find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

int commands_unknown(const char *name)
{
	return fail_usage(NULL, "there is no command '%.64s'", name);
}
