// SPDX-License-Identifier: GPL-2.0-only
/* twinctl completion: what makes a shell complete the words of twinctl. */
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "exit.h"
#include "output.h"

#define MAX_SUBS 8

struct shell {
	const char *name;
	void (*print)(void);
};

static const struct shell shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
	{ 0 },
};

static const struct args_option options[] = {
	{ 0 },
};

const struct args completion_args = {
	.command = "completion",
	.operands = "bash|zsh|fish",
	.min_operands = 1,
	.max_operands = 1,
	.help = "Print a script for a shell, which then completes commands, "
		"options and names of\ntwins. 'make install' puts them where "
		"the shells look; to try one in bash:\n"
		"  . <(twinctl completion bash)",
	.places = { { .words = ARGS_WORDS("bash", "zsh", "fish") } },
	.options = options,
};

/* ---- what is before the rest ---------------------------------------------- */

/* main() takes these instead of a command. */
static const struct args_option top_options[] = {
	{ .name = "version", .letter = 'V', .help = "show the versions" },
	{ 0 },
};

static const struct args_offer top_places[] = { { .kinds = ARGS_COMMAND } };

static bool is_something(const struct args_offer *offer)
{
	return offer->kinds || offer->words || offer->parts;
}

static size_t count_places(const struct args_offer *places)
{
	size_t nr = 0;

	while (nr < ARGS_PLACES && is_something(&places[nr]))
		nr++;
	return nr;
}

static void print_command(const struct command *command,
			  void (*print)(const struct completion_key *key))
{
	const struct args *args = command->args;
	struct completion_key key = {
		.name = command->name,
		.command = command,
		.places = args->places,
		.nr_places = count_places(args->places),
	};

	key.repeats = key.nr_places &&
		      (size_t)args->max_operands > key.nr_places;
	print(&key);
}

static void print_sub(const struct command *command, const struct args_sub *sub,
		      void (*print)(const struct completion_key *key))
{
	char name[64];
	struct completion_key key = {
		.name = name,
		.command = command,
		.sub = sub,
		.places = sub->places,
		.nr_places = count_places(sub->places),
	};

	snprintf(name, sizeof(name), "%s %s", command->name, sub->name);
	print(&key);
}

/* Before a sub-command, it is the operand. */
static void print_subs(const struct command *command,
		       void (*print)(const struct completion_key *key))
{
	const struct args_sub *sub = command->args->subs;
	const char *words[MAX_SUBS + 1] = { 0 };
	struct args_offer place = { .words = words };
	size_t i;

	for (i = 0; i < MAX_SUBS && sub[i].name; i++)
		words[i] = sub[i].name;
	print(&(struct completion_key){ .name = command->name,
					.command = command,
					.places = &place,
					.nr_places = 1 });
	for (; sub->name; sub++)
		print_sub(command, sub, print);
}

void completion_each_key(void (*print)(const struct completion_key *key))
{
	const struct command *command;

	print(&(struct completion_key){
		.name = "", .places = top_places, .nr_places = 1 });
	for (command = commands; command->name; command++)
		if (command->args->subs)
			print_subs(command, print);
		else
			print_command(command, print);
}

void completion_each_option(const struct completion_key *key,
			    void (*print)(const struct completion_key *key,
					  const struct args_option *row))
{
	const struct args_option *row =
		key->command ? key->command->args->options : top_options;

	for (; row->name; row++)
		if (!row->only || !key->sub ||
		    !strcmp(row->only, key->sub->name))
			print(key, row);
	print(key, &args_help);
}

bool completion_is_alone(const struct args_option *row)
{
	return row == &args_help || row == top_options;
}

/* ---- what a place may hold ------------------------------------------------- */

void completion_print_device(const struct completion_key *key,
			     const struct args_option *row)
{
	(void)key;
	if (row->device)
		printf(" %s%s", row->name,
		       row->value && !row->optional ? "=" : "");
}

void completion_print_kinds(unsigned int kinds)
{
	static const char *const names[] = { "file",	  "directory", "twin",
					     "twin-path", "cpu",       "cpus",
					     "command",	  "device" };
	const char *space = "";
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(kinds & 1U << i))
			continue;
		printf("%s%s", space, names[i]);
		space = " ";
	}
}

void completion_print_words(const char *const *words)
{
	const char *space = "";

	for (; words && *words; words++) {
		printf("%s%s", space, *words);
		space = " ";
	}
}

void completion_print_offer(const struct args_offer *offer, char quote)
{
	putchar(quote);
	completion_print_kinds(offer->kinds);
	printf("%c %c", quote, quote);
	completion_print_words(offer->words);
	printf("%c %c", quote, quote);
	completion_print_words(offer->parts);
	putchar(quote);
}

/* The first clause, without what is the case if the option is not given. */
static size_t gist_length(const char *help)
{
	static const char *const ends[] = { " (default", "\n(default" };
	size_t length = 0, depth = 0;

	for (; help[length]; length++) {
		if (!strncmp(help + length, ends[0], strlen(ends[0])) ||
		    !strncmp(help + length, ends[1], strlen(ends[1])) ||
		    (help[length] == ';' && !depth))
			break;
		depth += help[length] == '(';
		depth -= help[length] == ')' && depth;
	}
	return length;
}

void completion_print_gist(const char *help, const char *special,
			   const char *apostrophe)
{
	size_t length = gist_length(help), i;

	for (i = 0; i < length; i++) {
		if (help[i] == '\'') {
			fputs(apostrophe, stdout);
			continue;
		}
		if (strchr(special, help[i]))
			putchar('\\');
		putchar(help[i] == '\n' ? ' ' : help[i]);
	}
}

/* ---- the command ------------------------------------------------------------ */

int command_completion(int argc, char **argv)
{
	const struct shell *shell;
	int code;

	if (!args_parse(&completion_args, NULL, &argc, &argv, &code))
		return code;
	for (shell = shells; shell->name; shell++) {
		if (strcmp(shell->name, argv[0]))
			continue;
		shell->print();
		return EXIT_OK;
	}
	return fail_usage(completion_args.command,
			  "'%.64s' is none of bash, zsh, fish", argv[0]);
}
