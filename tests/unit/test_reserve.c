// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is set aside at boot: where, and how GRUB is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_root.h"
#include "grubcfg.h"

#define M (1ULL << 20)
#define G (1ULL << 30)

static struct twinos_hostfs fs;
static const char *root;
static struct twinos_error err;

static int open_root(void **state)
{
	(void)state;
	root = fake_root_make();
	return twinos_hostfs_open(&fs, root);
}

static int close_root(void **state)
{
	(void)state;
	twinos_hostfs_close(&fs);
	fake_root_remove();
	return 0;
}

/* ---- where ----------------------------------------------------------------- */

#define LARGE                                 \
	"00001000-0009fbff : System RAM\n"    \
	"00100000-bfffffff : System RAM\n"    \
	"  01000000-01ffffff : Kernel code\n" \
	"c0000000-ffffffff : Reserved\n"      \
	"100000000-1ffffffff : System RAM\n"  \
	"200000000-27fffffff : Reserved\n"    \
	"280000000-47fffffff : System RAM\n"

static uint64_t place(uint64_t start, uint64_t length)
{
	static const struct twinos_reservation none;
	struct twinos_reservation wanted = { start, length };

	if (twinos_reservation_place(&wanted, &none, &fs, &err))
		return 0;
	assert_int_equal(wanted.length, length);
	return wanted.start;
}

static void places(void **state)
{
	(void)state;
	fake_root_put("/proc/iomem", LARGE);
	assert_int_equal(place(0, 2 * M), 4 * G);
	assert_int_equal(place(0, 4 * G), 4 * G);
	assert_int_equal(place(0, 5 * G), 10 * G);
	assert_int_equal(place(0, 9 * G), 0);
	assert_int_equal(err.kind, TWINOS_ERROR_MEMORY);
	assert_int_equal(place(6 * G, 2 * G), 6 * G);
	assert_int_equal(place(1 * G, 1 * G), 1 * G);
	assert_int_equal(place(6 * G, 3 * G), 0);
	assert_int_equal(place(3 * G, 2 * M), 0);
	assert_int_equal(place(UINT64_MAX - 2 * M + 1, 4 * M), 0);
	assert_non_null(strstr(err.text, "not all memory"));
}

/* Below 4 GiB at the upper end, and above also where no whole GiB begins. */
static void small_machines(void **state)
{
	(void)state;
	fake_root_put("/proc/iomem", "00100000-7ffdffff : System RAM\n");
	assert_int_equal(place(0, 512 * M), 0x5fe00000);
	assert_int_equal(place(0, 1536 * M), 0);
	assert_non_null(strstr(err.text, "must keep 512M"));
	fake_root_put("/proc/iomem", "00100000-7ffdffff : System RAM\n"
				     "108001000-13fffffff : System RAM\n");
	assert_int_equal(place(0, 256 * M), 0x108200000);
	fake_root_put("/proc/iomem", "00100000-0fffffff : System RAM\n");
	assert_int_equal(place(0, 2 * M), 0);
}

/* What is set aside now counts as memory, for it will be when this is. */
static void once_more(void **state)
{
	const struct twinos_reservation old = { 8 * G, 2 * G };
	struct twinos_reservation wanted = { 8 * G, 4 * G };

	(void)state;
	fake_root_put("/proc/iomem", LARGE);
	assert_int_equal(place(8 * G, 4 * G), 0);
	assert_int_equal(twinos_reservation_place(&wanted, &old, &fs, &err), 0);
}

static void unseen(void **state)
{
	(void)state;
	assert_int_equal(place(0, 2 * M), 0);
	assert_int_equal(err.code, ENOENT);
	fake_root_put("/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(place(0, 2 * M), 0);
	assert_int_equal(err.code, EACCES);
	assert_non_null(strstr(err.text, "only root"));
}

/* ---- GRUB ------------------------------------------------------------------ */

/* What the shell that grub-mkconfig is makes of it. */
static void evaluate(char *value, size_t size)
{
	char command[256];
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "GRUB_CMDLINE_LINUX=quiet; . %s" GRUBCFG_PATH
		 "; printf '%%s' \"$GRUB_CMDLINE_LINUX\"",
		 root);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(value, (int)size, pipe));
	assert_int_equal(pclose(pipe), 0);
}

