// SPDX-License-Identifier: GPL-2.0-only
/* twinctl doctor: whether this machine can run twins, and why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "table.h"
#include "twins.h"

#define NAMES_SIZE 512

struct wanted {
	struct twinos_doctor_config config;
	bool shared;
};

static int set_shared(void *into, const char *value, struct twinos_error *err)
{
	struct wanted *wanted = into;

	(void)value;
	(void)err;
	wanted->shared = true;
	return 0;
}

static int set_try_memory(void *into, const char *value,
			  struct twinos_error *err)
{
	struct wanted *wanted = into;

	(void)value;
	(void)err;
	wanted->config.try_memory = true;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "shared",
	  .set = set_shared,
	  .help = "let the exit code speak of shared mode" },
	{ .name = "try-memory",
	  .set = set_try_memory,
	  .help = "take all memory that can be had, and give it back" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args doctor_args = {
	.command = "doctor",
	.operands = "",
	.help = "Tell whether this machine can run twins, and why not. Nothing is changed.",
	.options = options,
};

/* ---- for people ---------------------------------------------------------- */

static bool is_terminal(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

static const char *paint(char *text, size_t size, enum twinos_verdict verdict)
{
	static const char *const colours[] = {
		[TWINOS_VERDICT_OK] = "32",
		[TWINOS_VERDICT_NOTE] = "33",
		[TWINOS_VERDICT_UNKNOWN] = "35",
		[TWINOS_VERDICT_NO] = "31",
	};
	const char *name = twinos_verdict_name(verdict);

	if (is_terminal())
		snprintf(text, size, "\033[%sm%s\033[0m", colours[verdict],
			 name);
	else
		snprintf(text, size, "%s", name);
	return text;
}

static const char *modes(const struct twinos_finding *finding)
{
	if (finding->modes == TWINOS_MODE_DEDICATED)
		return twins_mode(false);
	return finding->modes == TWINOS_MODE_SHARED ? twins_mode(true) : "both";
}

static void add_rows(struct table *table, const struct twinos_finding *finding)
{
	char verdict[32], next[sizeof(finding->next) + 8];

	TABLE_ROW(table, finding->id,
		  paint(verdict, sizeof(verdict), finding->verdict),
		  modes(finding), finding->found);
	if (!*finding->next)
		return;
	snprintf(next, sizeof(next), "-> %s", finding->next);
	TABLE_ROW(table, "", "", "", next);
}

/* The checks because of which @mode is not a plain yes. */
static const char *reasons(char *text, size_t size,
			   const struct twinos_report *report,
			   unsigned int mode, enum twinos_verdict verdict)
{
	const struct twinos_finding *finding = report->findings;
	size_t i, used = 0;

	*text = '\0';
	if (verdict == TWINOS_VERDICT_OK)
		return text;
	for (i = 0; i < report->nr_findings; i++, finding++)
		if (finding->modes & mode && finding->verdict == verdict &&
		    (verdict == TWINOS_VERDICT_NO || finding->decisive) &&
		    used + strlen(finding->id) + 5 < size)
			used += (size_t)sprintf(text + used, "%s%s",
						used ? ", " : " (",
						finding->id);
	strcpy(text + used, ")");
	return text;
}

static const char *answer(enum twinos_verdict verdict)
{
	return verdict == TWINOS_VERDICT_OK ? "yes" :
					      twinos_verdict_name(verdict);
}

static void print_sum(const struct twinos_report *report)
{
	char dedicated[NAMES_SIZE], shared[NAMES_SIZE];

	printf("dedicated mode: %s%s; shared mode: %s%s\n",
	       answer(report->dedicated),
	       reasons(dedicated, sizeof(dedicated), report,
		       TWINOS_MODE_DEDICATED, report->dedicated),
	       answer(report->shared),
	       reasons(shared, sizeof(shared), report, TWINOS_MODE_SHARED,
		       report->shared));
}

static int print_table(const struct twinos_report *report)
{
	struct table table = { 0 };
	size_t i;
	int code;

	TABLE_ROW(&table, "CHECK", "VERDICT", "MODE", "FOUND");
	for (i = 0; i < report->nr_findings; i++)
		add_rows(&table, &report->findings[i]);
	code = table_print(&table);
	if (!code)
		print_sum(report);
	return code;
}

/* ---- for programs -------------------------------------------------------- */

static json_t *json_modes(const struct twinos_finding *finding)
{
	json_t *array = json_array();

	if (finding->modes & TWINOS_MODE_DEDICATED)
		json_array_append_new(array, json_string(twins_mode(false)));
	if (finding->modes & TWINOS_MODE_SHARED)
		json_array_append_new(array, json_string(twins_mode(true)));
	return array;
}

static json_t *json_finding(const struct twinos_finding *finding)
{
	return json_pack("{s:s, s:s, s:o, s:b, s:s, s:s?}", "id", finding->id,
			 "verdict", twinos_verdict_name(finding->verdict),
			 "modes", json_modes(finding), "decisive",
			 finding->decisive, "found", finding->found, "next",
			 *finding->next ? finding->next : NULL);
}

static int print_json(const struct twinos_report *report, bool tried)
{
	json_t *findings = json_array();
	size_t i;

	for (i = 0; i < report->nr_findings; i++)
		json_array_append_new(findings,
				      json_finding(&report->findings[i]));
	return output_object(json_pack("{s:o, s:b, s:s, s:s}", "findings",
				       findings, "memory_tried", tried,
				       "dedicated", answer(report->dedicated),
				       "shared", answer(report->shared)),
			     JSON_INDENT(2));
}

static int exit_code(enum twinos_verdict verdict)
{
	if (verdict == TWINOS_VERDICT_NO)
		return EXIT_UNFIT;
	return verdict == TWINOS_VERDICT_OK ? EXIT_OK : EXIT_UNKNOWN;
}

int command_doctor(int argc, char **argv)
{
	struct wanted wanted = { 0 };
	struct twinos_report *report;
	struct twinos_error err;
	int code;

	if (!args_parse(&doctor_args, &wanted, &argc, &argv, &code))
		return code;
	if (twinos_doctor(&wanted.config, &report, &err))
		return fail(&err);
	code = output_json ? print_json(report, wanted.config.try_memory) :
			     print_table(report);
	if (!code)
		code = exit_code(wanted.shared ? report->shared :
						 report->dedicated);
	twinos_report_free(report);
	return code;
}
