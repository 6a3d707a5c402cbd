// SPDX-License-Identifier: GPL-2.0-only
#include <linux/twinos.h>

#include "prometheus.h"
#include "twins.h"

#define NS 1e-9

/**
 * struct family - a metric of each twin
 * @name: behind "twinos_twin_"
 * @shared: of twins in shared mode only
 * @value: below 0: it has none now
 */
struct family {
	const char *name;
	const char *type;
	const char *help;
	bool shared;
	double (*value)(const struct twinos_status *twin);
};

/* ---- the format ---- */

static void write_head(FILE *file, const char *name, const char *type,
		       const char *help)
{
	fprintf(file, "# HELP twinos_%s %s\n# TYPE twinos_%s %s\n", name, help,
		name, type);
}

static void write_label(FILE *file, char before, const char *name,
			const char *value)
{
	fprintf(file, "%c%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", file);
			continue;
		}
		if (*value == '"' || *value == '\\')
			fputc('\\', file);
		fputc(*value, file);
	}
	fputc('"', file);
}

/* What a double holds exactly of a count is written exactly. */
static void write_value(FILE *file, double value)
{
	fprintf(file, "} %.15g\n", value);
}

/* ---- states ---- */

static void write_states(FILE *file, const struct twinos_status *twins,
			 size_t nr)
{
	unsigned int state;
	size_t i, count;

	write_head(file, "twins", "gauge", "How many twins are in this state.");
	for (state = 0; state < TWINOS_GONE; state++) {
		for (i = 0, count = 0; i < nr; i++)
			count += twins[i].state == state;
		fputs("twinos_twins", file);
		write_label(file, '{', "state", twinos_state_name(state));
		write_value(file, (double)count);
	}
}

static void write_state(FILE *file, const struct twinos_status *twin)
{
	unsigned int state;

	for (state = 0; state < TWINOS_GONE; state++) {
		fputs("twinos_twin_state", file);
		write_label(file, '{', "name", twin->name);
		write_label(file, ',', "state", twinos_state_name(state));
		write_value(file, twin->state == state);
	}
}

static void write_info(FILE *file, const struct twinos_status *twin)
{
	fputs("twinos_twin_info", file);
	write_label(file, '{', "name", twin->name);
	write_label(file, ',', "mode", twins_mode(twin->shared));
	write_label(file, ',', "reason", twinos_reason_name(twin->reason));
	write_value(file, 1);
}

/* ---- numbers ---- */

#define VALUE(name, expression)                              \
	static double name(const struct twinos_status *twin) \
	{                                                    \
		return (expression);                         \
	}

VALUE(cpus, (double)twin->nr_cpus)
VALUE(memory, (double)twin->memory)
VALUE(age, (double)twin->age_ms / 1000)
VALUE(starts, (double)twin->starts)
VALUE(kicks, (double)twin->bells.kicks)
VALUE(kicks_helped, (double)twin->bells.kicks_helped)
VALUE(calls_helped, (double)twin->bells.calls_helped)
VALUE(bad_targets, (double)twin->bells.bad_targets)
VALUE(slice, twin->vcpu.slice_us * 1e-6)
VALUE(turns, (double)twin->vcpu.switches)
VALUE(run, (double)twin->vcpu.run_ns *NS)
VALUE(switching, (double)twin->vcpu.switch_ns *NS)
VALUE(steal, (double)twin->vcpu.steal_ns *NS)
VALUE(forwarded, (double)twin->vcpu.forwarded)
VALUE(reraised, (double)twin->vcpu.reraised)
VALUE(unclaimed, (double)twin->vcpu.unclaimed)

static const struct family families[] = {
	{ "cpus", "gauge", "CPUs that the twin has.", false, cpus },
	{ "memory_bytes", "gauge", "Memory that the twin has.", false, memory },
	{ "age_seconds", "gauge", "Time since the twin was started last.",
	  false, age },
	{ "starts_total", "counter",
	  "How often the twin was started; one less is how often anew.", false,
	  starts },
	{ "kicks_total", "counter",
	  "How often the host has found notifications of the twin.", false,
	  kicks },
	{ "kicks_helped_total", "counter",
	  "Of these, those whose interrupt was lost or very late.", false,
	  kicks_helped },
	{ "calls_helped_total", "counter",
	  "How often the twin had to be notified once more.", false,
	  calls_helped },
	{ "bad_targets_total", "counter",
	  "How often the twin wanted to be notified where it can't be.", false,
	  bad_targets },
	{ "slice_seconds", "gauge", "How long the twin may run at a stretch.",
	  true, slice },
	{ "turns_total", "counter", "Turns of the twin on its CPU.", true,
	  turns },
	{ "run_seconds_total", "counter", "CPU time that the twin had.", true,
	  run },
	{ "switch_seconds_total", "counter",
	  "Part of the CPU time that went into the switches.", true,
	  switching },
	{ "steal_seconds_total", "counter",
	  "Time that the twin wanted the CPU and had to wait.", true, steal },
	{ "host_interrupts_total", "counter",
	  "Interrupts of the host that arrived in the twin's turns.", true,
	  forwarded },
	{ "host_interrupts_reraised_total", "counter",
	  "Of these, those that the host was given again.", true, reraised },
	{ "host_interrupts_unclaimed_total", "counter",
	  "Of these, those that belong to no irq of the host.", true,
	  unclaimed },
};

static bool has(const struct family *family, const struct twinos_status *twin)
{
	return (twin->shared || !family->shared) && family->value(twin) >= 0;
}

static void write_number(FILE *file, const struct family *family,
			 const struct twinos_status *twin)
{
	fprintf(file, "twinos_twin_%s", family->name);
	write_label(file, '{', "name", twin->name);
	write_value(file, family->value(twin));
}

/* A title without any value would be of no use. */
static void write_family(FILE *file, const struct family *family,
			 const struct twinos_status *twins, size_t nr)
{
	char name[64];
	bool begun = false;
	size_t i;

	snprintf(name, sizeof(name), "twin_%s", family->name);
	for (i = 0; i < nr; i++) {
		if (!has(family, &twins[i]))
			continue;
		if (!begun)
			write_head(file, name, family->type, family->help);
		begun = true;
		write_number(file, family, &twins[i]);
	}
}

static void write_all(FILE *file, const char *name, const char *help,
		      void (*write)(FILE *file,
				    const struct twinos_status *twin),
		      const struct twinos_status *twins, size_t nr)
{
	size_t i;

	if (nr)
		write_head(file, name, "gauge", help);
	for (i = 0; i < nr; i++)
		write(file, &twins[i]);
}

void prometheus_write(FILE *file, const struct twinos_status *twins, size_t nr)
{
	size_t i;

	write_states(file, twins, nr);
	write_all(file, "twin_state", "1 for the state that the twin is in.",
		  write_state, twins, nr);
	write_all(file, "twin_info", "Always 1; the labels tell.", write_info,
		  twins, nr);
	for (i = 0; i < sizeof(families) / sizeof(*families); i++)
		write_family(file, &families[i], twins, nr);
}
