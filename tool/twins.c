// SPDX-License-Identifier: GPL-2.0-only
#include <linux/twinos.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "twins.h"

int twins_find(const char *name, struct twinos_status **list, size_t *nr,
	       const struct twinos_status **status)
{
	struct twinos_error err;
	size_t i;

	if (twinos_list(list, nr, &err))
		return fail(&err);
	for (i = 0; i < *nr; i++) {
		if (strcmp((*list)[i].name, name))
			continue;
		*status = &(*list)[i];
		return EXIT_OK;
	}
	twinos_list_free(*list, *nr);
	return fail_with(EXIT_NAME,
			 "there is no twin '%s'; 'twinctl list' shows all",
			 name);
}

bool twins_ended(unsigned int state)
{
	return state == TWINOS_STOPPED || state == TWINOS_LOST ||
	       state == TWINOS_GONE;
}

bool twins_gone(unsigned int state)
{
	return state == TWINOS_LOST || state == TWINOS_GONE;
}

bool twins_down(unsigned int state)
{
	return state != TWINOS_RUNNING && state != TWINOS_HUNG;
}

static int end_code(unsigned int state, unsigned int reason)
{
	if (state == TWINOS_LOST)
		return EXIT_SYSTEM;
	if (reason == TWINOS_REASON_PANICKED)
		return EXIT_PANICKED;
	if (reason == TWINOS_REASON_HUNG)
		return EXIT_HUNG;
	if (reason == TWINOS_REASON_REQUEST || reason == TWINOS_REASON_HALTED ||
	    reason == TWINOS_REASON_REBOOTED)
		return EXIT_OK;
	return EXIT_SYSTEM;
}

static const char *end_text(unsigned int state, unsigned int reason)
{
	if (state == TWINOS_LOST)
		return "has a core that does not answer INIT: its cores and "
		       "memory are lost until this machine is reset";
	if (reason == TWINOS_REASON_PANICKED)
		return "has panicked";
	if (reason == TWINOS_REASON_HUNG)
		return "had a CPU that stood still for too long";
	if (reason == TWINOS_REASON_FAILED)
		return "could not be started";
	if (reason == TWINOS_REASON_CLOSED)
		return "was stopped because the process that held it ended";
	return "has ended for no known reason";
}

int twins_end(const char *name, unsigned int state, unsigned int reason)
{
	int code = end_code(state, reason), ret;

	if (output_json) {
		ret = output_object(json_pack("{s:s, s:s, s:s}", "name", name,
					      "state", twinos_state_name(state),
					      "reason",
					      twinos_reason_name(reason)),
				    JSON_COMPACT);
		return code ? code : ret;
	}
	if (code)
		fail_with(code, "twin '%s' %s", name, end_text(state, reason));
	return code;
}

json_t *twins_json_cpus(const unsigned int *cpus, size_t nr)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(array, json_integer(cpus[i]));
	return array;
}

json_t *twins_json_range(const struct twinos_range *range)
{
	return json_pack("{s:I, s:I, s:s}", "start", (json_int_t)range->start,
			 "length", (json_int_t)range->length, "kind",
			 twins_range_kind(range));
}

static json_t *json_ranges(const struct twinos_status *status)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < status->nr_ranges; i++)
		json_array_append_new(array,
				      twins_json_range(&status->ranges[i]));
	return array;
}

/* null stands for an age that there is not. */
static json_t *json_age(int64_t ms)
{
	return ms < 0 ? json_null() : json_integer(ms);
}

/* A hostile twin can count further than JSON's signed numbers. */
static json_t *json_count(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

/* null in dedicated mode, where there are no turns. */
static json_t *json_vcpu(const struct twinos_status *status)
{
	const struct twinos_vcpu *vcpu = &status->vcpu;

	if (!status->shared)
		return json_null();
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pid",
			 (int)vcpu->pid, "slice_us", json_count(vcpu->slice_us),
			 "switches", json_count(vcpu->switches), "run_ns",
			 json_count(vcpu->run_ns), "switch_ns",
			 json_count(vcpu->switch_ns), "steal_ns",
			 json_count(vcpu->steal_ns), "forwarded",
			 json_count(vcpu->forwarded), "reraised",
			 json_count(vcpu->reraised), "unclaimed",
			 json_count(vcpu->unclaimed));
}

static json_t *json_bells(const struct twinos_bells *bells)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "irq",
			 (int)bells->irq, "kicks", json_count(bells->kicks),
			 "calls", json_count(bells->calls), "kicks_helped",
			 json_count(bells->kicks_helped), "calls_helped",
			 json_count(bells->calls_helped), "bad_targets",
			 json_count(bells->bad_targets));
}

static json_t *json_changes(const struct twinos_status *status)
{
	const struct twinos_change *change = status->changes;
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < status->nr_changes; i++, change++)
		json_array_append_new(
			array,
			json_pack("{s:I, s:s, s:s}", "time_ms",
				  (json_int_t)change->time_ms, "state",
				  twinos_state_name(change->state), "reason",
				  twinos_reason_name(change->reason)));
	return array;
}

json_t *twins_json(const struct twinos_status *status)
{
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:i, s:s, s:o, s:o, s:o, s:o}",
		"name", status->name, "state", twinos_state_name(status->state),
		"reason", twinos_reason_name(status->reason), "cpus",
		twins_json_cpus(status->cpus, status->nr_cpus), "memory",
		(json_int_t)status->memory, "age_ms", json_age(status->age_ms),
		"starts", json_count(status->starts), "owner",
		(int)status->owner, "mode", twins_mode(status->shared), "vcpu",
		json_vcpu(status), "doorbell", json_bells(&status->bells),
		"ranges", json_ranges(status), "changes", json_changes(status));
}

const char *twins_mode(bool shared)
{
	return shared ? "shared" : "dedicated";
}

const char *twins_range_kind(const struct twinos_range *range)
{
	switch (range->kind) {
	case TWINOS_MEMORY_LOW:
		return "low";
	case TWINOS_MEMORY_RESERVED:
		return "reserved";
	case TWINOS_MEMORY_CONTIG:
		return "run-time";
	default:
		return "unknown";
	}
}

/* Behind the last CPU of the run that starts at @first. */
static size_t end_of_run(const unsigned int *cpus, size_t nr, size_t first)
{
	size_t end = first + 1;

	while (end < nr && cpus[end] == cpus[end - 1] + 1)
		end++;
	return end;
}

const char *twins_cpus(char *text, size_t size, const unsigned int *cpus,
		       size_t nr)
{
	size_t first, end, length = 0;

	snprintf(text, size, "-");
	for (first = 0; first < nr && length < size; first = end) {
		end = end_of_run(cpus, nr, first);
		length += (size_t)snprintf(text + length, size - length, "%s%u",
					   first ? "," : "", cpus[first]);
		if (end - first > 1 && length < size)
			length += (size_t)snprintf(text + length, size - length,
						   "-%u", cpus[end - 1]);
	}
	return text;
}

/* In the largest unit that leaves no rest: what is shown can be given. */
const char *twins_size(char *text, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, size, "%llu%s", (unsigned long long)bytes, units[unit]);
	return text;
}

const char *twins_age(char *text, size_t size, int64_t ms)
{
	long long s = ms / 1000;

	if (ms < 0)
		snprintf(text, size, "-");
	else if (s < 60)
		snprintf(text, size, "%llds", s);
	else if (s < 3600)
		snprintf(text, size, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, size, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(text, size, "%lldd%02lldh", s / 86400, s / 3600 % 24);
	return text;
}
