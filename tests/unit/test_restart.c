// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/twinos.h>

#include "restart.h"

static bool wanted(enum restart_policy policy, unsigned int reason)
{
	struct restart restart = { .policy = policy, .limit = RESTART_LIMIT };
	int64_t wait_ms;

	return restart_wanted(&restart, reason, 0, &wait_ms);
}

static void policies(void **state)
{
	static const unsigned int failures[] = { TWINOS_REASON_PANICKED,
						 TWINOS_REASON_HUNG,
						 TWINOS_REASON_REBOOTED };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_false(wanted(RESTART_NO, failures[i]));
		assert_true(wanted(RESTART_ON_FAILURE, failures[i]));
		assert_true(wanted(RESTART_ALWAYS, failures[i]));
	}
	assert_false(wanted(RESTART_ON_FAILURE, TWINOS_REASON_HALTED));
	assert_true(wanted(RESTART_ALWAYS, TWINOS_REASON_HALTED));
	assert_false(wanted(RESTART_ALWAYS, TWINOS_REASON_REQUEST));
	assert_false(wanted(RESTART_ALWAYS, TWINOS_REASON_CLOSED));
	assert_false(wanted(RESTART_ALWAYS, TWINOS_REASON_FAILED));
}

static void waits_grow_up_to_a_limit(void **state)
{
	static const int64_t waits[] = { 0,	1000,  2000,  4000, 8000,
					 16000, 32000, 60000, 60000 };
	struct restart restart = { .policy = RESTART_ALWAYS };
	int64_t wait_ms;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		assert_true(restart_wanted(&restart, TWINOS_REASON_PANICKED, 0,
					   &wait_ms));
		assert_int_equal(wait_ms, waits[i]);
	}
}

static void limit_counts_in_a_row(void **state)
{
	struct restart restart = { .policy = RESTART_ALWAYS, .limit = 2 };
	int64_t wait_ms;

	(void)state;
	assert_true(restart_wanted(&restart, TWINOS_REASON_HUNG, 0, &wait_ms));
	assert_true(
		restart_wanted(&restart, TWINOS_REASON_HUNG, 59999, &wait_ms));
	assert_false(restart_wanted(&restart, TWINOS_REASON_HUNG, 0, &wait_ms));
	assert_true(
		restart_wanted(&restart, TWINOS_REASON_HUNG, 60000, &wait_ms));
	assert_int_equal(wait_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies),
		cmocka_unit_test(waits_grow_up_to_a_limit),
		cmocka_unit_test(limit_counts_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
