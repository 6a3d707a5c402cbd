// SPDX-License-Identifier: GPL-2.0-only
/* The archive with the guest module, and what shared mode refuses. */
#include <asm/bootparam.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/twinos.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "archive.h"
#include "cpio.h"
#include "fake_kernel.h"
#include <twinos/handover.h>

#include "guest.h"
#include "initrd.h"
#include "shared.h"

#define VERSION FAKE_VERSION
#define MODULE "lib/" VERSION "/twinos_guest.ko"
#define ELF    \
	"\x7f" \
	"ELF"
#define MAGIC(version) ELF "\0x\0vermagic=" version " SMP mod_unload \0y"
#define TEXT_OF(number) #number
#define MARK_OF(number) "twinos_handover=" TEXT_OF(number)
#define MARK MARK_OF(TWINOS_HANDOVER_REVISION)
#define MODULE_TEXT MAGIC(VERSION) "\0" MARK

static char directory[32];

static void write_bytes(const char *path, const void *data, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void write_kernel(const char *path, struct fake kernel)
{
	write_bytes(path, kernel.data, kernel.length);
	fake_free(&kernel);
}

static int make_files(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/twinos-test-guest-XXXXXX");
	if (!mkdtemp(directory) || chdir(directory) || mkdir("lib", 0700) ||
	    mkdir("lib/" VERSION, 0700))
		return -1;
	write_bytes("initrd", "0707", 4);
	write_kernel("elf", fake_elf());
	write_kernel("vmlinuz", fake_vmlinuz(FAKE_GZIP));
	write_kernel("bzip2", fake_vmlinuz(FAKE_BZIP2));
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink("initrd");
	unlink("elf");
	unlink("vmlinuz");
	unlink("bzip2");
	unlink(MODULE);
	unlink("lib/init");
	rmdir("lib/" VERSION);
	rmdir("lib");
	return chdir("/") ? -1 : rmdir(directory);
}

/* What a test spoils the next one gets whole. */
static int make_guest(void **state)
{
	(void)state;
	unlink(MODULE);
	rmdir(MODULE);
	unlink("lib/init");
	write_bytes(MODULE, MODULE_TEXT, sizeof(MODULE_TEXT));
	write_bytes("lib/init", ELF "shim", 8);
	return 0;
}

/* ---- the archive --------------------------------------------------------- */

static void expect_entry(const struct twinos_file *archive, size_t *offset,
			 const char *name, unsigned int mode, const void *data,
			 size_t length)
{
	struct archive_entry entry;

	assert_true(archive_next(archive, offset, &entry));
	assert_string_equal(entry.name, name);
	assert_int_equal(entry.mode, mode);
	/* Linux looks for other names of a file with more than one link. */
	assert_int_equal(entry.links, S_ISDIR(mode) ? 2 : 1);
	assert_int_equal(entry.length, length);
	if (length)
		assert_memory_equal(entry.data, data, length);
}

static void expect_end(const struct twinos_file *archive, size_t offset)
{
	struct archive_entry entry;

	assert_false(archive_next(archive, &offset, &entry));
	assert_int_equal(entry.length, 0);
	assert_int_equal(offset, archive->length);
}

static void archive_has_all(void **state)
{
	struct twinos_guest guest;
	struct twinos_file archive;
	size_t offset;

	(void)state;
	assert_int_equal(twinos_guest_open(&guest, "lib", VERSION, NULL), 0);
	assert_string_equal(guest.path, MODULE);
	assert_int_equal(twinos_guest_pack(&guest, "/sbin/init", false,
					   &archive, NULL),
			 0);
	twinos_guest_release(&guest);
	offset = archive_first(&archive);
	expect_entry(&archive, &offset, "twinos", 040755, NULL, 0);
	expect_entry(&archive, &offset, "twinos/init", 0100755, ELF "shim", 8);
	expect_entry(&archive, &offset, "twinos/guest.ko", 0100644, MODULE_TEXT,
		     sizeof(MODULE_TEXT));
	expect_entry(&archive, &offset, "twinos/next", 0120777, "/sbin/init",
		     10);
	expect_end(&archive, offset);
	twinos_file_unmap(&archive);
}

static void lengths_are_padded(void **state)
{
	size_t length, offset;

	(void)state;
	for (length = 0; length < 9; length++) {
		const struct twinos_cpio_entry entries[] = {
			{ "abcdefgh" + length, S_IFREG | 0600, "12345678",
			  length },
			{ "b", S_IFREG | 0600, "x", 1 },
		};
		struct twinos_file archive;

		if (!*entries[0].name)
			continue;
		assert_int_equal(twinos_cpio_build(&archive, entries, 2), 0);
		offset = archive_first(&archive);
		expect_entry(&archive, &offset, entries[0].name, 0100600,
			     "12345678", length);
		expect_entry(&archive, &offset, "b", 0100600, "x", 1);
		expect_end(&archive, offset);
		twinos_file_unmap(&archive);
	}
}

static void empty_archive_ends(void **state)
{
	struct twinos_file archive;

	(void)state;
	assert_int_equal(twinos_cpio_build(&archive, NULL, 0), 0);
	expect_end(&archive, archive_first(&archive));
	twinos_file_unmap(&archive);
}

/* Nothing is read of what can't be packed. */
static void too_long_entries_are_refused(void **state)
{
	const struct twinos_cpio_entry one = { "a", S_IFREG, "", 0x80000000 };
	const struct twinos_cpio_entry many[] = {
		{ "a", S_IFREG, "", 0x7fffff00 },
		{ "b", S_IFREG, "", 0x7fffff00 },
	};
	const struct twinos_cpio_entry wraps[] = {
		{ "a", S_IFREG, "", SIZE_MAX },
	};
	struct twinos_file archive;

	(void)state;
	assert_int_equal(twinos_cpio_build(&archive, &one, 1), -EFBIG);
	assert_int_equal(twinos_cpio_build(&archive, many, 2), -EFBIG);
	assert_int_equal(twinos_cpio_build(&archive, wraps, 1), -EFBIG);
}

static void archive_follows_the_initrd(void **state)
{
	static const char *const paths[] = { "initrd" };
	struct twinos_initrd initrd;
	struct twinos_guest guest;
	struct twinos_file archive;
	size_t length;
	char *all;

	(void)state;
	write_bytes("initrd", "070707", 6);
	assert_int_equal(twinos_initrd_open(&initrd, paths, 1, NULL), 0);
	assert_int_equal(twinos_guest_open(&guest, "lib", VERSION, NULL), 0);
	assert_int_equal(
		twinos_guest_pack(&guest, "/init", false, &archive, NULL), 0);
	twinos_guest_release(&guest);
	length = archive.length;
	assert_int_equal(twinos_initrd_append(&initrd, &archive, NULL), 0);
	assert_int_equal(initrd.length, 8 + length);
	all = malloc(initrd.length);
	twinos_initrd_copy(&initrd, all);
	assert_memory_equal(all,
			    "070707\0\0\0\0\0\0"
			    "070701",
			    18);
	archive = (struct twinos_file){ all + 8, length };
	expect_entry(&archive, (size_t[]){ archive_first(&archive) }, "twinos",
		     040755, NULL, 0);
	free(all);
	twinos_initrd_release(&initrd);
	write_bytes("initrd", "0707", 4);
}

/* ---- the files ---------------------------------------------------------- */

static void expect_no_guest(const char *dir, const char *version, int code,
			    const char *why)
{
	struct twinos_error err = { 0 };
	struct twinos_guest guest;

	assert_int_equal(twinos_guest_open(&guest, dir, version, &err), -code);
	assert_int_equal(err.kind, TWINOS_ERROR_IMAGE);
	assert_int_equal(err.code, code);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, why))
		fail_msg("'%s' not in: %s", why, err.text);
	assert_null(guest.path);
	assert_null(guest.module.data);
	assert_null(guest.shim.data);
}

