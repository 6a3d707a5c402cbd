/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands, one file each. @argv[0] is the command's name; each returns an
 * exit code of exit.h and has printed why if that is not 0.
 */
#ifndef TWINCTL_COMMANDS_H
#define TWINCTL_COMMANDS_H

#include "args.h"

/**
 * struct command - one row; the table ends with a row without a name
 * @help: one line
 * @args: its command line
 */
struct command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
	const struct args *args;
};

extern const struct command commands[];

/* commands_find() - NULL: there is none; and the mistake that this is, an exit code */
const struct command *commands_find(const char *name);
int commands_unknown(const char *name);

/* help_print() - what 'twinctl --help' shows; an exit code */
int help_print(void);

int command_run(int argc, char **argv);
int command_start(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_shutdown(int argc, char **argv);
int command_list(int argc, char **argv);
int command_show(int argc, char **argv);
int command_dmesg(int argc, char **argv);
int command_console(int argc, char **argv);
int command_attach(int argc, char **argv);
int command_device(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_cp(int argc, char **argv);
int command_mkinitrd(int argc, char **argv);
int command_dump(int argc, char **argv);
int command_wait(int argc, char **argv);
int command_reserve(int argc, char **argv);
int command_check(int argc, char **argv);
int command_top(int argc, char **argv);
int command_events(int argc, char **argv);
int command_metrics(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_version(int argc, char **argv);
int command_completion(int argc, char **argv);
int command_help(int argc, char **argv);

extern const struct args run_args;
extern const struct args start_args;
extern const struct args stop_args;
extern const struct args shutdown_args;
extern const struct args list_args;
extern const struct args show_args;
extern const struct args dmesg_args;
extern const struct args console_args;
extern const struct args attach_args;
extern const struct args device_args;
extern const struct args exec_args;
extern const struct args cp_args;
extern const struct args mkinitrd_args;
extern const struct args dump_args;
extern const struct args wait_args;
extern const struct args reserve_args;
extern const struct args check_args;
extern const struct args top_args;
extern const struct args events_args;
extern const struct args metrics_args;
extern const struct args doctor_args;
extern const struct args version_args;
extern const struct args completion_args;
extern const struct args help_args;

#endif
