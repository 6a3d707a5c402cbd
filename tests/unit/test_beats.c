// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "beats.h"

static struct twinos_handover handover;
static struct twinos_beats beats;

static int reset(void **state)
{
	(void)state;
	memset(&handover, 0, sizeof(handover));
	memset(&beats, 0, sizeof(beats));
	return 0;
}

static int64_t look(int64_t now)
{
	return twinos_beats_look(&beats, &handover, now);
}

static void set_beating(unsigned int cpu)
{
	handover.beating[cpu / 64] |= 1ULL << cpu % 64;
}

static void nobody_beats(void **state)
{
	(void)state;
	assert_int_equal(look(1000), 0);
	assert_int_equal(look(100000), 0);
}

static void silence_grows(void **state)
{
	(void)state;
	set_beating(3);
	assert_int_equal(look(1000), 0);
	assert_int_equal(look(2500), 1500);
	handover.beats[3]++;
	assert_int_equal(look(2600), 0);
	assert_int_equal(look(9600), 7000);
}

static void longest_counts(void **state)
{
	(void)state;
	set_beating(0);
	set_beating(255);
	look(1000);
	handover.beats[0]++;
	assert_int_equal(look(5000), 4000);
	handover.beats[255]--; /* any change is one */
	assert_int_equal(look(6000), 1000);
}

/* Also one that was there before: it starts anew. */
static void offline_cpus_do_not_count(void **state)
{
	(void)state;
	set_beating(1);
	look(1000);
	handover.beating[0] = 0;
	assert_int_equal(look(50000), 0);
	set_beating(1);
	assert_int_equal(look(51000), 0);
	assert_int_equal(look(52000), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_beats, reset),
		cmocka_unit_test_setup(silence_grows, reset),
		cmocka_unit_test_setup(longest_counts, reset),
		cmocka_unit_test_setup(offline_cpus_do_not_count, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
