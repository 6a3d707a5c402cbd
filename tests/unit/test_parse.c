// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parse.h"

static uint64_t size_of(const char *text)
{
	struct twinos_error err;
	uint64_t size;

	assert_int_equal(parse_size(text, &size, &err), 0);
	return size;
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(size_of("0"), 0);
	assert_int_equal(size_of("4096"), 4096);
	assert_int_equal(size_of("512M"), 512ULL << 20);
	assert_int_equal(size_of("1k"), 1024);
	assert_int_equal(size_of("3g"), 3ULL << 30);
	assert_int_equal(size_of("2T"), 2ULL << 40);
	assert_int_equal(size_of("0x100000000"), 1ULL << 32);
	assert_int_equal(size_of("0XfFg"), 255ULL << 30);
	/* Not octal. */
	assert_int_equal(size_of("010"), 10);
	assert_int_equal(size_of("0xffffffffffffffff"), UINT64_MAX);
}

static void bad_sizes(void **state)
{
	static const char *const bad[] = {
		"",
		"M",
		"0x",
		"x10",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1MB",
		"1MM",
		"1.5G",
		"0x1.0",
		"18446744073709551616",
		"16777216T",
		"0x10000000000000000",
		"1e3",
	};
	struct twinos_error err;
	uint64_t size;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		assert_true(parse_size(bad[i], &size, &err) < 0);
		assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
		assert_true(strlen(err.text) > 0);
	}
}

static void cpu_counts(void **state)
{
	struct twinos_error err;
	struct parse_cpus cpus;

	(void)state;
	assert_int_equal(parse_cpus("2", &cpus, &err), 0);
	assert_false(cpus.listed);
	assert_int_equal(cpus.nr, 2);
	assert_int_equal(parse_cpus("256", &cpus, &err), 0);
	assert_int_equal(cpus.nr, 256);
	assert_true(parse_cpus("0", &cpus, &err) < 0);
	assert_true(parse_cpus("257", &cpus, &err) < 0);
	assert_true(parse_cpus("99999999999999999999", &cpus, &err) < 0);
}

static void is_list(const char *text, size_t nr, const unsigned int *want)
{
	struct twinos_error err;
	struct parse_cpus cpus;

	assert_int_equal(parse_cpus(text, &cpus, &err), 0);
	assert_true(cpus.listed);
	assert_int_equal(cpus.nr, nr);
	assert_memory_equal(cpus.cpus, want, nr * sizeof(*want));
}

static void cpu_lists(void **state)
{
	(void)state;
	is_list("2-3,6", 3, (unsigned int[]){ 2, 3, 6 });
	is_list("6,2-3", 3, (unsigned int[]){ 6, 2, 3 });
	is_list("2,", 1, (unsigned int[]){ 2 });
	is_list("2-2", 1, (unsigned int[]){ 2 });
	is_list("0-1,", 2, (unsigned int[]){ 0, 1 });
}

static void bad_cpu_lists(void **state)
{
	static const char *const bad[] = {
		"",
		",",
		"-",
		"1-",
		"-1",
		"2,,3",
		"2,3,,",
		",2",
		"2-3-4",
		"3-2",
		"a",
		"1,a",
		"1 ,2",
		"0x1,",
		"2,2",
		"1-3,2",
		"0-256",
		"0-4294967295",
		"2147483648,",
		"1,99999999999999999999",
	};
	struct twinos_error err;
	struct parse_cpus cpus;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(parse_cpus(bad[i], &cpus, &err) < 0);
	parse_cpus("1-3,2", &cpus, &err);
	assert_string_equal(err.text, "CPU 2 is given twice");
}

static void single_cpus(void **state)
{
	static const char *const bad[] = { "",	  "-1", "1,",	      "0-1",
					   "0x1", " 1", "2147483648", "all" };
	struct twinos_error err;
	unsigned int cpu;
	size_t i;

	(void)state;
	assert_int_equal(parse_cpu("0", &cpu, &err), 0);
	assert_int_equal(cpu, 0);
	assert_int_equal(parse_cpu("2147483647", &cpu, &err), 0);
	assert_int_equal(cpu, 2147483647);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(parse_cpu(bad[i], &cpu, &err) < 0);
}

static unsigned int slice_of(const char *text)
{
	struct twinos_error err;
	unsigned int us;

	assert_int_equal(parse_slice(text, &us, &err), 0);
	return us;
}

static void slices(void **state)
{
	static const char *const bad[] = {
		"",	    "ms",	    "4",
		"4s",	    "4 ms",	    "4msx",
		"0us",	    "0ms",	    "99us",
		"100001us", "101ms",	    "0.5ms",
		"-4ms",	    "0x4ms",	    "4MS",
		"4ns",	    "4294967297us", "99999999999999999999ms",
	};
	struct twinos_error err;
	unsigned int us;
	size_t i;

	(void)state;
	assert_int_equal(slice_of("100us"), 100);
	assert_int_equal(slice_of("4ms"), 4000);
	assert_int_equal(slice_of("100000us"), 100000);
	assert_int_equal(slice_of("100ms"), 100000);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		assert_true(parse_slice(bad[i], &us, &err) < 0);
		assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
		assert_true(strlen(err.text) > 0);
	}
}

static void names(void **state)
{
	static const char *const bad[] = {
		"",	    ".",
		"..",	    "-a",
		".a",	    "a/b",
		"a b",	    "a\n",
		"\xc3\xa4", "a123456789a123456789a123456789ab",
	};
	struct twinos_error err;
	size_t i;

	(void)state;
	assert_int_equal(parse_name("a", &err), 0);
	assert_int_equal(parse_name("0.b-C_", &err), 0);
	assert_int_equal(parse_name("a123456789a123456789a123456789a", &err),
			 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(parse_name(bad[i], &err) < 0);
}

static void entries_and_levels(void **state)
{
	enum twinos_entry entry;
	struct twinos_error err;
	unsigned int level;

	(void)state;
	assert_int_equal(parse_entry("bzimage", &entry, &err), 0);
	assert_int_equal(entry, TWINOS_ENTRY_BZIMAGE);
	assert_true(parse_entry("ELF", &entry, &err) < 0);
	assert_int_equal(parse_level("warn", &level, &err), 0);
	assert_int_equal(level, 4);
	assert_int_equal(parse_level("0", &level, &err), 0);
	assert_int_equal(level, 0);
	assert_true(parse_level("8", &level, &err) < 0);
	assert_true(parse_level("", &level, &err) < 0);
}

static void seconds(void **state)
{
	static const char *const bad[] = { "",	       ".5",
					   "1.",       "-1",
					   "1s",       "1.5x",
					   "31536001", "99999999999999999999" };
	struct twinos_error err;
	int64_t ms;
	size_t i;

	(void)state;
	assert_int_equal(parse_seconds("0", &ms, &err), 0);
	assert_int_equal(ms, 0);
	assert_int_equal(parse_seconds("1.5", &ms, &err), 0);
	assert_int_equal(ms, 1500);
	assert_int_equal(parse_seconds("2.0459", &ms, &err), 0);
	assert_int_equal(ms, 2045);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(parse_seconds(bad[i], &ms, &err) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(bad_sizes),
		cmocka_unit_test(cpu_counts),
		cmocka_unit_test(cpu_lists),
		cmocka_unit_test(bad_cpu_lists),
		cmocka_unit_test(single_cpus),
		cmocka_unit_test(slices),
		cmocka_unit_test(names),
		cmocka_unit_test(entries_and_levels),
		cmocka_unit_test(seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
