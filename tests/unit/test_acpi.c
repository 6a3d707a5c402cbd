// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks the tables as an OS does, from the RSDP on. The offsets are written out
 * from the ACPI specification again, so that a slip in acpi_tables.h shows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acpi.h"

#include <twinos/handover.h>

#define TABLES_AT 0x123456010ULL
#define HANDOVER 0x1fedcb000ULL
#define IO_APIC 0x1f000

static const struct twinos_lent_cpu cpus[] = {
	{ .cpu = 3, .apic_id = 6 },	{ .cpu = 1, .apic_id = 254 },
	{ .cpu = 200, .apic_id = 255 }, { .cpu = 201, .apic_id = 0x12345 },
	{ .cpu = 2, .apic_id = 0 },	{ .cpu = 4, .apic_id = 253 },
};
#define NR_CPUS (sizeof(cpus) / sizeof(cpus[0]))

static struct twinos_acpi acpi;
static unsigned char *buf;
static size_t buf_size;

static struct twinos_acpi_config good_config(void)
{
	return (struct twinos_acpi_config){
		.cpus = cpus,
		.nr_cpus = NR_CPUS,
		.handover = HANDOVER,
		.io_apic = IO_APIC,
		.dummy_apic = true,
	};
}

static int build(const struct twinos_acpi_config *config)
{
	free(buf);
	buf_size = twinos_acpi_size(config);
	buf = malloc(buf_size);
	assert_non_null(buf);
	memset(buf, 0xff, buf_size);
	return twinos_acpi_build(&acpi, buf, buf_size, TABLES_AT, config);
}

static void build_good(void)
{
	const struct twinos_acpi_config config = good_config();

	assert_int_equal(build(&config), 0);
}

