// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "fake_twin.h"
#include "translate.h"

struct fixture {
	struct fake_twin fake;
	struct twinos_ram ram;
	struct twinos_translation tr;
};

static void set_up(struct fixture *fix, unsigned int levels,
		   unsigned int page_level)
{
	struct fake_options options = { true, levels, page_level };

	fake_twin_init(&fix->fake, &options);
	assert_int_equal(twinos_ram_init(&fix->ram, &fix->fake.range, 1,
					 fake_twin_read, &fix->fake),
			 0);
	fix->tr = (struct twinos_translation){
		.ram = &fix->ram,
		.top = TWIN_BASE + TWIN_TABLES,
		.levels = levels,
	};
}

static void tear_down(struct fixture *fix)
{
	assert_false(fix->fake.strayed);
	twinos_ram_destroy(&fix->ram);
	fake_twin_free(&fix->fake);
}

static uint64_t *top_entry(struct fixture *fix, uint64_t vaddr)
{
	unsigned int shift = 12 + 9 * (fix->tr.levels - 1);

	return (uint64_t *)(fix->fake.memory + TWIN_TABLES) +
	       (vaddr >> shift & 511);
}

static void walks_every_page_size(void **state)
{
	(void)state;
	for (unsigned int levels = 4; levels <= 5; levels++) {
		for (unsigned int page = 1; page <= 3; page++) {
			struct fixture fix;
			uint64_t paddr = 0;

			set_up(&fix, levels, page);
			assert_int_equal(
				twinos_translate(&fix.tr,
						 fake_twin_direct(&fix.fake,
								  0x12345),
						 &paddr),
				0);
			assert_int_equal(paddr, TWIN_BASE + 0x12345);
			assert_int_equal(twinos_translate(&fix.tr,
							  TWIN_IMAGE + 0x789,
							  &paddr),
					 0);
			assert_int_equal(paddr, TWIN_BASE + 0x789);
			tear_down(&fix);
		}
	}
}

static void assert_unmapped(struct fixture *fix, uint64_t vaddr)
{
	uint64_t paddr;

	assert_int_equal(twinos_translate(&fix->tr, vaddr, &paddr), -EFAULT);
}

static void refuses_unmapped(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix, 4, 1);
	assert_unmapped(&fix, 0);
	assert_unmapped(&fix, 0x1234);
	assert_unmapped(&fix, fake_twin_direct(&fix.fake, TWIN_SIZE));
	assert_unmapped(&fix, UINT64_MAX);
	tear_down(&fix);
}

static void refuses_non_canonical(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix, 4, 1);
	/* The tables would map it: only the bits above them differ. */
	assert_unmapped(&fix, fake_twin_direct(&fix.fake, 0) ^ 1ULL << 63);
	assert_unmapped(&fix, fake_twin_direct(&fix.fake, 0) ^ 1ULL << 48);
	tear_down(&fix);
	set_up(&fix, 5, 1);
	assert_unmapped(&fix, fake_twin_direct(&fix.fake, 0) ^ 1ULL << 57);
	tear_down(&fix);
}

static void refuses_hostile_tables(void **state)
{
	struct fixture fix;
	uint64_t vaddr;

	(void)state;
	set_up(&fix, 4, 1);
	vaddr = fake_twin_direct(&fix.fake, 0);
	*top_entry(&fix, vaddr) |= 0x80; /* no page has this size */
	assert_unmapped(&fix, vaddr);
	*top_entry(&fix, vaddr) = 0x000ffffffffff063ULL;
	assert_unmapped(&fix, vaddr);
	*top_entry(&fix, vaddr) = (TWIN_BASE + TWIN_SIZE) | 0x63;
	assert_unmapped(&fix, vaddr);
	/* A table that points to itself ends like any other. */
	*top_entry(&fix, vaddr) = (TWIN_BASE + TWIN_TABLES) | 0x63;
	assert_unmapped(&fix, vaddr);
	fix.tr.top = UINT64_MAX - 0xfff;
	assert_unmapped(&fix, vaddr);
	tear_down(&fix);
}

static void takes_the_encryption_bit_out(void **state)
{
	struct fixture fix;
	uint64_t vaddr, paddr;

	(void)state;
	set_up(&fix, 4, 2);
	vaddr = fake_twin_direct(&fix.fake, 0x100);
	*top_entry(&fix, vaddr) |= 1ULL << 47;
	assert_unmapped(&fix, vaddr);
	fix.tr.sme_mask = 1ULL << 47;
	assert_int_equal(twinos_translate(&fix.tr, vaddr, &paddr), 0);
	assert_int_equal(paddr, TWIN_BASE + 0x100);
	tear_down(&fix);
}

static void knows_the_image_map(void **state)
{
	uint64_t paddr;

	(void)state;
	assert_int_equal(twinos_translate_image(
				 -0x1000, TWIN_IMAGE_MAP + 0x3000, &paddr),
			 0);
	assert_int_equal(paddr, 0x2000);
	assert_int_equal(twinos_translate_image(0, TWIN_IMAGE_MAP - 1, &paddr),
			 -EFAULT);
	assert_int_equal(twinos_translate_image(
				 0, TWIN_IMAGE_MAP + (1ULL << 30), &paddr),
			 -EFAULT);
}

