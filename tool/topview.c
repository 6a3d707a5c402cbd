// SPDX-License-Identifier: GPL-2.0-only
#include <linux/twinos.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stamp.h"
#include "topview.h"
#include "twins.h"

#define CELL_SIZE 16

/* With more CPUs than these their mean has to do. */
#define CPUS_SHOWN 3

#define ROW \
	"%-14.14s %-9.9s %-6.6s %-9.9s %6.6s %11.11s %11.11s %7.7s %7.7s %7.7s %6.6s"

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

static void format_busy(char text[CELL_SIZE], const struct rates_twin *twin)
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

void topview_head(char text[TOPVIEW_SIZE])
{
	snprintf(text, TOPVIEW_SIZE, ROW, "NAME", "STATE", "CPUS", "BUSY%",
		 "MEMORY", "NET in/out", "DISK in/out", "KICKS/s", "TURNS/s",
		 "IRQS/s", "SHARE%");
}

void topview_twin(char text[TOPVIEW_SIZE], const struct rates_twin *twin)
{
	const struct twinos_status *status = twin->status;
	char busy[CELL_SIZE], net[CELL_SIZE], disk[CELL_SIZE];
	char kicks[CELL_SIZE], turns[CELL_SIZE], irqs[CELL_SIZE];
	char share[CELL_SIZE];
	char cpus[TWINS_CPUS_SIZE], memory[TWINS_TEXT_SIZE];

	format_busy(busy, twin);
	format_bytes(net, twin->net_in, twin->net_out);
	format_bytes(disk, twin->disk_in, twin->disk_out);
	format_count(kicks, twin->kicks);
	format_count(turns, twin->turns);
	format_count(irqs, twin->interrupts);
	format_part(share, twin->share);
	snprintf(text, TOPVIEW_SIZE, ROW, status->name,
		 twinos_state_name(status->state),
		 twins_cpus(cpus, sizeof(cpus), status->cpus, status->nr_cpus),
		 busy, twins_size(memory, sizeof(memory), status->memory), net,
		 disk, kicks, turns, irqs, share);
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

void topview_cpus(char text[TOPVIEW_SIZE], const struct rates_twin *twin)
{
	char cell[CELL_SIZE];
	size_t i;

	snprintf(text, TOPVIEW_SIZE, "%s:", twin->status->name);
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
		"{s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", status->name, "state", twinos_state_name(status->state),
		"reason", twinos_reason_name(status->reason), "mode",
		twins_mode(status->shared), "cpus",
		twins_json_cpus(status->cpus, status->nr_cpus), "memory",
		(json_int_t)status->memory, "busy", number(twin->busy),
		"cpu_busy", json_cpus(twin), "net",
		traffic(twin->net_in, twin->net_out), "disk",
		traffic(twin->disk_in, twin->disk_out), "kicks",
		number(twin->kicks), "turns", number(twin->turns), "interrupts",
		number(twin->interrupts), "share", number(twin->share),
		"devices",
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
