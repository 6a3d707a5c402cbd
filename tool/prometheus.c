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
	double (*value)(const struct sample_twin *twin);
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

static void write_states(FILE *file, const struct sample_twin *twins, size_t nr)
{
	unsigned int state;
	size_t i, count;

	write_head(file, "twins", "gauge", "How many twins are in this state.");
	for (state = 0; state < TWINOS_GONE; state++) {
		for (i = 0, count = 0; i < nr; i++)
			count += twins[i].status.state == state;
		fputs("twinos_twins", file);
		write_label(file, '{', "state", twinos_state_name(state));
		write_value(file, (double)count);
	}
}

static void write_state(FILE *file, const struct sample_twin *twin)
{
	unsigned int state;

	for (state = 0; state < TWINOS_GONE; state++) {
		fputs("twinos_twin_state", file);
		write_label(file, '{', "name", twin->status.name);
		write_label(file, ',', "state", twinos_state_name(state));
		write_value(file, twin->status.state == state);
	}
}

static void write_info(FILE *file, const struct sample_twin *twin)
{
	fputs("twinos_twin_info", file);
	write_label(file, '{', "name", twin->status.name);
	write_label(file, ',', "mode", twins_mode(twin->status.shared));
	write_label(file, ',', "reason",
		    twinos_reason_name(twin->status.reason));
	write_value(file, 1);
}

/* ---- numbers ---- */

#define VALUE(name, expression)                            \
	static double name(const struct sample_twin *twin) \
	{                                                  \
		return (expression);                       \
	}

VALUE(cpus, (double)twin->status.nr_cpus)
VALUE(memory, (double)twin->status.memory)
VALUE(age, (double)twin->status.age_ms / 1000)
VALUE(starts, (double)twin->status.starts)
VALUE(kicks, (double)twin->status.bells.kicks)
VALUE(calls, (double)twin->status.bells.calls)
VALUE(kicks_helped, (double)twin->status.bells.kicks_helped)
VALUE(calls_helped, (double)twin->status.bells.calls_helped)
VALUE(bad_targets, (double)twin->status.bells.bad_targets)
VALUE(devices, twin->devices_known ? (double)twin->nr_devices : -1)
VALUE(slice, twin->status.vcpu.slice_us * 1e-6)
VALUE(turns, (double)twin->status.vcpu.switches)
VALUE(run, (double)twin->status.vcpu.run_ns *NS)
VALUE(switching, (double)twin->status.vcpu.switch_ns *NS)
VALUE(steal, (double)twin->status.vcpu.steal_ns *NS)
VALUE(forwarded, (double)twin->status.vcpu.forwarded)
VALUE(reraised, (double)twin->status.vcpu.reraised)
VALUE(unclaimed, (double)twin->status.vcpu.unclaimed)

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
	{ "calls_total", "counter", "How often the host has notified the twin.",
	  false, calls },
	{ "kicks_helped_total", "counter",
	  "Of the twin's notifications, those whose interrupt was lost or very late.",
	  false, kicks_helped },
	{ "calls_helped_total", "counter",
	  "How often the twin had to be notified once more.", false,
	  calls_helped },
	{ "bad_targets_total", "counter",
	  "How often the twin wanted to be notified where it can't be.", false,
	  bad_targets },
	{ "devices", "gauge", "Virtio devices that the twin has.", false,
	  devices },
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

static bool has(const struct family *family, const struct sample_twin *twin)
{
	return (twin->status.shared || !family->shared) &&
	       family->value(twin) >= 0;
}

static void write_number(FILE *file, const struct family *family,
			 const struct sample_twin *twin)
{
	fprintf(file, "twinos_twin_%s", family->name);
	write_label(file, '{', "name", twin->status.name);
	write_value(file, family->value(twin));
}

/* A title without any value would be of no use. */
static void write_family(FILE *file, const struct family *family,
			 const struct sample_twin *twins, size_t nr)
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

/* ---- what is told of each CPU and each device ---- */

static void write_cpu(FILE *file, const struct sample_twin *twin,
		      const struct twinos_cpu_times *cpu)
{
	const struct {
		const char *mode;
		uint64_t ns;
	} parts[] = {
		{ "idle", cpu->idle_ns },     { "user", cpu->user_ns },
		{ "system", cpu->system_ns }, { "irq", cpu->irq_ns },
		{ "steal", cpu->steal_ns },
	};
	char number[16];
	size_t i;

	snprintf(number, sizeof(number), "%u", cpu->cpu);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		fputs("twinos_twin_cpu_seconds_total", file);
		write_label(file, '{', "name", twin->status.name);
		write_label(file, ',', "cpu", number);
		write_label(file, ',', "mode", parts[i].mode);
		write_value(file, (double)parts[i].ns * NS);
	}
}

