// SPDX-License-Identifier: GPL-2.0-only
/* Walks the tables as a CPU does, for addresses inside and outside. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pagetable.h"

#define TABLES_AT 0x140000000ULL /* where the twin would see them */
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define NOT_MAPPED UINT64_MAX

struct map {
	unsigned char *buf;
	size_t size;
};

static struct map build(const struct twinos_range *ranges, size_t nr)
{
	struct map map = { .size = twinos_pagetable_size(ranges, nr) };

	map.buf = aligned_alloc(4096, map.size);
	assert_non_null(map.buf);
	memset(map.buf, 0xff, map.size);
	assert_int_equal(twinos_pagetable_build(map.buf, map.size, TABLES_AT,
						ranges, nr),
			 0);
	return map;
}

/* SDM volume 3A, table 4-15 and following: present, writable, no NX. */
static uint64_t entry(const struct map *map, uint64_t table, unsigned int index)
{
	uint64_t value;

	assert_in_range(table, TABLES_AT, TABLES_AT + map->size - 4096);
	memcpy(&value, map->buf + (table - TABLES_AT) + 8 * index, 8);
	if (value & 1)
		assert_int_equal(value & 0xfff0000000000002, 2);
	return value;
}

static uint64_t translate(const struct map *map, uint64_t addr)
{
	uint64_t table = TABLES_AT, value = 0;

	for (unsigned int shift = 39; shift >= 21; shift -= 9) {
		value = entry(map, table, (addr >> shift) & 511);
		if (!(value & 1))
			return NOT_MAPPED;
		assert_int_equal(!!(value & 0x80), shift == 21);
		table = value & 0x000ffffffffff000;
	}
	assert_int_equal(table & 0x1fffff, 0);
	return table + (addr & 0x1fffff);
}

static bool is_inside(const struct twinos_range *ranges, size_t nr,
		      uint64_t addr)
{
	for (size_t i = 0; i < nr; i++)
		if (ranges[i].length &&
		    addr >= (ranges[i].start & ~0x1fffffULL) &&
		    addr <= ((ranges[i].start + ranges[i].length - 1) |
			     0x1fffff))
			return true;
	return addr < 2 * MIB;
}

static void check_address(const struct map *map,
			  const struct twinos_range *ranges, size_t nr,
			  uint64_t addr)
{
	uint64_t want = is_inside(ranges, nr, addr) ? addr : NOT_MAPPED;

	if (translate(map, addr) != want)
		fail_msg("%#llx is mapped to %#llx", (unsigned long long)addr,
			 (unsigned long long)translate(map, addr));
}

static uint64_t random_bits(void)
{
	return (uint64_t)random() << 31 ^ random();
}

static void check_map(const struct twinos_range *ranges, size_t nr)
{
	struct map map = build(ranges, nr);

	for (size_t i = 0; i < nr; i++) {
		uint64_t start = ranges[i].start, length = ranges[i].length;

		for (int n = 0; length && n < 1000; n++)
			check_address(&map, ranges, nr,
				      start + random_bits() % length);
		check_address(&map, ranges, nr, start);
		check_address(&map, ranges, nr, (start | 0x1fffff) + 1);
		check_address(&map, ranges, nr, start + length);
		check_address(&map, ranges, nr, start + length + 2 * MIB);
		if (start)
			check_address(&map, ranges, nr, start - 1);
	}
	for (int n = 0; n < 10000; n++)
		check_address(&map, ranges, nr, random_bits() >> 15);
	free(map.buf);
}

static void test_low_only(void **state)
{
	(void)state;
	assert_int_equal(twinos_pagetable_size(NULL, 0), 3 * 4096);
	check_map(NULL, 0);
}

static void test_places(void **state)
{
	const struct twinos_range ranges[] = {
		{ .start = 0x20000, .length = 0x10000 },
		{ .start = 768 * MIB, .length = 256 * MIB },
		{ .start = 5 * GIB - 2 * MIB, .length = 4 * MIB },
		{ .start = 511 * GIB, .length = 2 * GIB },
		{ .start = 700 * GIB, .length = 2 * MIB },
		{ .start = (1ULL << 47) - 2 * MIB, .length = 2 * MIB },
	};

	(void)state;
	check_map(ranges, 6);
}

static void test_rounds_outwards(void **state)
{
	const struct twinos_range ranges[] = {
		{ .start = GIB - 1, .length = 2 },
		{ .start = 3 * GIB + 5 * MIB + 7, .length = 2 * MIB },
		{ .start = 3 * GIB, .length = 1 },
		{ .start = 9 * GIB, .length = 0 },
		{ .start = UINT64_MAX, .length = 0 },
	};

	(void)state;
	check_map(ranges, 4);
	assert_int_not_equal(twinos_pagetable_size(ranges, 5), 0);
}

static void test_overlap(void **state)
{
	const struct twinos_range ranges[] = {
		{ .start = 6 * GIB, .length = 3 * GIB },
		{ .start = 5 * GIB, .length = 2 * GIB },
		{ .start = 7 * GIB, .length = 4 * MIB },
		{ .start = 0, .length = 4 * MIB },
	};

	(void)state;
	/* PML4, one PDPT, PDs of GiB 0, 5, 6, 7 and 8 */
	assert_int_equal(twinos_pagetable_size(ranges, 4), 7 * 4096);
	check_map(ranges, 4);
}

static void test_no_space(void **state)
{
	const struct twinos_range range = { .start = 513 * GIB,
					    .length = 2 * GIB };
	const size_t need = 6 * 4096; /* PML4, 2 PDPTs, 3 PDs */
	unsigned char *buf = aligned_alloc(4096, need);

	(void)state;
	assert_int_equal(twinos_pagetable_size(&range, 1), need);
	for (size_t size = 0; size < need; size += 2048)
		assert_int_equal(twinos_pagetable_build(buf, size, TABLES_AT,
							&range, 1),
				 -ENOSPC);
	assert_int_equal(
		twinos_pagetable_build(buf, need, TABLES_AT, &range, 1), 0);
	assert_int_equal(twinos_pagetable_build(buf, need, TABLES_AT + 8,
						&range, 1),
			 -EINVAL);
	free(buf);
}

static void test_out_of_reach(void **state)
{
	const struct twinos_range bad[] = {
		{ .start = (1ULL << 47) - 2 * MIB, .length = 2 * MIB + 1 },
		{ .start = 1ULL << 47, .length = 1 },
		{ .start = UINT64_MAX, .length = 1 },
		{ .start = 4 * MIB, .length = UINT64_MAX },
		{ .start = UINT64_MAX, .length = UINT64_MAX },
	};
	static unsigned char buf[8 * 4096] __attribute__((aligned(4096)));

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(twinos_pagetable_size(&bad[i], 1), 0);
		assert_int_equal(twinos_pagetable_build(buf, sizeof(buf),
							TABLES_AT, &bad[i], 1),
				 -ERANGE);
	}
	assert_int_equal(twinos_pagetable_build(buf, sizeof(buf), 1ULL << 47,
						NULL, 0),
			 -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_low_only),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_rounds_outwards),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_out_of_reach),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
