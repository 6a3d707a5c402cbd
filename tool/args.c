// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "exit.h"
#include "output.h"

/* getopt_long() returns FIRST_OPTION + the row's number. */
#define FIRST_OPTION 256
#define HELP 'h'

const struct args_option args_help = {
	.name = "help",
	.letter = HELP,
	.help = "show this and exit",
};

/* The column in which --help says what an option does. */
#define HELP_COLUMN 26

/**
 * struct parsing - the state of one args_parse()
 * @given: the row was seen
 * @mistake: the first one; the options behind it are still read, because
 *	--json may be among them
 */
struct parsing {
	const struct args *args;
	void *into;
	bool given[ARGS_MAX_OPTIONS];
	bool help;
	char mistake[600];
};

static int has_arg(const struct args_option *row)
{
	if (!row->value)
		return no_argument;
	return row->optional ? optional_argument : required_argument;
}

static void add_option(struct option *into, const char *name, int arg,
		       int value)
{
	into->name = name;
	into->has_arg = arg;
	into->flag = NULL;
	into->val = value;
}

static void make_getopt_table(const struct args *args, struct option *table)
{
	const struct args_option *row;
	int value = FIRST_OPTION;

	for (row = args->options; row->name; row++, value++) {
		add_option(table++, row->name, has_arg(row), value);
		if (row->alias)
			add_option(table++, row->alias, has_arg(row), value);
	}
	add_option(table++, "help", no_argument, HELP);
	memset(table, 0, sizeof(*table));
}

__attribute__((format(printf, 2, 3))) static void
mistake(struct parsing *parsing, const char *format, ...)
{
	va_list args;

	if (*parsing->mistake)
		return;
	va_start(args, format);
	vsnprintf(parsing->mistake, sizeof(parsing->mistake), format, args);
	va_end(args);
}

static void take_option(struct parsing *parsing, int nr, const char *value)
{
	const struct args_option *row = &parsing->args->options[nr];
	struct twinos_error err;

	if (parsing->given[nr] && !row->repeatable) {
		mistake(parsing, "option --%s is given twice", row->name);
		return;
	}
	parsing->given[nr] = true;
	if (row->set(parsing->into, value, &err))
		mistake(parsing, "option --%s: %s", row->name, err.text);
}

/* The number of the row with this letter, as getopt_long() has it for its name. */
static int find_letter(const struct args *args, int letter)
{
	const struct args_option *row;

	for (row = args->options; row->name; row++)
		if (row->letter == letter)
			return FIRST_OPTION + (int)(row - args->options);
	return letter;
}

/* getopt_long() leaves in optopt which known option was misused, if any. */
static void take_mistake(struct parsing *parsing, int ret, char **argv)
{
	int option = optopt ? find_letter(parsing->args, optopt) : 0;
	const struct args_option *row;

	if (option >= FIRST_OPTION) {
		row = &parsing->args->options[option - FIRST_OPTION];
		mistake(parsing,
			ret == ':' ? "option --%s needs a value" :
				     "option --%s takes no value",
			row->name);
	} else if (optopt == HELP && !strncmp(argv[optind - 1], "--", 2)) {
		mistake(parsing, "option --help takes no value");
	} else if (optopt) {
		mistake(parsing, "unknown option '-%c'", optopt);
	} else {
		mistake(parsing, "unknown or ambiguous option '%.64s'",
			argv[optind - 1]);
	}
}

static void make_letters(const struct args *args, char *letters)
{
	const struct args_option *row;

	letters += sprintf(letters, ":h");
	for (row = args->options; row->name; row++)
		if (row->letter)
			letters += sprintf(letters, "%c%s", row->letter,
					   row->value ? ":" : "");
	*letters = '\0';
}

static void take_options(struct parsing *parsing, int argc, char **argv)
{
	struct option table[2 * ARGS_MAX_OPTIONS + 2];
	char letters[2 * ARGS_MAX_OPTIONS + 3];
	int ret;

	make_getopt_table(parsing->args, table);
	make_letters(parsing->args, letters);
	optind = 1;
	while ((ret = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (ret != HELP && ret < FIRST_OPTION)
			ret = find_letter(parsing->args, ret);
		if (ret == HELP)
			parsing->help = true;
		else if (ret >= FIRST_OPTION)
			take_option(parsing, ret - FIRST_OPTION, optarg);
		else
			take_mistake(parsing, ret, argv);
	}
}

static void check_operands(struct parsing *parsing, int nr, char **operands)
{
	const struct args *args = parsing->args;

	if (nr < args->min_operands)
		mistake(parsing, "%s is missing", args->operands);
	if (nr > args->max_operands)
		mistake(parsing, "'%.64s' is one operand too many",
			operands[args->max_operands]);
}

/* Lines after the first one start in the column of the first. */
static void print_help_text(const char *text)
{
	size_t length;

	for (;;) {
		length = strcspn(text, "\n");
		printf("%.*s\n", (int)length, text);
		if (!text[length])
			return;
		text += length + 1;
		printf("%*s", HELP_COLUMN, "");
	}
}

static void print_option(const struct args_option *row)
{
	int column;

	column = printf("  --%s%s%s%s%s", row->name, row->alias ? ", --" : "",
			row->alias ? row->alias : "",
			row->value && !row->optional ? " " : "",
			row->value ? row->value : "");
	if (row->letter)
		column += printf(", -%c", row->letter);
	if (column >= HELP_COLUMN) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", HELP_COLUMN - column, "");
	print_help_text(row->help);
}

static void print_help(const struct args *args)
{
	const struct args_option *row;

	printf("Usage: twinctl %s [OPTION]...%s%s\n%s\n\nOptions:\n",
	       args->command, *args->operands ? " " : "", args->operands,
	       args->help);
	for (row = args->options; row->name; row++)
		print_option(row);
	print_option(&args_help);
}

bool args_parse(const struct args *args, void *into, int *argc, char ***argv,
		int *code)
{
	struct parsing parsing = { .args = args, .into = into };

	take_options(&parsing, *argc, *argv);
	*argc -= optind;
	*argv += optind;
	if (parsing.help) {
		print_help(args);
		*code = EXIT_OK;
		return false;
	}
	check_operands(&parsing, *argc, *argv);
	if (*parsing.mistake)
		*code = fail_usage(args->command, "%s", parsing.mistake);
	return !*parsing.mistake;
}

int args_set_json(void *into, const char *value, struct twinos_error *err)
{
	(void)into;
	(void)value;
	(void)err;
	output_json = true;
	return 0;
}
