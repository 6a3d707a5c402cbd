/* SPDX-License-Identifier: GPL-2.0-only */
/* A command that runs for the host, and the ends of its pipes or of its terminal. */
#ifndef TWINOS_AGENT_COMMAND_H
#define TWINOS_AGENT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

/**
 * struct command_order - what is to be run
 * @argv: the command, looked for in PATH, and its arguments
 * @instead: run this function in the new process instead, which returns an errno if
 *	it returns at all; or NULL
 * @environment: NAME=VALUE each, added to that of every command
 * @directory: where to run it; NULL: root's home
 * @tty: on a terminal of its own, of @size if that is not 0
 */
struct command_order {
	char *const *argv;
	int (*instead)(void);
	char *const *environment;
	const char *directory;
	bool tty;
	struct winsize size;
};

/**
 * struct command
 * @pid: of the process, which leads its own session and process group
 * @in: where to write what it reads; -1: closed
 * @out: where to read what it writes...
 * @err: ...and what it complains of; -1 with a terminal
 * @held: with a terminal, its other end until the command has ended: one that closes all
 *	of its own is not to be hung up on before it is through; or -1
 * @tty: @in and @out are its terminal
 * @in_line: what was written last was no end of a line
 * @ended: it has, as @status of waitpid(2) says
 */
struct command {
	pid_t pid;
	int in, out, err, held;
	int status;
	bool tty;
	bool in_line;
	bool ended;
};

/*
 * command_start() - 0, or -errno if it does not run: @stage is TWINOS_AGENT_STAGE_RUN
 * if it is the command's own fault, else _REQUEST. No fd blocks.
 */
int command_start(struct command *command, const struct command_order *order,
		  unsigned int *stage);

/* command_write() - to its standard input; as write(2), but -errno */
ssize_t command_write(struct command *command, const void *data, size_t size);

/* command_end_input() - as the end of a file, or as Ctrl-D; 0 or -EAGAIN */
int command_end_input(struct command *command);

void command_resize(const struct command *command, const struct winsize *size);

/* command_signal() - to its process group, and to what its terminal shows */
void command_signal(const struct command *command, int number);

/* command_reap() - true if it has just ended */
bool command_reap(struct command *command);

/* command_hang_up() - nobody is there any more who wants its output */
void command_hang_up(const struct command *command);

#endif
