// SPDX-License-Identifier: GPL-2.0-only
/* The text of 'twinctl metrics', by the rules of its format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/twinos.h>
#include <regex.h>

#include "prometheus.h"

#define LINES_MAX 512

static char *text;
static char *lines[LINES_MAX];
static size_t nr_lines;

static void write_text(const struct sample_twin *twins, size_t nr)
{
	char *line, *rest;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	prometheus_write(file, twins, nr);
	fclose(file);
	assert_int_equal(text[size - 1], '\n');
	text[size - 1] = '\0';
	nr_lines = 0;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		assert_true(nr_lines < LINES_MAX);
		lines[nr_lines++] = line;
	}
}

static bool matches(const char *line, const char *pattern)
{
	regex_t regex;
	bool ret;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ret = !regexec(&regex, line, 0, NULL, 0);
	regfree(&regex);
	return ret;
}

#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\]|\\\\[\\n\"])*\""
#define NUMBER "-?[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?"

static void is_sample(const char *line)
{
	if (!matches(line, "^" NAME "\\{" LABEL "(," LABEL ")*\\} " NUMBER "$"))
		fail_msg("no sample: %s", line);
}

/* Each metric's lines are one group: HELP, TYPE, samples, each of them once. */
static void is_by_the_rules(void)
{
	char metric[128] = "", type[16], before[128];
	size_t i, j;

	for (i = 0; i < nr_lines; i++) {
		for (j = 0; j < i; j++)
			assert_string_not_equal(lines[i], lines[j]);
		if (*lines[i] != '#') {
			is_sample(lines[i]);
			assert_true(
				!strncmp(lines[i], metric, strlen(metric)) &&
				lines[i][strlen(metric)] == '{');
			continue;
		}
		strcpy(before, metric);
		assert_int_equal(sscanf(lines[i], "# HELP %127s", metric), 1);
		assert_true(matches(lines[i], "^# HELP " NAME " [^\\]+$"));
		assert_string_not_equal(metric, before);
		assert_int_equal(sscanf(lines[++i], "# TYPE %127s %15s", before,
					type),
				 2);
		assert_string_equal(before, metric);
		assert_true(!strcmp(type, "gauge") || !strcmp(type, "counter"));
		/* So the names of counters end, and only theirs. */
		assert_int_equal(matches(metric, "_total$"),
				 !strcmp(type, "counter"));
		assert_true(i + 1 < nr_lines && *lines[i + 1] != '#');
	}
}

static bool has(const char *want)
{
	size_t i;

	for (i = 0; i < nr_lines; i++)
		if (!strcmp(lines[i], want))
			return true;
	return false;
}

static bool speaks_of(const char *start)
{
	size_t i;

	for (i = 0; i < nr_lines; i++)
		if (!strncmp(lines[i], start, strlen(start)))
			return true;
	return false;
}

static struct twinos_cpu_times cpu = { .cpu = 1,
				       .idle_ns = 1500000000,
				       .interrupts = 77 };

static const struct sample_twin dedicated = {
	.status = {
		.name = "web.1",
		.state = TWINOS_RUNNING,
		.memory = 3ULL << 40,
		.nr_cpus = 2,
		.age_ms = 90061001,
		.starts = 3,
		.bells = { .kicks = 9007199254740991 / 10, .calls = 5, .kicks_helped = 1 },
	},
	.cpus = &cpu,
	.nr_cpus = 1,
	.devices_known = true,
	.devices = {
		{ .name = "disk0", .kind = "disk", .counted = true,
		  .traffic = { .in_bytes = 4096, .out_ops = 7 } },
		{ .name = "rng0", .kind = "rng" },
	},
	.nr_devices = 2,
};

static const struct sample_twin shared = {
	.status = {
		.name = "b\\\"\nc",
		.state = TWINOS_STOPPED,
		.reason = TWINOS_REASON_PANICKED,
		.age_ms = -1,
		.shared = true,
		.vcpu = { .slice_us = 4000, .switches = 7, .run_ns = 1500000000 },
	},
};

static void writes_all(void **state)
{
	const struct sample_twin twins[] = { dedicated, shared };

	(void)state;
	write_text(twins, 2);
	is_by_the_rules();
	assert_true(has("twinos_twins{state=\"running\"} 1"));
	assert_true(has("twinos_twins{state=\"hung\"} 0"));
	assert_true(
		has("twinos_twin_state{name=\"web.1\",state=\"running\"} 1"));
	assert_true(has("twinos_twin_state{name=\"web.1\",state=\"lost\"} 0"));
	assert_true(
		has("twinos_twin_memory_bytes{name=\"web.1\"} 3298534883328"));
	assert_true(has("twinos_twin_age_seconds{name=\"web.1\"} 90061.001"));
	assert_true(has("twinos_twin_starts_total{name=\"web.1\"} 3"));
	assert_true(
		has("twinos_twin_kicks_total{name=\"web.1\"} 900719925474099"));
	assert_false(speaks_of("twinos_twin_turns_total{name=\"web.1\"}"));
	assert_true(has("twinos_twin_cpu_seconds_total{name=\"web.1\","
			"cpu=\"1\",mode=\"idle\"} 1.5"));
	assert_true(has("twinos_twin_interrupts_total{name=\"web.1\","
			"cpu=\"1\"} 77"));
	assert_true(has("twinos_twin_calls_total{name=\"web.1\"} 5"));
	assert_true(has("twinos_twin_devices{name=\"web.1\"} 2"));
	assert_true(
		has("twinos_device_bytes_total{name=\"web.1\","
		    "device=\"disk0\",kind=\"disk\",direction=\"in\"} 4096"));
	assert_true(has("twinos_device_operations_total{name=\"web.1\","
			"device=\"disk0\",kind=\"disk\",direction=\"out\"} 7"));
	free(text);
}

static void escapes_labels(void **state)
{
	(void)state;
	write_text(&shared, 1);
	is_by_the_rules();
	assert_true(has("twinos_twin_info{name=\"b\\\\\\\"\\nc\","
			"mode=\"shared\",reason=\"panicked\"} 1"));
	assert_true(has(
		"twinos_twin_run_seconds_total{name=\"b\\\\\\\"\\nc\"} 1.5"));
	assert_true(
		has("twinos_twin_slice_seconds{name=\"b\\\\\\\"\\nc\"} 0.004"));
	/* It was never started. */
	assert_false(speaks_of("# HELP twinos_twin_age_seconds"));
	/* Nor do we know of its CPUs and devices. */
	assert_false(speaks_of("# HELP twinos_twin_cpu_seconds_total"));
	assert_false(speaks_of("# HELP twinos_twin_devices"));
	assert_false(speaks_of("# HELP twinos_device"));
	free(text);
}

static void writes_of_no_twin(void **state)
{
	(void)state;
	write_text(NULL, 0);
	is_by_the_rules();
	assert_true(has("twinos_twins{state=\"running\"} 0"));
	assert_false(speaks_of("# HELP twinos_twin_"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_all),
		cmocka_unit_test(escapes_labels),
		cmocka_unit_test(writes_of_no_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
