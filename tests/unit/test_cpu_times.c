// SPDX-License-Identifier: GPL-2.0-only
/* What a twin tells of its CPUs, whatever stands in its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <twinos/handover.h>

#include "libtwinos.h"

#define BASE 0x40000000ULL
#define NR TWINOS_BEATS

/* The handover area, then the times. */
static struct {
	struct twinos_handover handover;
	struct twinos_times times[NR];
} memory;

static struct twinos_cpu_times list[NR];

/* Called behind each read, with its number. */
static void (*meanwhile)(unsigned int nr);
static unsigned int nr_reads;

static int read_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	if (addr < BASE || addr - BASE > sizeof(memory) ||
	    len > sizeof(memory) - (addr - BASE))
		return -EFAULT;
	memcpy(buf, (char *)&memory + (addr - BASE), len);
	if (meanwhile)
		meanwhile(nr_reads);
	nr_reads++;
	return 0;
}

static int look(size_t max)
{
	memset(list, 0xee, sizeof(list));
	nr_reads = 0;
	return twinos_cpu_times(list, max, BASE, read_memory, NULL);
}

static int set_up(void **state)
{
	unsigned int i;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	memory.handover.magic = TWINOS_HANDOVER_MAGIC;
	memory.handover.revision = TWINOS_HANDOVER_REVISION;
	memory.handover.size = TWINOS_HANDOVER_SIZE;
	memory.handover.nr_times = 4;
	memory.handover.times = BASE + offsetof(typeof(memory), times);
	memory.handover.beating[0] = 0xb; /* 0, 1 and 3 */
	for (i = 0; i < NR; i++)
		memory.times[i] = (struct twinos_times){
			.writes = 2,
			.at = 1000 + i,
			.idle = 100 + i,
			.user = 1,
			.system = 2,
			.irq = 3,
			.steal = 4,
			.interrupts = 5,
		};
	meanwhile = NULL;
	return 0;
}

static void reads_those_online(void **state)
{
	(void)state;
	assert_int_equal(look(NR), 3);
	assert_int_equal(list[0].cpu, 0);
	assert_int_equal(list[2].cpu, 3);
	assert_int_equal(list[2].at_ns, 1003);
	assert_int_equal(list[2].idle_ns, 103);
	assert_int_equal(list[2].user_ns, 1);
	assert_int_equal(list[2].system_ns, 2);
	assert_int_equal(list[2].irq_ns, 3);
	assert_int_equal(list[2].steal_ns, 4);
	assert_int_equal(list[2].interrupts, 5);
	assert_int_equal(look(2), 2);
	assert_int_equal(list[2].cpu, 0xeeeeeeee);
}

static void is_told_nothing(void **state)
{
	(void)state;
	assert_int_equal(twinos_cpu_times(list, NR, 0, read_memory, NULL), 0);
	memory.handover.times = 0;
	assert_int_equal(look(NR), 0);
	set_up(NULL);
	memory.handover.revision++;
	assert_int_equal(look(NR), 0);
	set_up(NULL);
	memory.handover.magic++;
	assert_int_equal(look(NR), 0);
	set_up(NULL);
	memory.handover.nr_times = 0;
	assert_int_equal(look(NR), 0);
}

static void bears_any_number(void **state)
{
	(void)state;
	memory.handover.nr_times = 0xffffffff;
	memset(memory.handover.beating, 0xff, sizeof(memory.handover.beating));
	assert_int_equal(look(NR), NR);
	assert_int_equal(list[NR - 1].cpu, NR - 1);
	memory.handover.times += 64;
	assert_int_equal(look(NR), -EFAULT);
	memory.handover.times = UINT64_MAX - 63;
	assert_int_equal(look(NR), -EFAULT);
}

static void write_one(unsigned int nr)
{
	if (nr == 1)
		memory.times[1].idle++;
}

/* In the middle of being written, not written yet, and written meanwhile. */
static void leaves_out_halves(void **state)
{
	(void)state;
	memory.times[0].writes = 3;
	assert_int_equal(look(NR), 2);
	assert_int_equal(list[0].cpu, 1);
	memory.times[0].writes = 4;
	memory.times[3].at = 0;
	assert_int_equal(look(NR), 2);
	assert_int_equal(list[1].cpu, 1);
	meanwhile = write_one;
	assert_int_equal(look(NR), 1);
	assert_int_equal(list[0].cpu, 0);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_those_online),
		TEST(is_told_nothing),
		TEST(bears_any_number),
		TEST(leaves_out_halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
