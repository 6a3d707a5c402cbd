// SPDX-License-Identifier: GPL-2.0-only
/* What 'twinctl top' makes of samples, and how it shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/twinos.h>

#include "rates.h"
#include "topview.h"

#define S 1000000000ULL

static struct rates *rates;
static struct sample_twin twin;
static struct twinos_cpu_times cpus[4];

/* One twin, whose numbers the test changes from sample to sample. */
static int set_up(void **state)
{
	(void)state;
	rates = rates_new();
	memset(cpus, 0, sizeof(cpus));
	twin = (struct sample_twin){
		.status = { .name = "web",
			    .state = TWINOS_RUNNING,
			    .owner = 7,
			    .starts = 1 },
		.nr_cpus = 1,
		.devices_known = true,
		.devices = { { .name = "d", .kind = "disk", .counted = true },
			     { .name = "n", .kind = "net", .counted = true },
			     { .name = "r", .kind = "rng" } },
		.nr_devices = 3,
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rates_free(rates);
	return 0;
}

static const struct rates_twin *take(int64_t at_ms)
{
	struct sample sample = { .at_ms = at_ms, .nr = 1 };

	sample.twins = calloc(1, sizeof(twin));
	*sample.twins = twin;
	sample.twins->cpus = malloc(sizeof(cpus));
	memcpy(sample.twins->cpus, cpus, sizeof(cpus));
	/* For twinos_list_free(). */
	sample.list = calloc(1, sizeof(*sample.list));
	assert_int_equal(rates_take(rates, &sample), 0);
	assert_int_equal(sample.nr, 0);
	return rates->twins;
}

static void is(double got, double want)
{
	if (got < want - 1e-6 || got > want + 1e-6)
		fail_msg("%g is not %g", got, want);
}

static void account(unsigned int cpu, uint64_t at, uint64_t idle,
		    uint64_t steal)
{
	cpus[cpu].cpu = cpu;
	cpus[cpu].at_ns = at;
	cpus[cpu].idle_ns = idle;
	cpus[cpu].steal_ns = steal;
}

static void tells_how_busy(void **state)
{
	const struct rates_twin *now;

	(void)state;
	twin.nr_cpus = 2;
	account(0, 10 * S, 5 * S, 0);
	account(1, 10 * S, 5 * S, 0);
	now = take(1000);
	is(now->busy, RATES_NONE);
	account(0, 11 * S, 5 * S + S / 4, 0);
	account(1, 11 * S, 6 * S, 0);
	now = take(2000);
	assert_int_equal(now->nr_cpus, 2);
	is(now->cpus[0].busy, 0.75);
	is(now->cpus[1].busy, 0);
	is(now->busy, 0.375);
	/* Half of the next two seconds was not its own. */
	account(0, 13 * S, 5 * S + S / 2, S);
	cpus[0].interrupts = 500;
	now = take(4000);
	is(now->cpus[0].busy, 0.75);
	/* A second, as that CPU has it; the other one had none. */
	is(now->interrupts, 250);
}

/* It gives an account once a second, and we look oftener; then it gives none. */
static void tells_until_it_stands_still(void **state)
{
	(void)state;
	account(0, 10 * S, 5 * S, 0);
	take(1000);
	account(0, 11 * S, 5 * S, 0);
	is(take(1500)->busy, 1);
	is(take(2000)->busy, 1);
	is(take(4900)->busy, 1);
	is(take(5100)->busy, RATES_NONE);
	account(0, 20 * S, 14 * S, 0);
	is(take(9500)->busy, 0);
}

/* A hostile twin can tell anything, and a clock may begin anew. */
static void stays_within_limits(void **state)
{
	(void)state;
	account(0, 10 * S, 5 * S, 0);
	take(1000);
	account(0, 11 * S, 0, 0);
	is(take(2000)->busy, 0);
	account(0, 12 * S, UINT64_MAX, UINT64_MAX);
	is(take(3000)->busy, 0);
	account(0, 1 * S, 0, 0);
	is(take(4000)->busy, RATES_NONE);
	account(0, 2 * S, S / 2, 0);
	is(take(5000)->busy, 0.5);
}

static void counts_a_second(void **state)
{
	const struct rates_twin *now = take(1000);

	(void)state;
	is(rates->seconds, 0);
	is(now->kicks, RATES_NONE);
	twin.status.bells.kicks = 30;
	twin.status.bells.calls = 4;
	twin.devices[0].traffic = (struct twinos_traffic){ 4096, 2048, 1, 1 };
	twin.devices[1].traffic = (struct twinos_traffic){ 10, 0, 1, 0 };
	now = take(3000);
	is(rates->seconds, 2);
	is(now->kicks, 15);
	is(now->calls, 2);
	is(now->disk_in, 2048);
	is(now->disk_out, 1024);
	is(now->net_in, 5);
	is(now->net_out, 0);
	is(now->turns, RATES_NONE);
	assert_int_equal(now->nr_devices, 3);
	/* Another disk of that name. */
	twin.devices[0].traffic.in_bytes = 0;
	twin.devices_known = false;
	now = take(4000);
	is(now->disk_in, RATES_NONE);
	assert_int_equal(now->nr_devices, -1);
}

static void counts_turns(void **state)
{
	const struct rates_twin *now;

	(void)state;
	twin.status.shared = true;
	take(1000);
	twin.status.vcpu.switches = 500;
	twin.status.vcpu.run_ns = S / 2;
	twin.status.vcpu.forwarded = 8;
	now = take(3000);
	is(now->turns, 250);
	is(now->share, 0.25);
	is(now->host_interrupts, 4);
}

/* Another life of the twin, or another twin of its name. */
static void begins_anew(void **state)
{
	(void)state;
	twin.status.age_ms = 5000;
	take(1000);
	twin.status.bells.kicks = 9;
	twin.status.starts = 2;
	is(take(2000)->kicks, RATES_NONE);
	twin.status.owner = 8;
	is(take(3000)->kicks, RATES_NONE);
	twin.status.age_ms = 10;
	is(take(4000)->kicks, RATES_NONE);
	is(take(5000)->kicks, 0);
}

/* ---- the view ---- */

static const struct rates_cpu some_cpus[] = { { 0, 0.123 },
					      { 1, 1 },
					      { 2, RATES_NONE },
					      { 3, 0 } };

static struct rates_twin view_of(const struct twinos_status *status)
{
	return (struct rates_twin){
		.status = status,
		.cpus = (struct rates_cpu *)some_cpus,
		.nr_cpus = 3,
		.busy = 0.5,
		.share = RATES_NONE,
		.turns = RATES_NONE,
		.host_interrupts = RATES_NONE,
		.interrupts = 87,
		.kicks = 1200,
		.calls = 34,
		.net_in = 0,
		.net_out = 1000,
		.disk_in = RATES_NONE,
		.disk_out = RATES_NONE,
		.nr_devices = 1,
	};
}

static void shows(void **state)
{
	unsigned int some[] = { 0, 2, 3, 7 };
	struct twinos_status status = { .cpus = some,
					.nr_cpus = 4,
					.name = "a-name-that-is-quite-long",
					.state = TWINOS_RUNNING,
					.memory = 512 << 20 };
	struct rates_twin view = view_of(&status);
	const struct rates all = { .twins = &view, .nr = 1 };
	struct topview_shape shape = topview_shape(&all, 80);
	char text[TOPVIEW_SIZE];

	(void)state;
	topview_head(text, &shape);
	assert_string_equal(
		text,
		"NAME         STATE     CPUS    BUSY% MEMORY NET in/out DISK rd/wr IRQS/s BELLS/s");
	topview_twin(text, &shape, &view);
	assert_string_equal(
		text,
		"a-name-that+ running   0,2-+      50   512M     0/1.0K          -     87    1.2k");
	view.nr_cpus = 2;
	shape = topview_shape(&all, 0);
	topview_twin(text, &shape, &view);
	assert_string_equal(
		text,
		"a-name-that-is-quite-long running   0,2-+  12 100   512M     0/1.0K          -"
		"     87    1.2k       -      -");
	view.disk_in = 1e30;
	view.disk_out = 10.2 * 1024 * 1024;
	view.nr_cpus = 4;
	topview_twin(text, &shape, &view);
	assert_non_null(strstr(text, " 50 "));
	assert_non_null(strstr(text, " 90949/10M "));
	topview_cpus(text, &view);
	assert_string_equal(text,
			    "a-name-that-is-quite-long: CPU 0 12%, CPU 1 100%, "
			    "CPU 2 -, CPU 3 0%");
	status.shared = true;
	status.state = TWINOS_STOPPED;
	status.reason = TWINOS_REASON_PANICKED;
	topview_twin(text, &shape, &view);
	assert_non_null(strstr(text, "-long panicked  0,2-+"));
	view.share = 0.25;
	view.turns = 250;
	view.host_interrupts = 12;
	view.nr_cpus = 0;
	topview_cpus(text, &view);
	assert_non_null(strstr(text, "does not tell"));
	assert_non_null(strstr(text, "-long (panicked): does not"));
	assert_non_null(strstr(text,
			       "; had 25% of its CPU in 250 turns/s with 12 "
			       "interrupts/s of the host"));
}

static void shows_any_number_of_cpus(void **state)
{
	struct twinos_status status = { .name = "a" };
	struct rates_twin view = view_of(&status);
	char text[TOPVIEW_SIZE];
	size_t i;

	(void)state;
	view.cpus = calloc(256, sizeof(*view.cpus));
	view.nr_cpus = 256;
	for (i = 0; i < 256; i++)
		view.cpus[i] = (struct rates_cpu){ 4294967295U, 1 };
	topview_cpus(text, &view);
	assert_int_equal(strlen(text), TOPVIEW_SIZE - 1);
	free(view.cpus);
}

static void writes_json(void **state)
{
	struct twinos_status status = { .name = "a" };
	struct rates_twin view = view_of(&status);
	const struct rates all = { .seconds = 2, .twins = &view, .nr = 1 };
	json_t *object = topview_json(&all, 1795837399007), *json;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(object, "time")),
			    "2026-11-28T03:43:19.007Z");
	json = json_array_get(json_object_get(object, "twins"), 0);
	is(json_number_value(json_object_get(json, "kicks")), 1200);
	is(json_number_value(json_object_get(json, "calls")), 34);
	is(json_number_value(json_object_get(json, "interrupts")), 87);
	assert_true(json_is_null(json_object_get(json, "host_interrupts")));
	assert_true(json_is_null(json_object_get(json, "disk")));
	is(json_number_value(
		   json_object_get(json_object_get(json, "net"), "out_bytes")),
	   1000);
	assert_int_equal(json_array_size(json_object_get(json, "cpu_busy")), 3);
	json_decref(object);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_how_busy),
		TEST(tells_until_it_stands_still),
		TEST(stays_within_limits),
		TEST(counts_a_second),
		TEST(counts_turns),
		TEST(begins_anew),
		cmocka_unit_test(shows),
		cmocka_unit_test(shows_any_number_of_cpus),
		cmocka_unit_test(writes_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
