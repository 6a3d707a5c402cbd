// SPDX-License-Identifier: GPL-2.0-only
/* What a twin's last log says, once it lies in a file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_twin.h"
#include "lastlog.h"
#include "record.h"

static char dir[] = "/tmp/test_lastlog.XXXXXX";

static FILE *file_of_twin(const char *mode)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/a.log", dir);
	return fopen(path, mode);
}

static void write_text(const char *text)
{
	FILE *file = file_of_twin("w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void gives_what_was_written(void **state)
{
	const struct twinos_record hostile = {
		.seq = 7,
		.ts_nsec = 123456789,
		.facility = 3,
		.level = 5,
		.lost = 2,
		.text = "a\n\xff\0\"",
		.length = 5,
	};
	struct twinos_record record;
	FILE *file = file_of_twin("w");
	char *text;
	time_t when;

	(void)state;
	assert_int_equal(record_write(&hostile, file), 0);
	assert_int_equal(record_write(&hostile, file), 0);
	fclose(file);
	file = lastlog_open(dir, "a", &when);
	assert_non_null(file);
	/* time(2) may be a tick behind the clock that files are dated by. */
	assert_in_range(time(NULL) + 1 - when, 0, 61);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lastlog_next(file, &record, &text), 1);
		assert_int_equal(record.seq, 7);
		assert_int_equal(record.ts_nsec, 123456789);
		assert_int_equal(record.facility, 3);
		assert_int_equal(record.level, 5);
		assert_int_equal(record.lost, 2);
		assert_string_equal(record.text, "a\n\\xff\\x00\"");
		assert_int_equal(record.length, strlen(record.text));
		free(text);
	}
	assert_int_equal(lastlog_next(file, &record, &text), 0);
	fclose(file);
}

static void keeps_all_of_a_log(void **state)
{
	static const struct fake_options options = { true, 4, 2 };
	struct twinos_record record;
	struct fake_twin fake;
	struct twinos_log *log;
	char *text;
	time_t when;
	FILE *file;

	(void)state;
	fake_twin_init(&fake, &options);
	assert_int_equal(
		twinos_log_new(&log, &fake.range, 1, fake_twin_read, &fake), 0);
	fake_twin_print(&fake, "one");
	fake_twin_print(&fake, "two");
	while (twinos_log_next(log, &record) > 0)
		;
	write_text("an older one");
	assert_int_equal(lastlog_keep(dir, "a", log), 0);
	file = lastlog_open(dir, "a", &when);
	assert_int_equal(lastlog_next(file, &record, &text), 1);
	assert_string_equal(text, "one");
	free(text);
	assert_int_equal(lastlog_next(file, &record, &text), 1);
	assert_string_equal(text, "two");
	free(text);
	assert_int_equal(lastlog_next(file, &record, &text), 0);
	fclose(file);
	assert_int_equal(lastlog_keep("/proc/none", "a", log), -ENOENT);
	twinos_log_free(log);
	fake_twin_free(&fake);
}

static void ends_where_it_is_none(void **state)
{
	static const char *const rests[] = {
		"",
		"{",
		"[]",
		"{\"seq\":1}",
		"\"text\"",
		"{\"seq\":1,\"ts_nsec\":1,\"facility\":0,\"level\":6,\"lost\":0,"
		"\"text\":7}",
	};
	struct twinos_record record;
	char *text;
	time_t when;

	(void)state;
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		FILE *file;

		write_text(rests[i]);
		file = lastlog_open(dir, "a", &when);
		assert_int_equal(lastlog_next(file, &record, &text), 0);
		fclose(file);
	}
}

static void says_that_there_is_none(void **state)
{
	time_t when;

	(void)state;
	assert_null(lastlog_open(dir, "b", &when));
	assert_int_equal(errno, ENOENT);
}

static int set_up(void **state)
{
	(void)state;
	return !mkdtemp(dir);
}

static int tear_down(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/a.log", dir);
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_was_written),
		cmocka_unit_test(keeps_all_of_a_log),
		cmocka_unit_test(ends_where_it_is_none),
		cmocka_unit_test(says_that_there_is_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
