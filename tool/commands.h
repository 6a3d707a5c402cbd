/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands, one file each. @argv[0] is the command's name; each returns an
 * exit code of exit.h and has printed why if that is not 0.
 */
#ifndef TWINCTL_COMMANDS_H
#define TWINCTL_COMMANDS_H

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
int command_dump(int argc, char **argv);
int command_wait(int argc, char **argv);
int command_top(int argc, char **argv);
int command_events(int argc, char **argv);
int command_metrics(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
