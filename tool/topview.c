// SPDX-License-Identifier: GPL-2.0-only
#include <linux/twinos.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stamp.h"
#include "topview.h"
#include "twins.h"

#define CELL_SIZE 16

/* With more CPUs than these their mean has to do. */
#define CPUS_SHOWN 2

#define CPUS_WIDTH 5

/* For a name where there is little room. */
#define NAME_SIZE 12

/* ---- numbers ---- */

/* In three digits, or four characters with the unit. */
static void scale(char text[CELL_SIZE], double number, double step,
		  const char *units)
{
	while (number >= 999.5 && units[1]) {
		number /= step;
		units++;
	}
	if (number < 0)
		strcpy(text, "-");
	else if (*units == ' ')
		snprintf(text, CELL_SIZE, "%.0f", number);
	else
		snprintf(text, CELL_SIZE, number < 9.95 ? "%.1f%c" : "%.0f%c",
			 number, *units);
}

static void format_count(char text[CELL_SIZE], double number)
{
	scale(text, number, 1000, " kMGT");
}

static void format_part(char text[CELL_SIZE], double part)
{
	if (part < 0)
		strcpy(text, "-");
	else
		snprintf(text, CELL_SIZE, "%.0f", part * 100);
}

static void format_bytes(char text[CELL_SIZE], double in, double out)
{
	char into[CELL_SIZE], from[CELL_SIZE];

	if (in < 0 && out < 0) {
		strcpy(text, "-");
		return;
	}
	scale(into, in, 1024, " KMGT");
	scale(from, out, 1024, " KMGT");
	snprintf(text, CELL_SIZE, "%.5s/%.5s", into, from);
}

bool topview_is_bad(const struct twinos_status *status)
{
	return status->state == TWINOS_PANICKED ||
	       status->state == TWINOS_HUNG || status->state == TWINOS_LOST ||
	       status->reason == TWINOS_REASON_PANICKED ||
	       status->reason == TWINOS_REASON_HUNG ||
	       status->reason == TWINOS_REASON_FAILED;
}

/* ---- columns ---- */

/* What has no room is cut, and says so. */
static void cut(char text[CELL_SIZE], const char *whole, size_t width)
{
	snprintf(text, width + 1, "%.*s", (int)width, whole);
	if (strlen(whole) > width)
		text[width - 1] = '+';
}

/* Why it stopped tells more than that it did. */
static bool ended_badly(const struct twinos_status *status)
{
	return status->state == TWINOS_STOPPED && topview_is_bad(status);
}

static void state(char text[CELL_SIZE], const struct rates_twin *twin)
{
	cut(text,
	    ended_badly(twin->status) ?
		    twinos_reason_name(twin->status->reason) :
		    twinos_state_name(twin->status->state),
	    CELL_SIZE - 1);
}

static void cpus(char text[CELL_SIZE], const struct rates_twin *twin)
{
	char all[TWINS_CPUS_SIZE];

	twins_cpus(all, sizeof(all), twin->status->cpus, twin->status->nr_cpus);
	cut(text, all, CPUS_WIDTH);
}

static void busy(char text[CELL_SIZE], const struct rates_twin *twin)
{
	char cell[CELL_SIZE];
	size_t i;

	*text = '\0';
	if (!twin->nr_cpus || twin->nr_cpus > CPUS_SHOWN) {
		format_part(text, twin->nr_cpus ? twin->busy : RATES_NONE);
		return;
	}
	for (i = 0; i < twin->nr_cpus; i++) {
		format_part(cell, twin->cpus[i].busy);
		snprintf(text + strlen(text), CELL_SIZE - strlen(text), "%s%s",
			 i ? " " : "", cell);
	}
}

static void memory(char text[CELL_SIZE], const struct rates_twin *twin)
{
	twins_size(text, CELL_SIZE, twin->status->memory);
}

static void net(char text[CELL_SIZE], const struct rates_twin *twin)
{
	format_bytes(text, twin->net_in, twin->net_out);
}

static void disk(char text[CELL_SIZE], const struct rates_twin *twin)
{
	format_bytes(text, twin->disk_in, twin->disk_out);
}

static void irqs(char text[CELL_SIZE], const struct rates_twin *twin)
{
	format_count(text, twin->interrupts);
}

/* Both of them are known, or none. */
static void bells(char text[CELL_SIZE], const struct rates_twin *twin)
{
	format_count(text,
		     twin->kicks < 0 ? RATES_NONE : twin->kicks + twin->calls);
}

static void turns(char text[CELL_SIZE], const struct rates_twin *twin)
{
	format_count(text, twin->turns);
}

static void share(char text[CELL_SIZE], const struct rates_twin *twin)
{
	format_part(text, twin->share);
}

/* Behind the name; the first of these and it have 80 characters together. */
static const struct column {
	const char *title;
	int width; /* below 0: what is shorter stands at the left */
	void (*format)(char text[CELL_SIZE], const struct rates_twin *twin);
} columns[] = {
	{ "STATE", -9, state },	   { "CPUS", -CPUS_WIDTH, cpus },
	{ "BUSY%", 7, busy },	   { "MEMORY", 6, memory },
	{ "NET in/out", 10, net }, { "DISK rd/wr", 10, disk },
	{ "IRQS/s", 6, irqs },	   { "BELLS/s", 7, bells },
	{ "TURNS/s", 7, turns },   { "SHARE%", 6, share },
};

/* ---- lines ---- */

static size_t count_running(const struct rates *rates)
{
	size_t i, nr = 0;

	for (i = 0; i < rates->nr; i++)
		nr += rates->twins[i].status->state == TWINOS_RUNNING;
	return nr;
}

