// SPDX-License-Identifier: GPL-2.0-only
/* The zero page, read as arch/x86/kernel/{setup,e820}.c read it. */
#include <asm/bootparam.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot_params.h"

#define RAM 1
#define RESERVED 2

static struct twinos_image image;
static struct boot_params params;

static const struct twinos_range two_ranges[] = {
	{ .start = 0x10000, .length = 0x20000 },
	{ .start = 0x100000000, .length = 0x20000000 },
};

/* A config that works, for a test to spoil. */
static struct twinos_boot_params_config good_config(void)
{
	struct setup_header *hdr = (void *)image.setup_header;

	memset(&image, 0, sizeof(image));
	image.max_cmdline = 2047;
	image.setup_header_length = sizeof(*hdr);
	hdr->boot_flag = 0xaa55;
	hdr->header = 0x53726448;
	hdr->loadflags = KASLR_FLAG;
	hdr->setup_data = 0x1234;
	hdr->init_size = 0x3000000;
	return (struct twinos_boot_params_config){
		.image = &image,
		.ranges = two_ranges,
		.nr_ranges = 2,
		.cmdline = 0x123456789,
		.cmdline_length = 100,
		.initrd = 0x2abcde000,
		.initrd_length = 0x300000001,
		.rsdp = 0x10fff0,
	};
}

static int build(const struct twinos_boot_params_config *config)
{
	memset(&params, 0xff, sizeof(params));
	return twinos_boot_params_build(&params, config);
}

static void check_entry(unsigned int i, uint64_t start, uint64_t length,
			uint32_t type)
{
	assert_true(i < params.e820_entries);
	assert_int_equal(params.e820_table[i].addr, start);
	assert_int_equal(params.e820_table[i].size, length);
	assert_int_equal(params.e820_table[i].type, type);
}

static void test_header(void **state)
{
	struct twinos_boot_params_config config = good_config();

	(void)state;
	assert_int_equal(build(&config), 0);
	assert_int_equal(params.hdr.header, 0x53726448);
	assert_int_equal(params.hdr.boot_flag, 0xaa55);
	assert_int_equal(params.hdr.init_size, 0x3000000);
	assert_int_equal(params.hdr.type_of_loader, 0xff);
	assert_int_equal(params.hdr.loadflags, KASLR_FLAG | LOADED_HIGH);
	assert_int_equal(params.hdr.setup_data, 0);
}

static void test_addresses(void **state)
{
	struct twinos_boot_params_config config = good_config();

	(void)state;
	assert_int_equal(build(&config), 0);
	assert_int_equal(params.hdr.cmd_line_ptr, 0x23456789);
	assert_int_equal(params.ext_cmd_line_ptr, 1);
	assert_int_equal(params.hdr.ramdisk_image, 0xabcde000);
	assert_int_equal(params.ext_ramdisk_image, 2);
	assert_int_equal(params.hdr.ramdisk_size, 1);
	assert_int_equal(params.ext_ramdisk_size, 3);
	assert_int_equal(params.acpi_rsdp_addr, 0x10fff0);
}

/* sanitize_boot_params() and the probes for screen, EFI and EDD see nothing. */
static void test_rest_is_zero(void **state)
{
	static const struct screen_info no_screen;
	static const struct efi_info no_efi;
	struct twinos_boot_params_config config = good_config();

	(void)state;
	assert_int_equal(build(&config), 0);
	assert_memory_equal(&params.screen_info, &no_screen, sizeof(no_screen));
	assert_memory_equal(&params.efi_info, &no_efi, sizeof(no_efi));
	assert_int_equal(params.sentinel, 0);
	assert_int_equal(params.eddbuf_entries, 0);
	assert_int_equal(params.alt_mem_k, 0);
	assert_int_equal(params._pad9[sizeof(params._pad9) - 1], 0);
}

