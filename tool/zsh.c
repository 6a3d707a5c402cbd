// SPDX-License-Identifier: GPL-2.0-only
/* The completion of zsh: the arguments of _arguments, and what tool/completion.zsh calls. */
#include <stdio.h>
#include <string.h>

#include "completion.h"

COMPLETION_TEXT(zsh_text, "tool/completion.zsh");

/* Everything stands in single quotes. */
#define APOSTROPHE "'\\''"

static void print_command(const struct completion_key *key)
{
	if (!key->command || key->sub)
		return;
	printf("\t\t'%s:", key->name);
	completion_print_gist(key->command->help, "", APOSTROPHE);
	puts("'");
}

static void print_commands(void)
{
	puts("\n_twinctl_commands() {\n\tlocal -a commands=(");
	completion_each_key(print_command);
	puts("\t)\n\t_describe -t commands command commands\n}");
}

static void print_sub(const struct completion_key *key)
{
	if (key->sub)
		printf("\t'%s') ;;\n", key->name);
}

static void print_subs(void)
{
	puts("\n_twinctl_has_sub() { # COMMAND WORD\n\tcase \"$1 $2\" in");
	completion_each_key(print_sub);
	puts("\t*) return 1 ;;\n\tesac\n}");
}

/* ---- kinds of devices -------------------------------------------------------- */

static void print_how(const struct completion_key *key,
		      const struct args_option *row)
{
	(void)key;
	if (!row->device)
		return;
	printf("\t%s=) _twinctl_offer ", row->name);
	completion_print_offer(&row->offer, '\'');
	puts(" ;;");
}

static void print_devices(void)
{
	const struct completion_key run = { .command = commands_find("run") };

	puts("\n_twinctl_device_kinds() {");
	printf("\t_twinctl_words device");
	completion_each_option(&run, completion_print_device);
	puts("\n}\n\n_twinctl_device_how() { # KIND=\n\tcase $1 in");
	completion_each_option(&run, print_how);
	puts("\tesac\n}");
}

/* ---- arguments ------------------------------------------------------------------ */

/* The message ends at a colon, and the action behind it is a call. */
static void print_offer(const char *message, const struct args_offer *offer)
{
	putchar(':');
	for (; *message; message++)
		printf("%s%c", *message == ':' ? "\\" : "", *message);
	printf(": ");
	if (offer->kinds || offer->words || offer->parts) {
		printf("_twinctl_offer ");
		completion_print_offer(offer, '"');
	}
	putchar('\'');
}

/* Of an option with two names only one may be given. */
static void print_exclusion(const struct args_option *row)
{
	if (completion_is_alone(row)) {
		printf("(- : *)");
	} else if (row->repeatable) {
		putchar('*');
	} else if (row->alias || row->letter) {
		printf("(--%s", row->name);
		if (row->alias)
			printf(" --%s", row->alias);
		if (row->letter)
			printf(" -%c", row->letter);
		putchar(')');
	}
}

static void print_spec(const struct args_option *row, const char *name,
		       const char *joint)
{
	printf(" \\\n\t\t\t'");
	print_exclusion(row);
	printf("%s%s[", name, row->value ? joint : "");
	completion_print_gist(row->help, "[]\\", APOSTROPHE);
	printf("]%s", row->optional ? ":" : "");
	if (row->value)
		print_offer(row->value, &row->offer);
	else
		putchar('\'');
}

static void print_option(const struct completion_key *key,
			 const struct args_option *row)
{
	const char *joint = row->optional ? "=-" : "=";
	char name[64];

	(void)key;
	snprintf(name, sizeof(name), "--%s", row->name);
	print_spec(row, name, joint);
	if (row->alias) {
		snprintf(name, sizeof(name), "--%s", row->alias);
		print_spec(row, name, joint);
	}
	if (row->letter) {
		snprintf(name, sizeof(name), "-%c", row->letter);
		print_spec(row, name, "+");
	}
}

static void print_places(const struct completion_key *key)
{
	size_t first = key->sub ? 2 : 1, i;

	if (key->sub)
		printf(" \\\n\t\t\t'1: : '");
	for (i = 0; i < key->nr_places; i++) {
		if (key->repeats && i == key->nr_places - 1)
			printf(" \\\n\t\t\t'*");
		else
			printf(" \\\n\t\t\t'%zu", first + i);
		print_offer(key->command->args->operands, &key->places[i]);
	}
}

static void print_key(const struct completion_key *key)
{
	if (!key->command)
		return;
	printf("\t'%s')\n\t\t_arguments -s -S", key->name);
	completion_each_option(key, print_option);
	print_places(key);
	puts("\n\t\t;;");
}

static void print_arguments(void)
{
	puts("\n_twinctl_arguments() { # KEY\n\tcase $1 in");
	completion_each_key(print_key);
	puts("\tesac\n}");
}

void completion_zsh(void)
{
	fputs(zsh_text, stdout);
	puts("\n# ---- the commands");
	print_commands();
	print_subs();
	print_devices();
	print_arguments();
	puts("\nif [[ $funcstack[1] = _twinctl ]]; then\n\t_twinctl \"$@\"\nelse\n"
	     "\tcompdef _twinctl twinctl\nfi");
}