void topview_title(char text[TOPVIEW_SIZE], const struct rates *rates,
		   int64_t now)
{
	time_t seconds = (time_t)now;
	struct tm tm = { 0 };
	char when[32];

	localtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%T", &tm);
	snprintf(text, TOPVIEW_SIZE,
		 "twinctl top - %s, %zu twin%s, %zu running", when, rates->nr,
		 rates->nr == 1 ? "" : "s", count_running(rates));
}

__attribute__((format(printf, 2, 3))) static void
append(char text[TOPVIEW_SIZE], const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, TOPVIEW_SIZE - length, format, args);
	va_end(args);
}

#define NR_COLUMNS (sizeof(columns) / sizeof(*columns))

static int max(int a, int b)
{
	return a > b ? a : b;
}

struct topview_shape topview_shape(const struct rates *rates, int width)
{
	struct topview_shape shape = { .name = NAME_SIZE, .columns = width };
	int others = 0;
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++)
		others += 1 + abs(columns[i].width);
	for (i = 0; i < rates->nr; i++)
		shape.name = max(shape.name,
				 (int)strlen(rates->twins[i].status->name));
	if (width && shape.name > width - others)
		shape.name = max(NAME_SIZE, width - others);
	return shape;
}

/* @twin is NULL: the titles */
static void write_row(char text[TOPVIEW_SIZE],
		      const struct topview_shape *shape, const char *name,
		      const struct rates_twin *twin)
{
	const struct column *column;
	char cell[CELL_SIZE];

	snprintf(text, TOPVIEW_SIZE, "%-*.*s", shape->name, shape->name, name);
	if ((int)strlen(name) > shape->name)
		text[shape->name - 1] = '+';
	for (column = columns; column < columns + NR_COLUMNS; column++) {
		if (shape->columns &&
		    (int)strlen(text) + 1 + abs(column->width) > shape->columns)
			break;
		if (twin)
			column->format(cell, twin);
		append(text, " %*s", column->width,
		       twin ? cell : column->title);
	}
}

void topview_head(char text[TOPVIEW_SIZE], const struct topview_shape *shape)
{
	write_row(text, shape, "NAME", NULL);
}

void topview_twin(char text[TOPVIEW_SIZE], const struct topview_shape *shape,
		  const struct rates_twin *twin)
{
	write_row(text, shape, twin->status->name, twin);
}

void topview_cpus(char text[TOPVIEW_SIZE], const struct rates_twin *twin)
{
	char cell[CELL_SIZE];
	size_t i;

	snprintf(text, TOPVIEW_SIZE, "%s", twin->status->name);
	if (twin->status->reason)
		append(text, " (%s)", twinos_reason_name(twin->status->reason));
	append(text, ":");
	if (!twin->nr_cpus)
		append(text, " does not tell what its CPUs do");
	for (i = 0; i < twin->nr_cpus; i++) {
		format_part(cell, twin->cpus[i].busy);
		append(text, "%s CPU %u %s%s", i ? "," : "", twin->cpus[i].cpu,
		       cell, twin->cpus[i].busy < 0 ? "" : "%");
	}
	if (!twin->status->shared)
		return;
	format_part(cell, twin->share);
	append(text, "; had %s%% of its CPU", cell);
	format_count(cell, twin->turns);
	append(text, " in %s turns/s", cell);
	format_count(cell, twin->host_interrupts);
	append(text, " with %s interrupts/s of the host", cell);
}

/* ---- JSON ---- */

static json_t *number(double value)
{
	return value < 0 ? json_null() : json_real(value);
}

static json_t *traffic(double in, double out)
{
	if (in < 0 && out < 0)
		return json_null();
	return json_pack("{s:o, s:o}", "in_bytes", number(in), "out_bytes",
			 number(out));
}

static json_t *json_cpus(const struct rates_twin *twin)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < twin->nr_cpus; i++)
		json_array_append_new(array,
				      json_pack("{s:i, s:o}", "cpu",
						(int)twin->cpus[i].cpu, "busy",
						number(twin->cpus[i].busy)));
	return array;
}

/* Each number that has no other unit is one a second. */
static json_t *json_twin(const struct rates_twin *twin)
{
	const struct twinos_status *status = twin->status;

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", status->name, "state", twinos_state_name(status->state),
		"reason", twinos_reason_name(status->reason), "mode",
		twins_mode(status->shared), "cpus",
		twins_json_cpus(status->cpus, status->nr_cpus), "memory",
		(json_int_t)status->memory, "busy", number(twin->busy),
		"cpu_busy", json_cpus(twin), "net",
		traffic(twin->net_in, twin->net_out), "disk",
		traffic(twin->disk_in, twin->disk_out), "kicks",
		number(twin->kicks), "calls", number(twin->calls), "interrupts",
		number(twin->interrupts), "turns", number(twin->turns),
		"host_interrupts", number(twin->host_interrupts), "share",
		number(twin->share), "devices",
		twin->nr_devices < 0 ? json_null() :
				       json_integer(twin->nr_devices));
}

json_t *topview_json(const struct rates *rates, int64_t now_ms)
{
	json_t *twins = json_array();
	char time[STAMP_SIZE];
	size_t i;

	stamp_format(time, now_ms);
	for (i = 0; i < rates->nr; i++)
		json_array_append_new(twins, json_twin(&rates->twins[i]));
	return json_pack("{s:s, s:f, s:o}", "time", time, "seconds",
			 rates->seconds, "twins", twins);
}
