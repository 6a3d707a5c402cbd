// SPDX-License-Identifier: GPL-2.0-only
/* twinctl list: the twins of this machine. */
#include <linux/twinos.h>
#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "twins.h"
#include "table.h"

static const struct args_option options[] = {
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args list_args = {
	.command = "list",
	.operands = "",
	.help = "Show the twins of this machine, one a line.",
	.options = options,
};

static void add_row(struct table *table, const struct twinos_status *status)
{
	char cpus[TWINS_CPUS_SIZE], memory[TWINS_TEXT_SIZE];
	char age[TWINS_TEXT_SIZE], owner[TWINS_TEXT_SIZE];

	snprintf(owner, sizeof(owner), "%d", (int)status->owner);
	TABLE_ROW(table, status->name, twinos_state_name(status->state),
		  status->reason == TWINOS_REASON_NONE ?
			  "-" :
			  twinos_reason_name(status->reason),
		  twins_cpus(cpus, sizeof(cpus), status->cpus, status->nr_cpus),
		  twins_size(memory, sizeof(memory), status->memory),
		  twins_age(age, sizeof(age), status->age_ms), owner,
		  twins_mode(status->shared));
}

static int print_table(const struct twinos_status *list, size_t nr)
{
	struct table table = { 0 };
	size_t i;

	TABLE_ROW(&table, "NAME", "STATE", "REASON", "CPUS", "MEMORY", "AGE",
		  "OWNER", "MODE");
	for (i = 0; i < nr; i++)
		add_row(&table, &list[i]);
	return table_print(&table);
}

static int print_json(const struct twinos_status *list, size_t nr)
{
	json_t *twins = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(twins, twins_json(&list[i]));
	return output_object(json_pack("{s:o}", "twins", twins),
			     JSON_INDENT(2));
}

int command_list(int argc, char **argv)
{
	struct twinos_status *list;
	struct twinos_error err;
	size_t nr;
	int code;

	if (!args_parse(&list_args, NULL, &argc, &argv, &code))
		return code;
	if (twinos_list(&list, &nr, &err))
		return fail(&err);
	code = output_json ? print_json(list, nr) : print_table(list, nr);
	twinos_list_free(list, nr);
	return code;
}
