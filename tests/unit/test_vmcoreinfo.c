// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmcoreinfo.h"

#define PAGE 4096

static void fill(struct twinos_vmcoreinfo *info, const char *text)
{
	info->length = strlen(text);
	memcpy(info->text, text, info->length);
}

static void reads_values(void **state)
{
	struct twinos_vmcoreinfo info;
	uint64_t value;

	(void)state;
	fill(&info, "OSRELEASE=6.1\nSYMBOL(prb)=ffffffffaa6622c0\n"
		    "NUMBER(phys_base)=-241172480\nSIZE(page)=64\n"
		    "KERNELOFFSET=27c00000\n");
	assert_int_equal(twinos_vmcoreinfo_get(&info, "SYMBOL(prb)", &value),
			 0);
	assert_int_equal(value, 0xffffffffaa6622c0);
	assert_int_equal(
		twinos_vmcoreinfo_get(&info, "NUMBER(phys_base)", &value), 0);
	assert_int_equal((int64_t)value, -241172480);
	assert_int_equal(twinos_vmcoreinfo_get(&info, "SIZE(page)", &value), 0);
	assert_int_equal(value, 64);
	assert_int_equal(twinos_vmcoreinfo_get(&info, "KERNELOFFSET", &value),
			 0);
	assert_int_equal(value, 0x27c00000);
}

static void refuses_bad_values(void **state)
{
	static const char *const keys[] = { "OSRELEASE",    "NUMBER(none)",
					    "NUMBER(big)",  "NUMBER(hex)",
					    "NUMBER(sign)", "SYMBOL(upper)" };
	struct twinos_vmcoreinfo info;
	uint64_t value;

	(void)state;
	fill(&info, "OSRELEASE=6.1\nNUMBER(none)=\n"
		    "NUMBER(big)=18446744073709551616\nNUMBER(hex)=ff\n"
		    "NUMBER(sign)=--1\nSYMBOL(upper)=FF\n");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(twinos_vmcoreinfo_get(&info, keys[i], &value),
				 -EINVAL);
	assert_int_equal(twinos_vmcoreinfo_get(&info, "NUMBER", &value),
			 -ENOENT);
	assert_int_equal(twinos_vmcoreinfo_get(&info, "RELEASE", &value),
			 -ENOENT);
}

struct memory {
	uint8_t *bytes;
	struct twinos_range ranges[2];
	struct twinos_ram ram;
	uint64_t found[8];
	size_t nr_found, stop_at;
	bool strayed;
	int error;
};

#define LOW 0x100000ULL
#define LOW_SIZE 0x280000
#define HIGH 0x100000000ULL
#define HIGH_SIZE 0x3000

static int read_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct memory *mem = ctx;

	if (mem->error)
		return mem->error;
	if (addr >= LOW && addr + len <= LOW + LOW_SIZE) {
		memcpy(buf, mem->bytes + (addr - LOW), len);
		return 0;
	}
	if (addr >= HIGH && addr + len <= HIGH + HIGH_SIZE) {
		memcpy(buf, mem->bytes + LOW_SIZE + (addr - HIGH), len);
		return 0;
	}
	mem->strayed = true;
	return -EFAULT;
}

static void set_up(struct memory *mem)
{
	*mem = (struct memory){
		.ranges = { { .start = LOW, .length = LOW_SIZE },
			    { .start = HIGH, .length = HIGH_SIZE } },
		.bytes = calloc(1, LOW_SIZE + HIGH_SIZE),
	};
	assert_int_equal(twinos_ram_init(&mem->ram, mem->ranges, 2, read_memory,
					 mem),
			 0);
}

static void tear_down(struct memory *mem)
{
	assert_false(mem->strayed);
	twinos_ram_destroy(&mem->ram);
	free(mem->bytes);
}

static void put(struct memory *mem, size_t offset, const char *text)
{
	memcpy(mem->bytes + offset, text, strlen(text));
}

