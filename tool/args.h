/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command's command line as a table: getopt_long(3), --help and the completion
 * of shells are made from it.
 */
#ifndef TWINCTL_ARGS_H
#define TWINCTL_ARGS_H

#include "libtwinos.h"

/* What may be offered for a value or an operand: any of these. */
enum args_kind {
	ARGS_FILE = 1 << 0,
	ARGS_DIRECTORY = 1 << 1,
	ARGS_TWIN = 1 << 2, /* the name of one that is there */
	ARGS_TWIN_PATH = 1 << 3, /* such a name and a colon */
	ARGS_CPU = 1 << 4,
	ARGS_CPUS = 1 << 5, /* more than one, divided by commas */
	ARGS_COMMAND = 1 << 6, /* of this tool */
	ARGS_DEVICE = 1
		      << 7, /* KIND=HOW for an option --KIND HOW of a device */
};

/**
 * struct args_offer - what a shell offers in a place; all zero: nothing
 * @kinds: ARGS_FILE and so on
 * @words: fixed ones, the last one is NULL; or NULL
 * @parts: of what is divided by commas: the same for what stands behind a comma,
 *	and for the beginning if there is nothing else; "ro", or "name=" if more follows
 */
struct args_offer {
	unsigned int kinds;
	const char *const *words;
	const char *const *parts;
};

/* ARGS_WORDS() - a list of them */
#define ARGS_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* More rows than any command has. */
#define ARGS_MAX_OPTIONS 64

/**
 * struct args_option - one row; a table ends with a row without a name
 * @name: "cpus" is given as --cpus
 * @alias: a second name, or NULL
 * @letter: "-t" is the same, or 0; not where @optional
 * @value: what --help calls the value; NULL: it takes none
 * @optional: the value may be left out, and is told as "--cpus=VALUE" otherwise
 * @help: may be several lines, divided by '\n'
 * @offer: what the value may be
 * @only: the sub-command that it is for; NULL: any
 * @device: says what device the twin gets
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
	struct args_offer offer;
	const char *only;
	bool device;
	bool repeatable;
	bool call_only;
	int (*set)(void *into, const char *value, struct twinos_error *err);
};

/* As many operands of one command are told apart. */
#define ARGS_PLACES 3

/**
 * struct args_sub - a sub-command, which is a command's first operand
 * @places: what the operands behind it may be
 */
struct args_sub {
	const char *name;
	struct args_offer places[ARGS_PLACES];
};

/**
 * struct args - a command's command line
 * @command: its name
 * @operands: what --help calls them; "" for none
 * @min_operands: how many there must be
 * @max_operands: how many there may be
 * @help: what it does, in lines divided by '\n'
 * @places: what the operands may be; the last one that may be something speaks for
 *	all behind it
 * @subs: the last one has no name; NULL: it has no sub-commands
 * @options: the table; --help is not in it
 */
struct args {
	const char *command;
	const char *operands;
	int min_operands;
	int max_operands;
	const char *help;
	struct args_offer places[ARGS_PLACES];
	const struct args_sub *subs;
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

/* The --help of every command, which is in no table. */
extern const struct args_option args_help;

/* args_set_json() - the --json of every command */
int args_set_json(void *into, const char *value, struct twinos_error *err);

#endif
