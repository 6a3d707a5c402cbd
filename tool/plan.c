// SPDX-License-Identifier: GPL-2.0-only
#include <linux/twinos.h>
#include <stdio.h>

#include "exit.h"
#include "output.h"
#include "plan.h"
#include "twins.h"
#include "table.h"

#define ADDRESS_SIZE 19

size_t plan_cpus(const struct twinos_plan *plan, unsigned int *cpus)
{
	size_t i;

	for (i = 0; i < plan->nr_cpus && i < TWINOS_MAX_CPUS; i++)
		cpus[i] = plan->cpus[i].cpu;
	return i;
}

static const char *entry_name(const struct twinos_plan *plan)
{
	return plan->how == TWINOS_ENTRY_ELF ? "elf" : "bzimage";
}

static const char *address(char *text, uint64_t value)
{
	snprintf(text, ADDRESS_SIZE, "0x%llx", (unsigned long long)value);
	return text;
}

static int print_cpus(const struct twinos_plan *plan)
{
	struct table table = { 0 };
	char cpu[16], apic_id[16];
	size_t i;

	TABLE_ROW(&table, "CPU", "APIC-ID");
	for (i = 0; i < plan->nr_cpus; i++) {
		snprintf(cpu, sizeof(cpu), "%u", plan->cpus[i].cpu);
		snprintf(apic_id, sizeof(apic_id), "0x%x",
			 plan->cpus[i].apic_id);
		TABLE_ROW(&table, cpu, apic_id);
	}
	return table_print(&table);
}

/* One row for @length bytes at @start; the last byte's address is shown. */
static void add_piece(struct table *table, const char *name, uint64_t start,
		      uint64_t length)
{
	char first[ADDRESS_SIZE], last[ADDRESS_SIZE], size[TWINS_TEXT_SIZE];

	TABLE_ROW(table, name, address(first, start),
		  address(last, length ? start + length - 1 : start),
		  twins_size(size, sizeof(size), length));
}

static int print_ranges(const struct twinos_plan *plan)
{
	struct table table = { 0 };
	size_t i;

	TABLE_ROW(&table, "MEMORY", "FIRST", "LAST", "SIZE");
	for (i = 0; i < plan->nr_ranges; i++)
		add_piece(&table, twins_range_kind(&plan->ranges[i]),
			  plan->ranges[i].start, plan->ranges[i].length);
	return table_print(&table);
}

static int print_segments(const char *title,
			  const struct twinos_segment *segments, size_t nr)
{
	struct table table = { 0 };
	size_t i;

	TABLE_ROW(&table, title, "FIRST", "LAST", "SIZE");
	for (i = 0; i < nr; i++)
		add_piece(&table, segments[i].name, segments[i].start,
			  segments[i].length);
	return table_print(&table);
}

static void print_mode(const struct twinos_plan *plan)
{
	printf("Mode:          %s\n", twins_mode(plan->shared));
	if (!plan->shared)
		return;
	printf("Slice:         %uus\n", plan->slice_us);
	printf("Guest module:  %s\n", plan->guest_module);
}

static void print_head(const struct twinos_plan *plan)
{
	printf("Name:          %s\n", plan->name);
	printf("Kernel:        %s\n", plan->kernel);
	printf("Version:       %s\n", *plan->version ? plan->version : "-");
	printf("Entered as:    %s\n", entry_name(plan));
	printf("Command line:  %s\n", plan->cmdline);
	print_mode(plan);
	printf("Entry:         0x%llx\n", (unsigned long long)plan->entry);
	printf("RSI:           0x%llx\n", (unsigned long long)plan->rsi);
	printf("CR3:           0x%llx\n", (unsigned long long)plan->cr3);
}

static int print_tables(const struct twinos_plan *plan)
{
	int code;

	print_head(plan);
	putchar('\n');
	code = print_cpus(plan);
	putchar('\n');
	code = code ? code : print_ranges(plan);
	putchar('\n');
	code = code ? code :
		      print_segments("SEGMENT", plan->segments,
				     plan->nr_segments);
	putchar('\n');
	return code ? code :
		      print_segments("ACPI-TABLE", plan->tables,
				     plan->nr_tables);
}

static json_t *json_cpus(const struct twinos_plan *plan)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < plan->nr_cpus; i++)
		json_array_append_new(
			array,
			json_pack("{s:I, s:I}", "cpu",
				  (json_int_t)plan->cpus[i].cpu, "apic_id",
				  (json_int_t)plan->cpus[i].apic_id));
	return array;
}

static json_t *json_ranges(const struct twinos_plan *plan)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < plan->nr_ranges; i++)
		json_array_append_new(array,
				      twins_json_range(&plan->ranges[i]));
	return array;
}

static json_t *json_segments(const struct twinos_segment *segments, size_t nr)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(
			array,
			json_pack("{s:s, s:I, s:I}", "name", segments[i].name,
				  "start", (json_int_t)segments[i].start,
				  "length", (json_int_t)segments[i].length));
	return array;
}

/* Not every twin has one. */
static json_t *json_slice(const struct twinos_plan *plan)
{
	return plan->shared ? json_integer(plan->slice_us) : json_null();
}

/* File names and command lines may be bytes that JSON can't hold: null then. */
static json_t *json_bytes(const char *text)
{
	json_t *string = json_string(text);

	return string ? string : json_null();
}

static json_t *json_plan(const struct twinos_plan *plan)
{
	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:I, "
		"s:I, s:o, s:o, s:o, s:o}",
		"name", plan->name, "mode", twins_mode(plan->shared),
		"slice_us", json_slice(plan), "guest_module",
		json_bytes(plan->guest_module), "kernel",
		json_bytes(plan->kernel), "version", json_bytes(plan->version),
		"entered_as", entry_name(plan), "cmdline",
		json_bytes(plan->cmdline), "entry", (json_int_t)plan->entry,
		"rsi", (json_int_t)plan->rsi, "cr3", (json_int_t)plan->cr3,
		"cpus", json_cpus(plan), "ranges", json_ranges(plan),
		"segments", json_segments(plan->segments, plan->nr_segments),
		"tables", json_segments(plan->tables, plan->nr_tables));
}

int plan_print(const struct twinos_plan *plan)
{
	if (output_json)
		return output_object(json_plan(plan), JSON_INDENT(2));
	return print_tables(plan);
}
