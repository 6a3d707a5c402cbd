// SPDX-License-Identifier: GPL-2.0-only
/* What is read of the host's files: lists of CPUs, memory, configuration, log. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "cpulist.h"
#include "fake_root.h"
#include "hostfs.h"
#include "iomem.h"
#include "kconfig.h"
#include "kmsg.h"

static struct twinos_hostfs fs;

static int open_root(void **state)
{
	(void)state;
	return twinos_hostfs_open(&fs, fake_root_make());
}

static int close_root(void **state)
{
	(void)state;
	twinos_hostfs_close(&fs);
	fake_root_remove();
	return 0;
}

static void files(void **state)
{
	char line[8], **names, *text;
	uint64_t number;

	(void)state;
	fake_root_put("/a/b", "first line\nsecond");
	assert_int_equal(twinos_hostfs_line(&fs, "/a/b", line, sizeof(line)),
			 0);
	assert_string_equal(line, "first l");
	text = twinos_hostfs_read(&fs, "/a/b");
	assert_string_equal(text, "first line\nsecond");
	free(text);
	assert_null(twinos_hostfs_read(&fs, "/a"));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(twinos_hostfs_line(&fs, "/a/c", line, sizeof(line)),
			 -ENOENT);
	assert_string_equal(line, "");
	assert_int_equal(twinos_hostfs_number(&fs, "/a/b", &number), -EINVAL);
	fake_root_put("/a/n", "0x10\n");
	assert_int_equal(twinos_hostfs_number(&fs, "/a/n", &number), 0);
	assert_int_equal(number, 16);
	fake_root_put("/a/n", "99999999999999999999999\n");
	assert_int_equal(twinos_hostfs_number(&fs, "/a/n", &number), -EINVAL);
	assert_int_equal(twinos_hostfs_list(&fs, "/a", &names), 2);
	assert_string_equal(names[0], "b");
	assert_string_equal(names[1], "n");
	free(names);
	assert_int_equal(twinos_hostfs_list(&fs, "/c", &names), -ENOENT);
}

static void is_list(const char *text, const char *want)
{
	struct twinos_cpulist list = { 0 };
	char out[16];

	assert_true(twinos_cpulist_parse(&list, text));
	assert_string_equal(twinos_cpulist_format(&list, out, sizeof(out)),
			    want);
}

static void cpu_lists(void **state)
{
	static const char *const bad[] = {
		"x",	"1-",	  "-1",
		"3-2",	"1,",	  "1 2",
		"8192", "0-9999", "99999999999999999999"
	};
	struct twinos_cpulist list = { 0 };
	size_t i;

	(void)state;
	is_list("", "");
	is_list("\n", "");
	is_list("0-3,8\n", "0-3,8");
	is_list("1,0,2", "0-2");
	is_list("8191", "8191");
	is_list("0,2,4,6,8,10,12,14", "0,2,4,6,8,10...");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(twinos_cpulist_parse(&list, bad[i]));
}

#define IOMEM                              \
	"00001000-0009fbff : System RAM\n" \
	"  00002000-00002fff : inside\n"   \
	"0009fc00-0009ffff : Reserved\n"   \
	"40000000-5fffffff : Reserved\n"   \
	"60000000-6fffffff : Reserved\n"   \
	"garbage\n"                        \
	"fffff-0 : backwards\n"            \
	"0-ffffffffffffffff : System RAM\n"

static void memory_map(void **state)
{
	struct twinos_iomem map;

	(void)state;
	assert_int_equal(twinos_iomem_load(&map, &fs), -ENOENT);
	fake_root_put("/proc/iomem", "");
	assert_int_equal(twinos_iomem_load(&map, &fs), -ENODATA);
	fake_root_put("/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(twinos_iomem_load(&map, &fs), -EACCES);

	fake_root_put("/proc/iomem", IOMEM);
	assert_int_equal(twinos_iomem_load(&map, &fs), 0);
	assert_int_equal(map.nr_ranges, 4);
	/* Two ranges that touch are as good as one. */
	assert_true(
		twinos_iomem_covers(&map, "Reserved", 0x50000000, 0x70000000));
	assert_false(
		twinos_iomem_covers(&map, "Reserved", 0x50000000, 0x70000001));
	assert_false(twinos_iomem_covers(&map, "System RAM", 0x50000000,
					 0x50001000));
	assert_int_equal(twinos_iomem_within(&map, "System RAM", 0, 0x10000),
			 0xf000);
	twinos_iomem_free(&map);
}

