// SPDX-License-Identifier: GPL-2.0-only
/* What twinctl prints of hostile texts, and what it lets through of the host's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "escape.h"
#include "reuse.h"
#include "twins.h"

static void escapes(void **state)
{
	static const char text[] = "a\x1b[2J\0\x9b\xff\n\tz";
	char out[sizeof(text) * ESCAPE_MAX];

	(void)state;
	escape(out, text, sizeof(text) - 1, "\n\t");
	assert_string_equal(out, "a\\x1b[2J\\x00\\x9b\\xff\n\tz");
	escape(out, "\n", 1, "");
	assert_string_equal(out, "\\x0a");
	assert_int_equal(escape(out, "", 0, ""), 0);
	assert_string_equal(out, "");
}

static void is_reused(const char *host, const char *want)
{
	char *options = reuse_filter(host, false);

	assert_string_equal(options, want);
	free(options);
}

static void reuses(void **state)
{
	(void)state;
	is_reused("", "");
	is_reused("BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n", "quiet");
	is_reused("quiet  console=ttyS0,115200 debug", "quiet debug");
	is_reused("crashkernel=256M memmap=1G$4G nohz-full=1 x=\"a b\" y",
		  "x=\"a b\" y");
	/* One that a twin is refused, and what belongs to the host's init. */
	is_reused("noapic loglevel=3 -- single", "loglevel=3");
	is_reused("rootless consoles", "rootless consoles");
	is_reused("x=\"open root=1", "x=\"open root=1");
}

static void writes(void **state)
{
	char text[TWINS_CPUS_SIZE];

	(void)state;
	assert_string_equal(twins_cpus(text, sizeof(text),
				       (unsigned int[]){ 2, 3, 6 }, 3),
			    "2-3,6");
	assert_string_equal(twins_cpus(text, sizeof(text), NULL, 0), "-");
	assert_string_equal(
		twins_cpus(text, 4, (unsigned int[]){ 10, 11, 12 }, 3), "10-");
	assert_string_equal(twins_size(text, sizeof(text), 512 << 20), "512M");
	assert_string_equal(twins_size(text, sizeof(text), 1537), "1537");
	assert_string_equal(twins_size(text, sizeof(text), 0), "0");
	assert_string_equal(twins_age(text, sizeof(text), -1), "-");
	assert_string_equal(twins_age(text, sizeof(text), 192000), "3m12s");
	assert_string_equal(twins_age(text, sizeof(text), 90061000), "1d01h");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(reuses),
		cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
