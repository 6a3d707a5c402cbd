// SPDX-License-Identifier: GPL-2.0-only
/* The completion of fish: calls of complete(1), and what tool/completion.fish calls. */
#include <stdio.h>

#include "completion.h"

COMPLETION_TEXT(fish_text, "tool/completion.fish");

static void print_description(const char *help)
{
	printf(" -d '");
	completion_print_gist(help, "\\", "\\'");
	puts("'");
}

/* ---- functions --------------------------------------------------------------- */

static void print_command(const struct completion_key *key)
{
	if (!key->command || key->sub)
		return;
	printf("    printf '%%s\\t%%s\\n' %s '", key->name);
	completion_print_gist(key->command->help, "\\", "\\'");
	puts("'");
}

static void print_sub(const struct completion_key *key)
{
	if (key->sub)
		printf(" '%s'", key->name);
}

static void print_functions(void)
{
	puts("\nfunction __twinctl_commands");
	completion_each_key(print_command);
	printf("end\n\nfunction __twinctl_has_sub # COMMAND WORD\n"
	       "    contains -- \"$argv\"");
	completion_each_key(print_sub);
	puts("\nend");
}

static void print_valued(const struct completion_key *key,
			 const struct args_option *row)
{
	(void)key;
	if (!row->value || row->optional)
		return;
	printf(" --%s", row->name);
	if (row->alias)
		printf(" --%s", row->alias);
	if (row->letter)
		printf(" -%c", row->letter);
}

static void print_key_valued(const struct completion_key *key)
{
	printf("        case '%s'\n            printf '%%s\\n' -", key->name);
	completion_each_option(key, print_valued);
	putchar('\n');
}

/* "-" is no option, and printf(1) needs something. */
static void print_valued_options(void)
{
	puts("\n# Those whose value is the next word.\n"
	     "function __twinctl_valued -a key\n    switch $key");
	completion_each_key(print_key_valued);
	puts("    end\nend");
}

static void print_how(const struct completion_key *key,
		      const struct args_option *row)
{
	(void)key;
	if (!row->device)
		return;
	printf("        case %s\n            printf '%%s\\n' ", row->name);
	completion_print_offer(&row->offer, '\'');
	putchar('\n');
}

static void print_devices(void)
{
	const struct completion_key run = { .command = commands_find("run") };

	puts("\nfunction __twinctl_device_kinds");
	printf("    printf '%%s\\n'");
	completion_each_option(&run, completion_print_device);
	puts("\nend\n\nfunction __twinctl_device_how -a kind\n"
	     "    switch $kind");
	completion_each_option(&run, print_how);
	puts("    end\nend");
}

/* ---- completions ------------------------------------------------------------- */

static void print_offer(const struct args_offer *offer)
{
	if (!offer->kinds && !offer->words && !offer->parts)
		return;
	printf(" -a '(__twinctl_offer ");
	completion_print_offer(offer, '"');
	printf(")'");
}

static void print_option(const struct completion_key *key,
			 const struct args_option *row)
{
	printf("complete -c twinctl -n '__twinctl_wants \"%s\"", key->name);
	printf(" %s --%s", row->repeatable ? "again" : "once", row->name);
	if (row->alias)
		printf(" --%s", row->alias);
	if (row->letter)
		printf(" -%c", row->letter);
	printf("' -l %s", row->name);
	if (row->alias)
		printf(" -l %s", row->alias);
	if (row->letter)
		printf(" -s %c", row->letter);
	if (row->value)
		printf(row->optional ? " -f" : " -x");
	print_offer(&row->offer);
	print_description(row->help);
}

static void print_place(const struct completion_key *key, size_t nr)
{
	printf("complete -c twinctl -n '__twinctl_at \"%s\" %zu%s'", key->name,
	       nr, key->repeats && nr == key->nr_places - 1 ? "+" : "");
	print_offer(&key->places[nr]);
	putchar('\n');
}

static void print_key(const struct completion_key *key)
{
	size_t i;

	completion_each_option(key, print_option);
	for (i = 0; i < key->nr_places; i++)
		print_place(key, i);
}

void completion_fish(void)
{
	fputs(fish_text, stdout);
	puts("\n# ---- the commands");
	print_functions();
	print_valued_options();
	print_devices();
	puts("\ncomplete -c twinctl -f");
	completion_each_key(print_key);
}