static void firmware_map(void **state)
{
	struct twinos_iomem map;

	(void)state;
	assert_int_equal(twinos_iomem_load_firmware(&map, &fs), -ENOENT);
	fake_root_put("/sys/firmware/memmap/0/start", "0x100000\n");
	fake_root_put("/sys/firmware/memmap/0/end", "0x1fffff\n");
	fake_root_put("/sys/firmware/memmap/0/type", "System RAM\n");
	assert_int_equal(twinos_iomem_load_firmware(&map, &fs), 0);
	assert_true(
		twinos_iomem_covers(&map, "System RAM", 0x100000, 0x200000));
	twinos_iomem_free(&map);
	fake_root_put("/sys/firmware/memmap/1/start", "nonsense");
	assert_true(twinos_iomem_load_firmware(&map, &fs) < 0);
}

static void pack(const char *path, const char *text)
{
	char name[] = "/tmp/twinos-test-gz-XXXXXX", bytes[512];
	int fd = mkstemp(name);
	gzFile gz = gzdopen(fd, "w");
	size_t length;
	FILE *file;

	gzputs(gz, text);
	gzclose(gz);
	file = fopen(name, "r");
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	remove(name);
	fake_root_bytes(path, 0, bytes, length);
}

#define CONFIG                        \
	"CONFIG_X86_64=y\n"           \
	"# CONFIG_KEXEC is not set\n" \
	"CONFIG_SMP=y\n"              \
	"CONFIG_X86_MSR=m\n"

static void configuration(void **state)
{
	struct twinos_kconfig config;

	(void)state;
	twinos_kconfig_load(&config, &fs, "6.1");
	assert_null(config.text);
	assert_int_equal(twinos_kconfig_get(&config, "CONFIG_SMP"), 0);
	pack("/proc/config.gz", CONFIG);
	twinos_kconfig_load(&config, &fs, "6.1");
	assert_string_equal(config.source, "/proc/config.gz");
	assert_int_equal(twinos_kconfig_get(&config, "CONFIG_SMP"), 'y');
	assert_int_equal(twinos_kconfig_get(&config, "CONFIG_X86_MSR"), 'm');
	assert_int_equal(twinos_kconfig_get(&config, "CONFIG_KEXEC"), 'n');
	assert_int_equal(twinos_kconfig_get(&config, "CONFIG_X86"), 'n');
	twinos_kconfig_free(&config);

	/* The first that looks like one counts. */
	fake_root_put("/boot/config-6.1", "no configuration");
	twinos_kconfig_load(&config, &fs, "6.1");
	assert_string_equal(config.source, "/proc/config.gz");
	twinos_kconfig_free(&config);
	fake_root_put("/boot/config-6.1", CONFIG);
	twinos_kconfig_load(&config, &fs, "6.1");
	assert_string_equal(config.source, "/boot/config-6.1");
	twinos_kconfig_free(&config);
}

static void damaged_configuration(void **state)
{
	struct twinos_kconfig config;

	(void)state;
	pack("/proc/config.gz", CONFIG);
	fake_root_bytes("/proc/config.gz", 20, "\xff\xff\xff\xff", 4);
	twinos_kconfig_load(&config, &fs, "6.1");
	assert_null(config.text);
}

static void log_lines(void **state)
{
	struct twinos_kmsg log;

	(void)state;
	twinos_kmsg_load(&log, &fs);
	assert_null(log.text);
	assert_false(twinos_kmsg_says(&log, "x"));
	fake_root_put("/dev/kmsg", "6,0,0,-;Linux version 6.1\n"
				   " SUBSYSTEM=acpi\n"
				   "12,1,5,-;a program's words\n"
				   "no record\n"
				   "4,2,9,-;x2apic enabled");
	twinos_kmsg_load(&log, &fs);
	assert_string_equal(log.text, "Linux version 6.1\nx2apic enabled\n");
	assert_true(log.whole);
	twinos_kmsg_free(&log);
	fake_root_put("/dev/kmsg", "6,7,0,-;x\n");
	twinos_kmsg_load(&log, &fs);
	assert_false(log.whole);
	twinos_kmsg_free(&log);
	fake_root_put("/dev/kmsg", ";\n;;;\n,\n");
	twinos_kmsg_load(&log, &fs);
	twinos_kmsg_free(&log);
}

#define IN_ROOT(test) \
	cmocka_unit_test_setup_teardown(test, open_root, close_root)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_ROOT(files),		IN_ROOT(cpu_lists),
		IN_ROOT(memory_map),	IN_ROOT(firmware_map),
		IN_ROOT(configuration), IN_ROOT(damaged_configuration),
		IN_ROOT(log_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
