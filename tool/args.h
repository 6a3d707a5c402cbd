/* SPDX-License-Identifier: GPL-2.0-only */
/* A command's options as a table: getopt_long(3) and --help are made from it. */
#ifndef TWINCTL_ARGS_H
#define TWINCTL_ARGS_H

#include "libtwinos.h"

/* More rows than any command has. */
#define ARGS_MAX_OPTIONS 64

/**
 * struct args_option - one row; a table ends with a row without a name
 * @name: "cpus" is given as --cpus
 * @alias: a second name, or NULL
 * @letter: "-t" is the same, or 0; only for options that take no value
 * @value: what --help calls the value; NULL: it takes none
 * @optional: the value may be left out, and is told as "--cpus=VALUE" otherwise
 * @help: may be several lines, divided by '\n'
 * @repeatable: may be given more than once
 * @call_only: says something of this one call: no key of twin.conf(5)
 * @set: put @value, NULL if there is none, into the command's own struct;
 *	-EINVAL with what is wrong with the value in @err
 */
struct args_option {
	const char *name;
	const char *alias;
	char letter;
	const char *value;
	bool optional;
	const char *help;
	bool repeatable;
	bool call_only;
	int (*set)(void *into, const char *value, struct twinos_error *err);
};

/**
 * struct args - a command's command line
 * @command: its name
 * @operands: what --help calls them; "" for none
 * @min_operands: how many there must be
 * @max_operands: how many there may be
 * @help: what it does, in lines divided by '\n'
 * @options: the table; --help is not in it
 */
struct args {
	const char *command;
	const char *operands;
	int min_operands;
	int max_operands;
	const char *help;
	const struct args_option *options;
};

/*
 * args_parse() - read the command line, @argv[0] is the command
 *
 * Returns true with the operands in @argc and @argv; or false, with the exit
 * code in @code, when there is nothing more to do: --help, or a mistake.
 */
bool args_parse(const struct args *args, void *into, int *argc, char ***argv,
		int *code);

/* args_set_json() - the --json of every command */
int args_set_json(void *into, const char *value, struct twinos_error *err);

#endif
