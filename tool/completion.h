/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The completion of shells. A script is the text of tool/completion.SHELL, which no
 * table changes, and behind it functions that tell what the commands are like.
 */
#ifndef TWINCTL_COMPLETION_H
#define TWINCTL_COMPLETION_H

#include "commands.h"

/**
 * struct completion_key - what stands before the rest of a command line
 * @name: a command, as "run", with its sub-command, as "device add"; or "": none yet
 * @command: NULL with ""
 * @sub: NULL if there is none, or none yet
 * @places: the operands behind it
 * @repeats: the last place stands for all behind it too
 */
struct completion_key {
	const char *name;
	const struct command *command;
	const struct args_sub *sub;
	const struct args_offer *places;
	size_t nr_places;
	bool repeats;
};

/* completion_each_key() - call @print for each */
void completion_each_key(void (*print)(const struct completion_key *key));

/* completion_each_option() - call @print for each that goes with @key */
void completion_each_option(const struct completion_key *key,
			    void (*print)(const struct completion_key *key,
					  const struct args_option *row));

/* completion_is_alone() - nothing may stand behind this option */
bool completion_is_alone(const struct args_option *row);

/*
 * completion_print_device() - for completion_each_option(): behind a space the kind of
 * device that the option gives, with '=' if it needs to be told more; else nothing
 */
void completion_print_device(const struct completion_key *key,
			     const struct args_option *row);

/* completion_print_kinds() - words divided by spaces; the scripts know them */
void completion_print_kinds(unsigned int kinds);

/* completion_print_words() - divided by spaces; @words may be NULL */
void completion_print_words(const char *const *words);

/* completion_print_offer() - "'KINDS' 'WORDS' 'PARTS'", with @quote for the quotes */
void completion_print_offer(const struct args_offer *offer, char quote);

/*
 * completion_print_gist() - of a help the part that fits beside an option, for a
 * string in single quotes: with a backslash before each character of @special, and
 * @apostrophe for each "'"
 */
void completion_print_gist(const char *help, const char *special,
			   const char *apostrophe);

/* COMPLETION_TEXT() - const char @name[], the text of @file */
#define COMPLETION_TEXT(name, file)                            \
	__asm__(".pushsection .rodata\n" #name ":\n"           \
		".incbin \"" file "\"\n.byte 0\n.popsection"); \
	extern const char name[]

void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

#endif