static uint64_t number(const unsigned char *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

static uint8_t sum(const unsigned char *at, size_t length)
{
	uint8_t total = 0;

	while (length--)
		total += *at++;
	return total;
}

static const unsigned char *at_address(uint64_t addr, size_t length)
{
	assert_true(addr >= TABLES_AT);
	assert_true(addr - TABLES_AT <= acpi.length);
	assert_true(length <= acpi.length - (addr - TABLES_AT));
	return buf + (addr - TABLES_AT);
}

static const unsigned char *table_at(uint64_t addr, const char *signature)
{
	const unsigned char *table = at_address(addr, 36);
	size_t length = number(table + 4, 4);

	assert_memory_equal(table, signature, 4);
	at_address(addr, length);
	assert_int_equal(sum(table, length), 0);
	return table;
}

static const unsigned char *rsdp(void)
{
	return at_address(acpi.rsdp, 36);
}

static const unsigned char *xsdt(void)
{
	return table_at(number(rsdp() + 24, 8), "XSDT");
}

static const unsigned char *fadt(void)
{
	return table_at(number(xsdt() + 36, 8), "FACP");
}

static const unsigned char *madt(void)
{
	return table_at(number(xsdt() + 44, 8), "APIC");
}

static const unsigned char *dsdt(void)
{
	return table_at(number(fadt() + 140, 8), "DSDT");
}

static void test_rsdp(void **state)
{
	(void)state;
	build_good();
	assert_int_equal(acpi.rsdp % 16, 0);
	assert_memory_equal(rsdp(), "RSD PTR ", 8);
	assert_int_equal(sum(rsdp(), 20), 0);
	assert_int_equal(sum(rsdp(), 36), 0);
	assert_int_equal(rsdp()[15], 2);
	assert_int_equal(number(rsdp() + 16, 4), 0);
	assert_int_equal(number(rsdp() + 20, 4), 36);
	assert_int_equal(number(xsdt() + 4, 4), 36 + 2 * 8);
}

static void test_fadt(void **state)
{
	(void)state;
	build_good();
	assert_int_equal(number(fadt() + 4, 4), 268);
	assert_int_equal(fadt()[8], 5);
	assert_int_equal(number(fadt() + 109, 2), 1 << 2 | 1 << 4 | 1 << 5);
	assert_int_equal(number(fadt() + 112, 4), 1 << 20 | 1 << 19);
	/* a hardware-reduced machine has no FACS, SMI, PM1, PM timer, GPE */
	for (size_t i = 36; i < 109; i++)
		assert_int_equal(fadt()[i], 0);
	for (size_t i = 116; i < 140; i++)
		assert_int_equal(fadt()[i], 0);
	for (size_t i = 148; i < 244; i++)
		assert_int_equal(fadt()[i], 0);
}

/* acpi_sleep_state_supported() wants both addresses; bytes of memory. */
static void test_sleep_registers(void **state)
{
	static const unsigned char byte_of_memory[4] = { 0, 8, 0, 1 };

	(void)state;
	build_good();
	assert_memory_equal(fadt() + 244, byte_of_memory, 4);
	assert_int_equal(number(fadt() + 248, 8),
			 HANDOVER + offsetof(struct twinos_handover,
					     sleep_control));
	assert_memory_equal(fadt() + 256, byte_of_memory, 4);
	assert_int_equal(number(fadt() + 260, 8),
			 HANDOVER + offsetof(struct twinos_handover,
					     sleep_status));
}

/* The handover area's address follows the name HADR and the QWord prefix. */
static void test_dsdt(void **state)
{
	static const char name[] = "\x08HADR\x0e";
	const unsigned char *hit;
	size_t length;

	(void)state;
	build_good();
	length = number(dsdt() + 4, 4);
	hit = memmem(dsdt(), length, name, 6);
	assert_non_null(hit);
	assert_int_equal(number(hit + 6, 8), HANDOVER);
	assert_null(memmem(dsdt(), length, "TWINHADR", 8));
	assert_int_equal(dsdt()[8], 2);
	assert_non_null(memmem(dsdt(), length, "TWIN0001", 8));
	assert_non_null(memmem(dsdt(), length, "_TTS", 4));
	assert_non_null(memmem(dsdt(), length, "_PTS", 4));
	assert_non_null(memmem(dsdt(), length, "_S5_", 4));
}

static const unsigned char *local_apic(const unsigned char *entry, uint8_t id)
{
	assert_int_equal(entry[0], 0);
	assert_int_equal(entry[1], 8);
	assert_int_equal(entry[3], id);
	assert_int_equal(number(entry + 4, 4), 1);
	return entry + 8;
}

static const unsigned char *x2apic(const unsigned char *entry, uint32_t id)
{
	assert_int_equal(entry[0], 9);
	assert_int_equal(entry[1], 16);
	assert_int_equal(number(entry + 2, 2), 0);
	assert_int_equal(number(entry + 4, 4), id);
	assert_int_equal(number(entry + 8, 4), 1);
	return entry + 16;
}

static const unsigned char *io_apic(const unsigned char *entry)
{
	assert_int_equal(entry[0], 1);
	assert_int_equal(entry[1], 12);
	assert_int_equal(number(entry + 4, 4), IO_APIC);
	assert_int_equal(number(entry + 8, 4), 0);
	return entry + 12;
}

static void check_end(const unsigned char *entry)
{
	assert_ptr_equal(entry, madt() + number(madt() + 4, 4));
}

static void test_madt(void **state)
{
	const unsigned char *entry;

	(void)state;
	build_good();
	assert_int_equal(number(madt() + 36, 4), 0xfee00000);
	assert_int_equal(number(madt() + 40, 4), 0);
	/* 254 and 253 are taken: the dummy gets the next */
	entry = local_apic(madt() + 44, 252);
	entry = local_apic(entry, 6);
	entry = local_apic(entry, 254);
	entry = x2apic(entry, 255);
	entry = x2apic(entry, 0x12345);
	entry = local_apic(entry, 0);
	entry = local_apic(entry, 253);
	check_end(io_apic(entry));
}

static void test_madt_without_dummy(void **state)
{
	struct twinos_acpi_config config = good_config();
	const unsigned char *entry;

	(void)state;
	config.dummy_apic = false;
	config.nr_cpus = 1;
	assert_int_equal(build(&config), 0);
	entry = local_apic(madt() + 44, 6);
	check_end(io_apic(entry));
}

static void test_madt_of_256_cpus(void **state)
{
	struct twinos_acpi_config config = good_config();
	struct twinos_lent_cpu many[256];
	const unsigned char *entry;

	(void)state;
	for (unsigned int i = 0; i < 256; i++)
		many[i] = (struct twinos_lent_cpu){ i, 0x1000 + i };
	config.cpus = many;
	config.nr_cpus = 256;
	assert_int_equal(build(&config), 0);
	entry = local_apic(madt() + 44, 254);
	for (unsigned int i = 0; i < 256; i++) {
		assert_int_equal(number(entry + 12, 4), i);
		entry = x2apic(entry, 0x1000 + i);
	}
	check_end(io_apic(entry));
}

static void test_table_list(void **state)
{
	static const char *const names[] = { "DSDT", "FADT", "MADT", "XSDT",
					     "RSDP" };
	uint64_t end = TABLES_AT;

	(void)state;
	build_good();
	assert_int_equal(acpi.nr_tables, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(acpi.tables[i].name, names[i]);
		assert_int_equal(acpi.tables[i].start % 16, 0);
		assert_true(acpi.tables[i].start >= end);
		end = acpi.tables[i].start + acpi.tables[i].length;
	}
	assert_true(end <= TABLES_AT + acpi.length);
	assert_true(acpi.length <= buf_size);
	assert_int_equal(acpi.tables[4].start, acpi.rsdp);
}

static void test_no_space(void **state)
{
	const struct twinos_acpi_config config = good_config();

	(void)state;
	build_good();
	for (size_t size = 0; size < buf_size; size++)
		assert_int_equal(twinos_acpi_build(&acpi, buf, size, TABLES_AT,
						   &config),
				 -ENOSPC);
}

static void test_bad_config(void **state)
{
	static const struct twinos_lent_cpu broadcast = { 0, 0xffffffff };
	struct twinos_acpi_config config = good_config();

	(void)state;
	config.nr_cpus = 0;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.cpus = &broadcast;
	config.nr_cpus = 1;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.io_apic = 0; /* mp_register_ioapic() calls it bogus */
	assert_int_equal(build(&config), -EINVAL);
	config.io_apic = IO_APIC + 8;
	assert_int_equal(build(&config), -EINVAL);
	config = good_config();
	config.handover = HANDOVER + 16;
	assert_int_equal(build(&config), -EINVAL);
}

static void test_bad_address(void **state)
{
	const struct twinos_acpi_config config = good_config();

	(void)state;
	build_good();
	assert_int_equal(twinos_acpi_build(&acpi, buf, buf_size, TABLES_AT + 8,
					   &config),
			 -EINVAL);
	assert_int_equal(twinos_acpi_build(&acpi, buf, buf_size,
					   UINT64_MAX - 0xff, &config),
			 -EINVAL);
}

/* What io_apic_read() and io_apic_write() do with it in a kernel. */
static uint32_t io_apic_read(uint32_t *page, uint32_t reg)
{
	page[0] = reg;
	return page[4];
}

static void test_fake_io_apic(void **state)
{
	static uint32_t page[1024];

	(void)state;
	memset(page, 0xff, sizeof(page));
	twinos_acpi_io_apic(page);
	for (uint32_t reg = 0; reg <= 2; reg++)
		assert_int_not_equal(io_apic_read(page, reg), 0xffffffff);
	assert_int_equal(io_apic_read(page, 1) & 0xff, 0x11);
	assert_int_equal(io_apic_read(page, 1) >> 16 & 0xff, 0);
	/* the pin's entry: fixed delivery, no remote IRR */
	assert_int_equal(io_apic_read(page, 0x10) & (7 << 8 | 1 << 14), 0);
	assert_int_equal(page[1023], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsdp),
		cmocka_unit_test(test_fadt),
		cmocka_unit_test(test_sleep_registers),
		cmocka_unit_test(test_dsdt),
		cmocka_unit_test(test_madt),
		cmocka_unit_test(test_madt_without_dummy),
		cmocka_unit_test(test_madt_of_256_cpus),
		cmocka_unit_test(test_table_list),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_bad_address),
		cmocka_unit_test(test_fake_io_apic),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(buf);
	return failed;
}