static void write_interrupts(FILE *file, const struct sample_twin *twin)
{
	char number[16];
	size_t i;

	for (i = 0; i < twin->nr_cpus; i++) {
		snprintf(number, sizeof(number), "%u", twin->cpus[i].cpu);
		fputs("twinos_twin_interrupts_total", file);
		write_label(file, '{', "name", twin->status.name);
		write_label(file, ',', "cpu", number);
		write_value(file, (double)twin->cpus[i].interrupts);
	}
}

static void write_cpus(FILE *file, const struct sample_twin *twin)
{
	size_t i;

	for (i = 0; i < twin->nr_cpus; i++)
		write_cpu(file, twin, &twin->cpus[i]);
}

static void write_device(FILE *file, const struct sample_twin *twin,
			 const struct sample_device *device, const char *metric,
			 const char *direction, uint64_t count)
{
	fprintf(file, "twinos_device_%s_total", metric);
	write_label(file, '{', "name", twin->status.name);
	write_label(file, ',', "device", device->name);
	write_label(file, ',', "kind", device->kind);
	write_label(file, ',', "direction", direction);
	write_value(file, (double)count);
}

static void write_bytes(FILE *file, const struct sample_twin *twin)
{
	const struct sample_device *device = twin->devices;
	size_t i;

	for (i = 0; i < twin->nr_devices; i++, device++) {
		if (!device->counted)
			continue;
		write_device(file, twin, device, "bytes", "in",
			     device->traffic.in_bytes);
		write_device(file, twin, device, "bytes", "out",
			     device->traffic.out_bytes);
	}
}

static void write_operations(FILE *file, const struct sample_twin *twin)
{
	const struct sample_device *device = twin->devices;
	size_t i;

	for (i = 0; i < twin->nr_devices; i++, device++) {
		if (!device->counted)
			continue;
		write_device(file, twin, device, "operations", "in",
			     device->traffic.in_ops);
		write_device(file, twin, device, "operations", "out",
			     device->traffic.out_ops);
	}
}

static bool is_there(const struct sample_twin *twin)
{
	(void)twin;
	return true;
}

static bool has_cpus(const struct sample_twin *twin)
{
	return twin->nr_cpus;
}

static bool has_traffic(const struct sample_twin *twin)
{
	size_t i;

	for (i = 0; i < twin->nr_devices; i++)
		if (twin->devices[i].counted)
			return true;
	return false;
}

/**
 * struct group - a metric with more than one value for a twin
 * @has: the twin has one
 */
struct group {
	const char *name;
	const char *type;
	const char *help;
	bool (*has)(const struct sample_twin *twin);
	void (*write)(FILE *file, const struct sample_twin *twin);
};

static const struct group groups[] = {
	{ "twin_state", "gauge", "1 for the state that the twin is in.",
	  is_there, write_state },
	{ "twin_info", "gauge", "Always 1; the labels tell.", is_there,
	  write_info },
	{ "twin_cpu_seconds_total", "counter",
	  "What a CPU of the twin has done with its time, by the twin's account.",
	  has_cpus, write_cpus },
	{ "twin_interrupts_total", "counter",
	  "Interrupts that a CPU of the twin took, by the twin's account.",
	  has_cpus, write_interrupts },
	{ "device_bytes_total", "counter",
	  "What the twin has got from a device (in) and given to it (out).",
	  has_traffic, write_bytes },
	{ "device_operations_total", "counter",
	  "How many requests or packets that was.", has_traffic,
	  write_operations },
};

static void write_group(FILE *file, const struct group *group,
			const struct sample_twin *twins, size_t nr)
{
	bool begun = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!group->has(&twins[i]))
			continue;
		if (!begun)
			write_head(file, group->name, group->type, group->help);
		begun = true;
		group->write(file, &twins[i]);
	}
}

void prometheus_write(FILE *file, const struct sample_twin *twins, size_t nr)
{
	size_t i;

	write_states(file, twins, nr);
	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		write_group(file, &groups[i], twins, nr);
	for (i = 0; i < sizeof(families) / sizeof(*families); i++)
		write_family(file, &families[i], twins, nr);
}
