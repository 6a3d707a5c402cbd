// SPDX-License-Identifier: GPL-2.0-only
/* The completion of bash: functions that set variables of tool/completion.bash. */
#include <stdio.h>

#include "completion.h"

COMPLETION_TEXT(bash_text, "tool/completion.bash");

static void print_name(const struct completion_key *key)
{
	if (key->command && !key->sub)
		printf("\n\t\t%s", key->name);
}

static void print_commands(void)
{
	printf("\n_twinctl_commands()\n{\n\tcommands=(");
	completion_each_key(print_name);
	puts("\n\t)\n}");
}

static void print_sub(const struct completion_key *key)
{
	if (key->sub)
		printf("\t'%s') ;;\n", key->name);
}

static void print_subs(void)
{
	puts("\n_twinctl_has_sub() # COMMAND WORD\n{\n\tcase \"$1 $2\" in");
	completion_each_key(print_sub);
	puts("\t*) return 1 ;;\n\tesac\n}");
}

/* ---- names of options -------------------------------------------------------- */

static void print_names(const struct args_option *row)
{
	printf("--%s", row->name);
	if (row->alias)
		printf(" --%s", row->alias);
	if (row->letter)
		printf(" -%c", row->letter);
}

static void print_option_names(const struct completion_key *key,
			       const struct args_option *row)
{
	(void)key;
	printf("\n\t\t\t");
	print_names(row);
}

static void print_key_options(const struct completion_key *key)
{
	printf("\t'%s')\n\t\toptions=(", key->name);
	completion_each_option(key, print_option_names);
	puts("\n\t\t)\n\t\t;;");
}

static void print_options(void)
{
	puts("\n_twinctl_options() # KEY\n{\n\toptions=()\n\tcase $1 in");
	completion_each_key(print_key_options);
	puts("\tesac\n}");
}

/* ---- what options and operands are --------------------------------------------- */

static void print_offer(const struct args_offer *offer)
{
	if (offer->kinds) {
		printf(" kinds=(");
		completion_print_kinds(offer->kinds);
		putchar(')');
	}
	if (offer->words) {
		printf(" words=(");
		completion_print_words(offer->words);
		putchar(')');
	}
	if (offer->parts) {
		printf(" parts=(");
		completion_print_words(offer->parts);
		putchar(')');
	}
}

static void print_option(const struct completion_key *key,
			 const struct args_option *row)
{
	printf("\t'%s --%s'", key->name, row->name);
	if (row->alias)
		printf(" | '%s --%s'", key->name, row->alias);
	if (row->letter)
		printf(" | '%s -%c'", key->name, row->letter);
	printf(")\n\t\tnames=(");
	print_names(row);
	printf(")%s%s%s%s",
	       !row->value   ? "" :
	       row->optional ? " argument=attached" :
			       " argument=needed",
	       row->repeatable ? " repeatable=y" : "",
	       row->device ? " device=y" : "",
	       completion_is_alone(row) ? " alone=y" : "");
	print_offer(&row->offer);
	puts("\n\t\t;;");
}

static void print_key_option(const struct completion_key *key)
{
	completion_each_option(key, print_option);
}

static void print_option_cases(void)
{
	puts("\n_twinctl_option() # KEY OPTION\n{\n"
	     "\tnames=(\"$2\") argument='' repeatable='' device='' alone=''\n"
	     "\tkinds=() words=() parts=()\n\tcase \"$1 $2\" in");
	completion_each_key(print_key_option);
	puts("\tesac\n}");
}

static void print_places(const struct completion_key *key)
{
	size_t i;

	for (i = 0; i < key->nr_places; i++) {
		if (key->repeats && i == key->nr_places - 1)
			printf("\t'%s '*)", key->name);
		else
			printf("\t'%s %zu')", key->name, i);
		print_offer(&key->places[i]);
		puts(" ;;");
	}
}

static void print_operands(void)
{
	puts("\n_twinctl_operand() # KEY PLACE\n{\n"
	     "\tkinds=() words=() parts=()\n\tcase \"$1 $2\" in");
	completion_each_key(print_places);
	puts("\t*) return 1 ;;\n\tesac\n}");
}

void completion_bash(void)
{
	fputs(bash_text, stdout);
	puts("\n# ---- the commands");
	print_commands();
	print_subs();
	print_options();
	print_option_cases();
	print_operands();
	puts("\ncomplete -o nospace -F _twinctl twinctl");
}