static int note(void *ctx, const struct twinos_vmcoreinfo *info)
{
	struct memory *mem = ctx;

	if (mem->nr_found < 8)
		mem->found[mem->nr_found] = info->addr;
	mem->nr_found++;
	return mem->nr_found == mem->stop_at ? 77 : 0;
}

static void finds_the_highest_first(void **state)
{
	struct memory mem;

	(void)state;
	set_up(&mem);
	put(&mem, 0, "OSRELEASE=a\n");
	put(&mem, 0x100000 - PAGE, "OSRELEASE=b\n");
	put(&mem, 0x180008, "OSRELEASE=not at a page's start\n");
	put(&mem, LOW_SIZE - PAGE, "OSRELEASE=c\n");
	put(&mem, LOW_SIZE + 2 * PAGE, "OSRELEASE=d\n");
	assert_int_equal(twinos_vmcoreinfo_scan(&mem.ram, note, &mem), 0);
	assert_int_equal(mem.nr_found, 4);
	assert_int_equal(mem.found[0], HIGH + 2 * PAGE);
	assert_int_equal(mem.found[1], LOW + LOW_SIZE - PAGE);
	assert_int_equal(mem.found[2], LOW + 0x100000 - PAGE);
	assert_int_equal(mem.found[3], LOW);
	tear_down(&mem);
}

static void stops_when_told(void **state)
{
	struct memory mem;

	(void)state;
	set_up(&mem);
	put(&mem, 0, "OSRELEASE=a\n");
	put(&mem, PAGE, "OSRELEASE=b\n");
	mem.stop_at = 1;
	assert_int_equal(twinos_vmcoreinfo_scan(&mem.ram, note, &mem), 77);
	assert_int_equal(mem.nr_found, 1);
	mem.error = -EIO;
	assert_int_equal(twinos_vmcoreinfo_scan(&mem.ram, note, &mem), -EIO);
	tear_down(&mem);
}

static void gives_up_on_a_flood(void **state)
{
	struct memory mem;

	(void)state;
	set_up(&mem);
	for (size_t at = 0; at < LOW_SIZE; at += PAGE)
		put(&mem, at, "OSRELEASE=a\n");
	assert_int_equal(twinos_vmcoreinfo_scan(&mem.ram, note, &mem), -EILSEQ);
	assert_int_equal(mem.nr_found, 256);
	tear_down(&mem);
}

static int check_whole_lines(void *ctx, const struct twinos_vmcoreinfo *info)
{
	(void)ctx;
	assert_int_equal(info->length, strlen("OSRELEASE=a\n"));
	return 1;
}

static void cuts_half_lines(void **state)
{
	struct memory mem;

	(void)state;
	set_up(&mem);
	put(&mem, 0, "OSRELEASE=a\nNUMBER(phys_ba");
	assert_int_equal(
		twinos_vmcoreinfo_scan(&mem.ram, check_whole_lines, NULL), 1);
	tear_down(&mem);
}

static void bears_odd_ranges(void **state)
{
	struct twinos_range ranges[] = {
		{ .start = UINT64_MAX - 1, .length = 1 },
		{ .start = 0x1001, .length = 0x1ffe },
		{ .start = 0x7, .length = 3 },
	};
	struct memory mem = { 0 };

	(void)state;
	assert_int_equal(
		twinos_ram_init(&mem.ram, ranges, 3, read_memory, &mem), 0);
	assert_int_equal(twinos_vmcoreinfo_scan(&mem.ram, note, &mem), 0);
	tear_down(&mem);
	ranges[0].length = 2;
	assert_int_equal(twinos_ram_init(&mem.ram, ranges, 3, read_memory,
					 &mem),
			 -EINVAL);
	assert_int_equal(twinos_ram_init(&mem.ram, ranges, 0, read_memory,
					 &mem),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_values),
		cmocka_unit_test(refuses_bad_values),
		cmocka_unit_test(finds_the_highest_first),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(gives_up_on_a_flood),
		cmocka_unit_test(cuts_half_lines),
		cmocka_unit_test(bears_odd_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