static void test_e820_holes(void **state)
{
	static const struct twinos_range holes[] = {
		{ .start = 0x100800000, .length = 0x1000 },
		{ .start = 0x10000, .length = 0x5000 },
		{ .start = 0x11ffff000, .length = 0x1000 },
		{ .start = 0x100801000, .length = 0x2000 },
		{ .start = 0x20000, .length = 0 },
	};
	struct twinos_boot_params_config config = good_config();

	(void)state;
	config.holes = holes;
	config.nr_holes = 5;
	assert_int_equal(build(&config), 0);
	check_entry(0, 0x10000, 0x5000, RESERVED);
	check_entry(1, 0x15000, 0x1b000, RAM);
	check_entry(2, 0x100000000, 0x800000, RAM);
	check_entry(3, 0x100800000, 0x3000, RESERVED);
	check_entry(4, 0x100803000, 0x1f7fc000, RAM);
	check_entry(5, 0x11ffff000, 0x1000, RESERVED);
	assert_int_equal(params.e820_entries, 6);
}

static void test_e820_sorts_and_merges(void **state)
{
	static const struct twinos_range ranges[] = {
		{ .start = 0x40000000, .length = 0x200000 },
		{ .start = 0x20000000, .length = 0x200000 },
		{ .start = 0x40200000, .length = 0x200000 },
		{ .start = 0x1fe00000, .length = 0x300000 },
		{ .start = 0x50000000, .length = 0 },
	};
	struct twinos_boot_params_config config = good_config();

	(void)state;
	config.ranges = ranges;
	config.nr_ranges = 5;
	assert_int_equal(build(&config), 0);
	check_entry(0, 0x1fe00000, 0x400000, RAM);
	check_entry(1, 0x40000000, 0x400000, RAM);
	assert_int_equal(params.e820_entries, 2);
}

static void test_e820_from_zero_to_the_top(void **state)
{
	static const struct twinos_range ranges[] = {
		{ .start = UINT64_MAX - 0xfff, .length = 0xfff },
		{ .start = 0, .length = 0x1000 },
	};
	struct twinos_boot_params_config config = good_config();

	(void)state;
	config.ranges = ranges;
	assert_int_equal(build(&config), 0);
	check_entry(0, 0, 0x1000, RAM);
	check_entry(1, UINT64_MAX - 0xfff, 0xfff, RAM);
}

/* append_e820_table() would ignore it and make memory up. */
static void test_e820_needs_two(void **state)
{
	struct twinos_boot_params_config config = good_config();

	(void)state;
	config.nr_ranges = 1;
	assert_int_equal(build(&config), -EINVAL);
	config.nr_ranges = 0;
	assert_int_equal(build(&config), -EINVAL);
}

static void test_e820_limit(void **state)
{
	static struct twinos_range ranges[E820_MAX_ENTRIES_ZEROPAGE + 1];
	struct twinos_boot_params_config config = good_config();

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		ranges[i].start = 0x10000000 + i * 0x400000;
		ranges[i].length = 0x200000;
	}
	config.ranges = ranges;
	config.nr_ranges = E820_MAX_ENTRIES_ZEROPAGE;
	assert_int_equal(build(&config), 0);
	assert_int_equal(params.e820_entries, E820_MAX_ENTRIES_ZEROPAGE);
	check_entry(127, 0x10000000 + 127 * 0x400000, 0x200000, RAM);
	assert_int_equal(params._pad8[0], 0);
	config.nr_ranges++;
	assert_int_equal(build(&config), -E2BIG);
}

static void test_hostile_numbers(void **state)
{
	static const struct twinos_range around = { .start = 0x1000,
						    .length = UINT64_MAX };
	struct twinos_boot_params_config config = good_config();

	(void)state;
	config.holes = &around;
	config.nr_holes = 1;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.ranges = &around;
	config.nr_ranges = 1;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.initrd_length = UINT64_MAX;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.cmdline = UINT64_MAX;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.cmdline_length = image.max_cmdline + 1;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	image.setup_header_length = sizeof(image.setup_header) + 1;
	assert_int_equal(build(&config), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_rest_is_zero),
		cmocka_unit_test(test_e820_holes),
		cmocka_unit_test(test_e820_sorts_and_merges),
		cmocka_unit_test(test_e820_from_zero_to_the_top),
		cmocka_unit_test(test_e820_needs_two),
		cmocka_unit_test(test_e820_limit),
		cmocka_unit_test(test_hostile_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