static void writes(void **state)
{
	const struct twinos_reservation wanted = { 4 * G, 3 * G };
	struct twinos_reservation got;
	char option[GRUBCFG_OPTION_SIZE], value[128];

	(void)state;
	fake_root_put("/etc/default/grub", "");
	assert_int_equal(grubcfg_read(&fs, &got, &err), 0);
	assert_int_equal(got.length, 0);
	assert_int_equal(grubcfg_write(&fs, &wanted, &err), 0);
	assert_int_equal(grubcfg_read(&fs, &got, &err), 0);
	assert_int_equal(got.start, wanted.start);
	assert_int_equal(got.length, wanted.length);
	grubcfg_option(option, &got);
	assert_string_equal(option, "memmap=3072M$0x100000000");
	/* GRUB takes the backslash away. */
	evaluate(value, sizeof(value));
	assert_string_equal(value, "quiet memmap=3072M\\$0x100000000");
	assert_int_equal(grubcfg_remove(&fs, &err), 0);
	assert_int_equal(grubcfg_read(&fs, &got, &err), 0);
	assert_int_equal(got.length, 0);
}

static void overwrites(void **state)
{
	struct twinos_reservation wanted = { 4 * G, 3 * G }, got;
	char **names;

	(void)state;
	fake_root_put("/etc/default/grub", "");
	assert_int_equal(grubcfg_write(&fs, &wanted, &err), 0);
	wanted.length = 2 * M;
	assert_int_equal(grubcfg_write(&fs, &wanted, &err), 0);
	assert_int_equal(grubcfg_read(&fs, &got, &err), 0);
	assert_int_equal(got.length, 2 * M);
	assert_int_equal(twinos_hostfs_list(&fs, "/etc/default/grub.d", &names),
			 1);
	free(names);
}

static void leaves_nothing(void **state)
{
	const struct twinos_reservation wanted = { 4 * G, 3 * G };
	char **names;

	(void)state;
	assert_int_equal(grubcfg_write(&fs, &wanted, &err), -ENOENT);
	assert_non_null(strstr(err.text, "there is no /etc/default/grub"));
	assert_false(twinos_hostfs_has(&fs, "/etc/default/grub.d"));
	/* A directory in its place can't be replaced. */
	fake_root_put("/etc/default/grub", "");
	fake_root_put(GRUBCFG_PATH "/x", "");
	assert_true(grubcfg_write(&fs, &wanted, &err) < 0);
	assert_int_equal(twinos_hostfs_list(&fs, "/etc/default/grub.d", &names),
			 1);
	assert_string_equal(names[0], "twinos.cfg");
	free(names);
	assert_true(grubcfg_remove(&fs, &err) < 0);
}

static void not_ours(void **state)
{
	static const char *const texts[] = {
		"",
		"GRUB_CMDLINE_LINUX='memmap=1G\\$4G'\n",
		"'memmap=3072M\\$0x100000000'\n",
		"'memmap=0M\\$0x0'\n",
	};
	struct twinos_reservation got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fake_root_put(GRUBCFG_PATH, texts[i]);
		assert_int_equal(grubcfg_read(&fs, &got, &err), -EINVAL);
		assert_non_null(strstr(err.text, "somebody else"));
	}
}

#define IN_ROOT(test) \
	cmocka_unit_test_setup_teardown(test, open_root, close_root)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_ROOT(places),	 IN_ROOT(small_machines),
		IN_ROOT(once_more),	 IN_ROOT(unseen),
		IN_ROOT(writes),	 IN_ROOT(overwrites),
		IN_ROOT(leaves_nothing), IN_ROOT(not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
