// SPDX-License-Identifier: GPL-2.0-only
/* twinctl show: everything about one twin. */
#include <linux/twinos.h>
#include <stdio.h>
#include <time.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "twins.h"
#include "table.h"

static const struct args_option options[] = {
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args show_args = {
	.command = "show",
	.operands = "NAME",
	.min_operands = 1,
	.max_operands = 1,
	.help = "Show everything about one twin.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

static void print_head(const struct twinos_status *status)
{
	char text[TWINS_CPUS_SIZE];

	printf("Name:    %s\n", status->name);
	printf("State:   %s\n", twinos_state_name(status->state));
	printf("Reason:  %s\n", status->reason == TWINOS_REASON_NONE ?
					"-" :
					twinos_reason_name(status->reason));
	printf("CPUs:    %s\n",
	       twins_cpus(text, sizeof(text), status->cpus, status->nr_cpus));
	printf("Memory:  %s\n", twins_size(text, sizeof(text), status->memory));
	printf("Age:     %s\n", twins_age(text, sizeof(text), status->age_ms));
	printf("Starts:  %llu\n", (unsigned long long)status->starts);
	printf("Owner:   %d\n", (int)status->owner);
	printf("Mode:    %s\n", twins_mode(status->shared));
}

static void print_number(const char *name, uint64_t number)
{
	printf("  %-20s %llu\n", name, (unsigned long long)number);
}

static void print_seconds(const char *name, uint64_t ns)
{
	printf("  %-20s %llu.%06llus\n", name,
	       (unsigned long long)(ns / 1000000000),
	       (unsigned long long)(ns / 1000 % 1000000));
}

static void print_vcpu(const struct twinos_status *status)
{
	const struct twinos_vcpu *vcpu = &status->vcpu;

	printf("\nThread twin/%s:\n", status->name);
	print_number("Process:", (uint64_t)vcpu->pid);
	printf("  %-20s %uus\n", "Slice:", vcpu->slice_us);
	print_number("Turns:", vcpu->switches);
	print_seconds("CPU time:", vcpu->run_ns);
	print_seconds("  for switching:", vcpu->switch_ns);
	print_seconds("Steal time:", vcpu->steal_ns);
	print_number("Host's interrupts:", vcpu->forwarded);
	print_number("  given to it again:", vcpu->reraised);
	print_number("  of no irq:", vcpu->unclaimed);
}

static void print_bells(const struct twinos_bells *bells)
{
	puts("\nNotifications:");
	print_number("Kicks:", bells->kicks);
	print_number("  found late:", bells->kicks_helped);
	print_number("Calls rung once more:", bells->calls_helped);
	print_number("Of bad targets:", bells->bad_targets);
}

static void print_change(const struct twinos_change *change)
{
	time_t seconds = (time_t)(change->time_ms / 1000);
	char when[32];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%F %T", &tm);
	printf("  %s.%03d  %s", when, (int)(change->time_ms % 1000),
	       twinos_state_name(change->state));
	if (change->reason != TWINOS_REASON_NONE)
		printf(" (%s)", twinos_reason_name(change->reason));
	putchar('\n');
}

static void print_changes(const struct twinos_status *status)
{
	size_t i;

	puts("\nChanges of state:");
	for (i = 0; i < status->nr_changes; i++)
		print_change(&status->changes[i]);
}

static int print_ranges(const struct twinos_status *status)
{
	char first[32], last[32], size[TWINS_TEXT_SIZE];
	const struct twinos_range *range;
	struct table table = { 0 };
	size_t i;

	TABLE_ROW(&table, "MEMORY", "FIRST", "LAST", "SIZE");
	for (i = 0; i < status->nr_ranges; i++) {
		range = &status->ranges[i];
		snprintf(first, sizeof(first), "0x%llx",
			 (unsigned long long)range->start);
		snprintf(
			last, sizeof(last), "0x%llx",
			(unsigned long long)(range->start + range->length - 1));
		TABLE_ROW(&table, twins_range_kind(range), first, last,
			  twins_size(size, sizeof(size), range->length));
	}
	return table_print(&table);
}

static int print(const struct twinos_status *status)
{
	if (output_json)
		return output_object(twins_json(status), JSON_INDENT(2));
	print_head(status);
	if (status->shared)
		print_vcpu(status);
	print_bells(&status->bells);
	print_changes(status);
	putchar('\n');
	return print_ranges(status);
}

int command_show(int argc, char **argv)
{
	const struct twinos_status *status;
	struct twinos_status *list;
	struct twinos_error err;
	size_t nr;
	int code;

	if (!args_parse(&show_args, NULL, &argc, &argv, &code))
		return code;
	if (parse_name(argv[0], &err))
		return fail_usage(show_args.command, "%s", err.text);
	code = twins_find(argv[0], &list, &nr, &status);
	if (code)
		return code;
	code = print(status);
	twinos_list_free(list, nr);
	return code;
}