static void checks_arrays(void **state)
{
	struct fixture fix;
	uint64_t vaddr, paddr;

	(void)state;
	set_up(&fix, 5, 1);
	vaddr = fake_twin_direct(&fix.fake, 0x4000);
	assert_int_equal(twinos_translate_array(&fix.tr, vaddr, 0x3000, &paddr),
			 0);
	assert_int_equal(paddr, TWIN_BASE + 0x4000);
	assert_int_equal(twinos_translate_array(&fix.tr, vaddr, 0, &paddr),
			 -EFAULT);
	assert_int_equal(twinos_translate_array(&fix.tr, vaddr, UINT64_MAX,
						&paddr),
			 -EFAULT);
	fake_twin_map(&fix.fake, fake_twin_direct(&fix.fake, 0x6000), TWIN_BASE,
		      1);
	assert_int_equal(twinos_translate_array(&fix.tr, vaddr, 0x3000, &paddr),
			 -EFAULT);
	tear_down(&fix);
	/* A 2 MiB page reaches further than the memory. */
	set_up(&fix, 4, 2);
	vaddr = fake_twin_direct(&fix.fake, 0);
	assert_int_equal(
		twinos_translate_array(&fix.tr, vaddr, TWIN_SIZE, &paddr), 0);
	assert_int_equal(twinos_translate_array(&fix.tr, vaddr, TWIN_SIZE + 1,
						&paddr),
			 -EFAULT);
	tear_down(&fix);
}

static void finds_the_lowest_of_the_upper_half(void **state)
{
	(void)state;
	for (unsigned int levels = 4; levels <= 5; levels++) {
		for (unsigned int page = 1; page <= 3; page++) {
			struct fixture fix;
			uint64_t vaddr, paddr;

			set_up(&fix, levels, page);
			/* User space is no concern of it. */
			fake_twin_map(&fix.fake, 0x40000000, TWIN_BASE, page);
			assert_int_equal(twinos_translate_lowest(
						 &fix.tr, &vaddr, &paddr),
					 0);
			assert_int_equal(vaddr, fake_twin_direct(&fix.fake, 0));
			assert_int_equal(paddr, TWIN_BASE);
			tear_down(&fix);
		}
	}
}

static void masks_the_encryption_bit_of_the_lowest(void **state)
{
	struct fixture fix;
	uint64_t vaddr, paddr, *entries;

	(void)state;
	set_up(&fix, 4, 1);
	fix.tr.sme_mask = 1ULL << 47;
	entries = (uint64_t *)(fix.fake.memory + TWIN_TABLES);
	for (unsigned int i = 0; i < fix.fake.nr_tables * 512; i++)
		if (entries[i])
			entries[i] |= fix.tr.sme_mask;
	assert_int_equal(twinos_translate_lowest(&fix.tr, &vaddr, &paddr), 0);
	assert_int_equal(vaddr, fake_twin_direct(&fix.fake, 0));
	assert_int_equal(paddr, TWIN_BASE);
	tear_down(&fix);
}

static void finds_no_lowest_where_there_is_none(void **state)
{
	struct fixture fix;
	uint64_t vaddr, paddr;

	(void)state;
	set_up(&fix, 4, 1);
	memset(fix.fake.memory + TWIN_TABLES, 0, 4096);
	assert_int_equal(twinos_translate_lowest(&fix.tr, &vaddr, &paddr),
			 -EFAULT);
	tear_down(&fix);
}

/* Every entry of three tables leads to the next one, and the last is empty. */
static void gives_up_on_a_maze(void **state)
{
	struct fixture fix;
	uint64_t vaddr, paddr, *entries;

	(void)state;
	set_up(&fix, 4, 1);
	entries = (uint64_t *)(fix.fake.memory + TWIN_TABLES);
	memset(entries, 0, 4 * 4096);
	for (unsigned int i = 0; i < 3 * 512; i++)
		entries[i] =
			(TWIN_BASE + TWIN_TABLES + (i / 512 + 1) * 4096ULL) |
			0x63;
	assert_int_equal(twinos_translate_lowest(&fix.tr, &vaddr, &paddr),
			 -EFAULT);
	assert_in_range(fix.fake.nr_reads, 4, 64);
	tear_down(&fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_every_page_size),
		cmocka_unit_test(refuses_unmapped),
		cmocka_unit_test(refuses_non_canonical),
		cmocka_unit_test(refuses_hostile_tables),
		cmocka_unit_test(takes_the_encryption_bit_out),
		cmocka_unit_test(knows_the_image_map),
		cmocka_unit_test(checks_arrays),
		cmocka_unit_test(finds_the_lowest_of_the_upper_half),
		cmocka_unit_test(masks_the_encryption_bit_of_the_lowest),
		cmocka_unit_test(finds_no_lowest_where_there_is_none),
		cmocka_unit_test(gives_up_on_a_maze),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
