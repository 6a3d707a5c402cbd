// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "initrd.h"

static char directory[32];

static const char *const paths[] = { "one", "four", "six" };

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/twinos-test-initrd-XXXXXX");
	if (!mkdtemp(directory) || chdir(directory))
		return -1;
	write_file("one", "1");
	write_file("four", "4444");
	write_file("six", "666666");
	write_file("empty", "");
	return mkfifo("fifo", 0600);
}

static int remove_files(void **state)
{
	(void)state;
	unlink("one");
	unlink("four");
	unlink("six");
	unlink("empty");
	unlink("fifo");
	return chdir("/") ? -1 : rmdir(directory);
}

static void parts_follow_each_other(void **state)
{
	struct twinos_initrd initrd;
	char buf[17];

	(void)state;
	assert_int_equal(twinos_initrd_open(&initrd, paths, 3, NULL), 0);
	assert_int_equal(initrd.length, 16);
	memset(buf, 'x', sizeof(buf));
	twinos_initrd_copy(&initrd, buf);
	assert_memory_equal(buf, "1\0\0\0004444666666\0\0x", 17);
	twinos_initrd_release(&initrd);
	assert_int_equal(initrd.length, 0);
	assert_null(initrd.parts);
}

static void one_file_may_come_twice(void **state)
{
	const char *const twice[] = { "four", "four" };
	struct twinos_initrd initrd;
	char buf[8];

	(void)state;
	assert_int_equal(twinos_initrd_open(&initrd, twice, 2, NULL), 0);
	assert_int_equal(initrd.length, 8);
	twinos_initrd_copy(&initrd, buf);
	assert_memory_equal(buf, "44444444", 8);
	twinos_initrd_release(&initrd);
}

static void no_files_are_no_bytes(void **state)
{
	struct twinos_initrd initrd;

	(void)state;
	assert_int_equal(twinos_initrd_open(&initrd, NULL, 0, NULL), 0);
	assert_int_equal(initrd.length, 0);
	twinos_initrd_copy(&initrd, NULL);
	twinos_initrd_release(&initrd);
}

static void bad_files_are_refused(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
		{ "nothing", ENOENT },	 { ".", EISDIR },
		{ "empty", ENODATA },	 { "fifo", EINVAL },
		{ "/dev/zero", EINVAL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const list[] = { "one", cases[i].path, "six" };
		struct twinos_error err = { 0 };
		struct twinos_initrd initrd;

		assert_int_equal(twinos_initrd_open(&initrd, list, 3, &err),
				 -cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.kind, TWINOS_ERROR_IMAGE);
		assert_memory_equal(err.text, cases[i].path,
				    strlen(cases[i].path));
		assert_int_equal(initrd.length, 0);
		assert_null(initrd.parts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_follow_each_other),
		cmocka_unit_test(one_file_may_come_twice),
		cmocka_unit_test(no_files_are_no_bytes),
		cmocka_unit_test(bad_files_are_refused),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