static void odd_versions_are_refused(void **state)
{
	static const char *const odd[] = { ".",		  "..",
					   "../" VERSION, "/",
					   "/etc",	  VERSION "/",
					   ".ssh",	  "6.1/../" VERSION };
	char longest[128];
	size_t i;

	(void)state;
	expect_no_guest("lib", "", ENOENT, "does not tell its version");
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		expect_no_guest("lib", odd[i], EINVAL, "can't be the name");
	memset(longest, '6', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	expect_no_guest("lib", longest, ENOENT, "no guest module");
}

static void missing_modules_are_refused(void **state)
{
	char deep[4096];

	(void)state;
	expect_no_guest("nowhere", VERSION, ENOENT,
			"nowhere/" VERSION "/twinos_guest.ko");
	expect_no_guest("lib", "6.1.0-other", ENOENT,
			"no guest module for kernel 6.1.0-other");
	expect_no_guest("initrd", VERSION, ENOTDIR, "no guest module");
	memset(deep, 'd', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	expect_no_guest(deep, VERSION, ENAMETOOLONG, "no guest module");
	unlink(MODULE);
	expect_no_guest("lib", VERSION, ENOENT, "--guest-modules");
	assert_int_equal(symlink("nothing", MODULE), 0);
	expect_no_guest("lib", VERSION, ENOENT, "no guest module");
	unlink(MODULE);
	assert_int_equal(mkdir(MODULE, 0700), 0);
	expect_no_guest("lib", VERSION, EISDIR, "no guest module");
}

static void unreadable_modules_are_refused(void **state)
{
	uid_t we = geteuid();

	(void)state;
	assert_int_equal(chmod(MODULE, 0), 0);
	/* Root may read it all the same; "nobody" is 65534. */
	if (!we)
		assert_int_equal(seteuid(65534), 0);
	expect_no_guest("lib", VERSION, EACCES, "Permission denied");
	assert_int_equal(seteuid(we), 0);
}

static void expect_no_module(const char *text, size_t length, const char *why)
{
	write_bytes(MODULE, text, length);
	expect_no_guest("lib", VERSION, length ? ENOEXEC : ENODATA, why);
}

#define EXPECT_NO_MODULE(text, why) \
	expect_no_module(text, sizeof(text) - 1, why)

static void other_modules_are_refused(void **state)
{
	static const char other[] = "built for another kernel";

	(void)state;
	EXPECT_NO_MODULE("", "no guest module");
	EXPECT_NO_MODULE("#!/", "not a module");
	EXPECT_NO_MODULE(ELF, "not a module");
	EXPECT_NO_MODULE("#!/bin/sh vermagic=" VERSION " ", "not a module");
	EXPECT_NO_MODULE(ELF "vermagic=", other);
	EXPECT_NO_MODULE(ELF "vermagic=" VERSION, other);
	EXPECT_NO_MODULE(MAGIC(VERSION "-x"), other);
	EXPECT_NO_MODULE(MAGIC("6.9.9"), other);
	EXPECT_NO_MODULE(MAGIC("x" VERSION), other);
	EXPECT_NO_MODULE(MAGIC(VERSION), "another release");
	EXPECT_NO_MODULE(MAGIC(VERSION) "\0twinos_handover=3",
			 "another release");
	EXPECT_NO_MODULE(MAGIC(VERSION) "\0" MARK "0", "another release");
}

static void huge_modules_are_refused(void **state)
{
	(void)state;
	assert_int_equal(truncate(MODULE, 5L << 30), 0);
	expect_no_guest("lib", VERSION, ENOEXEC, "not a module");
}

static void bad_shims_are_refused(void **state)
{
	(void)state;
	write_bytes("lib/init", "", 0);
	expect_no_guest("lib", VERSION, ENODATA, "lib/init");
	write_bytes("lib/init", "#!/bin/sh\n", 10);
	expect_no_guest("lib", VERSION, ENOEXEC, "lib/init");
	unlink("lib/init");
	expect_no_guest("lib", VERSION, ENOENT, "lib/init");
}

/* ---- what shared mode refuses ------------------------------------------- */

static const char *const initrds[] = { "initrd" };
static const unsigned int cpus[] = { 0 };

static struct twinos_config shared_config(void)
{
	return (struct twinos_config){
		.name = "twinos-unit-test",
		.kernel = "vmlinuz",
		.initrds = initrds,
		.nr_initrds = 1,
		.cpus = cpus,
		.nr_cpus = 1,
		.memory = 64UL << 20,
		.shared = true,
		.guest_dir = "lib",
	};
}

static void expect_refused(const struct twinos_config *config,
			   enum twinos_error_kind kind, const char *why)
{
	struct twinos_error err = { 0 };
	struct twinos_twin *twin = NULL;

	assert_true(twinos_twin_new(config, &twin, &err) < 0);
	if (err.kind != kind || !strstr(err.text, why))
		fail_msg("'%s' not in: %s", why, err.text);
	assert_null(twin);
}

/* All was well until the device, which a test can't count on. */
static void expect_opened(const struct twinos_config *config)
{
	struct twinos_error err = { 0 };
	struct twinos_twin *twin = NULL;

	if (twinos_twin_new(config, &twin, &err) &&
	    err.kind != TWINOS_ERROR_MODULE && err.kind != TWINOS_ERROR_CPU)
		fail_msg("refused: %s", err.text);
	twinos_twin_free(twin);
}

static void config_is_checked(void **state)
{
	struct twinos_config config = shared_config();

	(void)state;
	config.cpus = NULL;
	expect_refused(&config, TWINOS_ERROR_USAGE, "one CPU");
	config = shared_config();
	config.nr_cpus = 2;
	expect_refused(&config, TWINOS_ERROR_USAGE, "one CPU");
	config = shared_config();
	config.nr_initrds = 0;
	expect_refused(&config, TWINOS_ERROR_USAGE, "--initrd");
	config = shared_config();
	config.entry = TWINOS_ENTRY_BZIMAGE;
	expect_refused(&config, TWINOS_ERROR_USAGE, "--entry elf");
	config = shared_config();
	config.cmdline = "quiet idle=poll";
	expect_refused(&config, TWINOS_ERROR_USAGE, "idle=poll");
}

static void slices_are_checked(void **state)
{
	struct twinos_config config = shared_config();

	(void)state;
	config.slice_us = TWINOS_SLICE_MIN_US - 1;
	expect_refused(&config, TWINOS_ERROR_USAGE, "slice");
	config.slice_us = TWINOS_SLICE_MAX_US + 1;
	expect_refused(&config, TWINOS_ERROR_USAGE, "slice");
	config.slice_us = TWINOS_SLICE_MIN_US;
	assert_int_equal(twinos_shared_check(&config, NULL), 0);
	config.slice_us = TWINOS_SLICE_MAX_US;
	assert_int_equal(twinos_shared_check(&config, NULL), 0);
}

static void guest_is_looked_for_early(void **state)
{
	struct twinos_config config = shared_config();

	(void)state;
	expect_opened(&config);
	config.kernel = "elf";
	config.entry = TWINOS_ENTRY_ELF;
	expect_opened(&config);
	config.guest_dir = "nowhere";
	expect_refused(&config, TWINOS_ERROR_IMAGE, "nowhere/" VERSION);
	/* In dedicated mode a twin can do without, if nobody named a place. */
	config.shared = false;
	expect_refused(&config, TWINOS_ERROR_IMAGE, "nowhere/" VERSION);
	config.guest_dir = NULL;
	expect_opened(&config);
	/* But for the ready-made root, whose shell needs one. */
	config.nr_initrds = 0;
	expect_opened(&config);
	config.root = &(struct twinos_root){ 0 };
	expect_refused(&config, TWINOS_ERROR_IMAGE, "no guest module");
	config.no_guest = true;
	expect_opened(&config);
	config.no_guest = false;
	config.nr_initrds = 1;
	expect_opened(&config);
	config.cmdline = "panic=5";
	expect_refused(&config, TWINOS_ERROR_USAGE, "without a guest module");
	config.guest_dir = "lib";
	expect_opened(&config);
	config.no_guest = true;
	expect_refused(&config, TWINOS_ERROR_USAGE, "without a guest module");
}

static void kernel_must_unpack(void **state)
{
	struct twinos_config config = shared_config();

	(void)state;
	config.kernel = "bzip2";
	expect_refused(&config, TWINOS_ERROR_IMAGE, "unpacked here");
	config.entry = TWINOS_ENTRY_ELF;
	expect_refused(&config, TWINOS_ERROR_IMAGE, "unpacked here");
	config.entry = TWINOS_ENTRY_AUTO;
	config.shared = false;
	expect_opened(&config);
}

static int check_levels(struct fake kernel, bool five_levels)
{
	struct twinos_image image;
	int ret;

	assert_int_equal(twinos_image_parse(&image, kernel.data, kernel.length,
					    TWINOS_ENTRY_AUTO, NULL),
			 0);
	ret = twinos_shared_check_image(&image, five_levels, NULL);
	twinos_image_release(&image);
	fake_free(&kernel);
	return ret;
}

static struct fake with_5_levels(struct fake kernel)
{
	kernel.data[0x236] |= XLF_5LEVEL;
	return kernel;
}

static void page_table_levels_are_checked(void **state)
{
	(void)state;
	assert_int_equal(check_levels(fake_vmlinuz(FAKE_XZ), false), 0);
	assert_int_equal(check_levels(fake_vmlinuz(FAKE_XZ), true), -ENOEXEC);
	assert_int_equal(
		check_levels(with_5_levels(fake_vmlinuz(FAKE_XZ)), true), 0);
	/* It does not tell. */
	assert_int_equal(check_levels(fake_elf(), true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(archive_has_all, make_guest),
		cmocka_unit_test(lengths_are_padded),
		cmocka_unit_test(empty_archive_ends),
		cmocka_unit_test(too_long_entries_are_refused),
		cmocka_unit_test_setup(archive_follows_the_initrd, make_guest),
		cmocka_unit_test_setup(odd_versions_are_refused, make_guest),
		cmocka_unit_test_setup(missing_modules_are_refused, make_guest),
		cmocka_unit_test_setup(unreadable_modules_are_refused,
				       make_guest),
		cmocka_unit_test_setup(other_modules_are_refused, make_guest),
		cmocka_unit_test_setup(huge_modules_are_refused, make_guest),
		cmocka_unit_test_setup(bad_shims_are_refused, make_guest),
		cmocka_unit_test_setup(config_is_checked, make_guest),
		cmocka_unit_test_setup(slices_are_checked, make_guest),
		cmocka_unit_test_setup(guest_is_looked_for_early, make_guest),
		cmocka_unit_test_setup(kernel_must_unpack, make_guest),
		cmocka_unit_test(page_table_levels_are_checked),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
