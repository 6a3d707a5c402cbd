// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_twin.h"

struct fixture {
	struct fake_twin fake;
	struct twinos_log *log;
	struct twinos_record record;
};

static const struct fake_options standard = { true, 4, 2 };

static void set_up_with(struct fixture *fix, const struct fake_options *options)
{
	fake_twin_init(&fix->fake, options);
	assert_int_equal(twinos_log_new(&fix->log, &fix->fake.range, 1,
					fake_twin_read, &fix->fake),
			 0);
}

static void set_up(struct fixture *fix)
{
	set_up_with(fix, &standard);
}

static void tear_down(struct fixture *fix)
{
	assert_false(fix->fake.strayed);
	twinos_log_free(fix->log);
	fake_twin_free(&fix->fake);
}

static void expect(struct fixture *fix, const char *text, uint64_t lost)
{
	assert_int_equal(twinos_log_next(fix->log, &fix->record), 1);
	assert_int_equal(fix->record.length, strlen(text));
	assert_memory_equal(fix->record.text, text, strlen(text));
	assert_int_equal(fix->record.lost, lost);
}

static void expect_result(struct fixture *fix, int result)
{
	assert_int_equal(twinos_log_next(fix->log, &fix->record), result);
}

static void reads_static_and_dynamic_rings(void **state)
{
	static const struct fake_options options[] = {
		{ false, 4, 1 }, { false, 5, 2 }, { true, 4, 1 },
		{ true, 4, 2 },	 { true, 5, 1 },  { true, 5, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct fixture fix;

		set_up_with(&fix, &options[i]);
		expect_result(&fix, 0);
		fake_twin_print(&fix.fake, "Linux version 6.1.0");
		fake_twin_print(&fix.fake, "two\nlines");
		expect(&fix, "Linux version 6.1.0", 0);
		assert_int_equal(fix.record.seq, 0);
		expect(&fix, "two\nlines", 0);
		assert_int_equal(fix.record.seq, 1);
		expect_result(&fix, 0);
		tear_down(&fix);
	}
}

static void tells_what_the_record_says(void **state)
{
	struct fixture fix;
	struct fake_info *info;

	(void)state;
	set_up(&fix);
	info = fake_twin_info(&fix.fake, fake_twin_print(&fix.fake, "text"));
	info->ts_nsec = 1234567890123;
	info->facility = 3;
	info->flags = 0x1f;
	info->level = 5;
	expect(&fix, "text", 0);
	assert_int_equal(fix.record.ts_nsec, 1234567890123);
	assert_int_equal(fix.record.facility, 3);
	assert_int_equal(fix.record.level, 5);
	tear_down(&fix);
}

/* Every length up to a third of the ring, many times around. */
static void follows_through_wraps(void **state)
{
	struct fixture fix;
	char text[400];

	(void)state;
	set_up(&fix);
	for (unsigned int i = 0; i < 1000; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		text[i % 331] = '\0';
		fake_twin_print(&fix.fake, text);
		expect(&fix, text, 0);
		assert_int_equal(fix.record.seq, i);
		expect_result(&fix, 0);
	}
	tear_down(&fix);
}

static void counts_overwritten_records(void **state)
{
	struct fixture fix;
	char text[32];

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "first");
	expect(&fix, "first", 0);
	for (unsigned int i = 1; i <= 100; i++) {
		snprintf(text, sizeof(text), "line %u", i);
		fake_twin_print(&fix.fake, text);
	}
	/* Sixteen descriptors: the last sixteen are there. */
	expect(&fix, "line 85", 84);
	expect(&fix, "line 86", 0);
	assert_int_equal(fix.record.seq, 86);
	tear_down(&fix);
}

static void counts_records_whose_text_went(void **state)
{
	struct fixture fix;
	char text[301];

	(void)state;
	set_up(&fix);
	memset(text, 'x', 300);
	text[300] = '\0';
	for (unsigned int i = 0; i < 8; i++)
		fake_twin_print(&fix.fake, text);
	/* 308 bytes each: the ring's 1024 hold the last three at most. */
	assert_int_equal(twinos_log_next(fix.log, &fix.record), 1);
	assert_int_equal(fix.record.lost, fix.record.seq);
	assert_in_range(fix.record.seq, 5, 6);
	tear_down(&fix);
}

static void knows_records_without_data(void **state)
{
	struct fixture fix;
	struct fake_desc *desc;
	uint64_t id;

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "");
	id = fake_twin_print(&fix.fake, "no room for this");
	desc = fake_twin_desc(&fix.fake, id);
	desc->begin = desc->next = 1;
	fake_twin_print(&fix.fake, "after");
	expect(&fix, "", 0);
	expect(&fix, "after", 1);
	tear_down(&fix);
}

static void reads_a_block_that_ends_with_the_ring(void **state)
{
	struct fixture fix;
	struct fake_desc *desc;
	uint64_t id;
	char text[1024];

	(void)state;
	set_up(&fix);
	memset(text, 'y', sizeof(text));
	text[1000] = '\0';
	id = fake_twin_print(&fix.fake, text);
	desc = fake_twin_desc(&fix.fake, id);
	/* As a kernel that does not move it would have written it. */
	desc->next = desc->begin + 1024;
	memcpy(fix.fake.data + 1008, "tail of it", 10);
	fake_twin_info(&fix.fake, id)->text_len = 1016;
	assert_int_equal(twinos_log_next(fix.log, &fix.record), 1);
	assert_int_equal(fix.record.length, 1016);
	assert_memory_equal(fix.record.text + 1000, "tail of it", 10);
	tear_down(&fix);
}

static void waits_for_the_newest(void **state)
{
	struct fixture fix;
	uint64_t id;

	(void)state;
	set_up(&fix);
	id = fake_twin_reserve(&fix.fake, "slow");
	expect_result(&fix, 0);
	fake_twin_set_state(&fix.fake, id, TWIN_FINALIZED);
	expect(&fix, "slow", 0);
	expect_result(&fix, 0);
	tear_down(&fix);
}

static void passes_over_and_comes_back(void **state)
{
	struct fixture fix;
	uint64_t slow, dead;

	(void)state;
	set_up(&fix);
	slow = fake_twin_reserve(&fix.fake, "slow");
	dead = fake_twin_reserve(&fix.fake, "dead");
	fake_twin_print(&fix.fake, "Kernel panic - not syncing: test");
	expect(&fix, "Kernel panic - not syncing: test", 0);
	expect_result(&fix, 0);
	fake_twin_set_state(&fix.fake, slow, TWIN_FINALIZED);
	expect(&fix, "slow", 0);
	assert_int_equal(fix.record.seq, 0);
	expect_result(&fix, 0);
	/* A writer that never came back is lost once it is overwritten. */
	fake_twin_set_state(&fix.fake, dead, TWIN_REUSABLE);
	fake_twin_print(&fix.fake, "more");
	expect(&fix, "more", 1);
	tear_down(&fix);
}

static void gives_committed_text_at_once(void **state)
{
	struct fixture fix;
	uint64_t id;

	(void)state;
	set_up(&fix);
	id = fake_twin_reserve(&fix.fake, "probing...");
	fake_twin_set_state(&fix.fake, id, TWIN_COMMITTED);
	expect(&fix, "probing...", 0);
	expect_result(&fix, 0);
	fake_twin_extend(&fix.fake, id, " still", TWIN_COMMITTED);
	expect(&fix, " still", 0);
	fake_twin_set_state(&fix.fake, id, TWIN_RESERVED);
	expect_result(&fix, 0);
	fake_twin_extend(&fix.fake, id, " done", TWIN_FINALIZED);
	fake_twin_print(&fix.fake, "next");
	expect(&fix, " done", 0);
	assert_int_equal(fix.record.seq, 0);
	expect(&fix, "next", 0);
	expect_result(&fix, 0);
	tear_down(&fix);
}

static void sees_a_panic(void **state)
{
	struct fixture fix;
	uint64_t id;

	(void)state;
	set_up(&fix);
	id = fake_twin_print(&fix.fake, "Kernel panic - not syncing: forged");
	fake_twin_info(&fix.fake, id)->facility = 1; /* from /dev/kmsg */
	fake_twin_print(&fix.fake, "no Kernel panic - not syncing");
	fake_twin_print(&fix.fake, "Kernel panic - not");
	for (unsigned int i = 0; i < 3; i++)
		expect_result(&fix, 1);
	assert_false(twinos_log_panicked(fix.log));
	fake_twin_print(&fix.fake, "Kernel panic - not syncing: VFS");
	expect_result(&fix, 1);
	assert_true(twinos_log_panicked(fix.log));
	tear_down(&fix);
}

static void sees_a_halt(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "reboot: Power down");
	expect_result(&fix, 1);
	assert_false(twinos_log_halted(fix.log));
	fake_twin_print(&fix.fake, "reboot: System halted");
	expect_result(&fix, 1);
	assert_true(twinos_log_halted(fix.log));
	assert_false(twinos_log_panicked(fix.log));
	tear_down(&fix);
}

static void waits_for_vmcoreinfo(void **state)
{
	struct fixture fix;
	uint8_t *page;

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "text");
	page = fix.fake.memory + TWIN_VMCOREINFO;
	/* However far the kernel has got with writing it. */
	for (size_t length = 0; length < strlen((char *)page);) {
		size_t whole = strlen((char *)page);
		char saved[4096];

		memcpy(saved, page, sizeof(saved));
		memset(page + length, 0, 4096 - length);
		expect_result(&fix, -EAGAIN);
		memcpy(page, saved, sizeof(saved));
		length += whole > 1000 ? 41 : 1;
	}
	expect(&fix, "text", 0);
	tear_down(&fix);
}

static void passes_bad_candidates(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "text");
	/* Higher addresses are seen first. */
	fake_twin_write_vmcoreinfo(&fix.fake, TWIN_SPARE, SIZE_MAX);
	memcpy(fix.fake.memory + TWIN_VMCOREINFO, fix.fake.memory + TWIN_SPARE,
	       4096);
	fake_twin_change_vmcoreinfo(&fix.fake, "SYMBOL(prb)",
				    "ffffffff81004000");
	memcpy(fix.fake.memory + TWIN_SPARE, fix.fake.memory + TWIN_VMCOREINFO,
	       4096);
	fake_twin_write_vmcoreinfo(&fix.fake, TWIN_SPARE + 0x1000, 300);
	memset(fix.fake.memory + TWIN_VMCOREINFO, 0, 4096);
	expect_result(&fix, -EILSEQ);
	fake_twin_write_vmcoreinfo(&fix.fake, TWIN_VMCOREINFO, SIZE_MAX);
	expect(&fix, "text", 0);
	tear_down(&fix);
}

struct lie {
	const char *key, *value;
	int result;
};

static void refuses_hostile_vmcoreinfo(void **state)
{
	static const struct lie lies[] = {
		{ "SYMBOL(prb)", "0", -EILSEQ },
		{ "SYMBOL(prb)", "", -EILSEQ },
		{ "SYMBOL(prb)", "ffffffffffffffff", -EILSEQ },
		{ "SIZE(printk_ringbuffer)", "60", -EILSEQ },
		{ "SIZE(printk_ringbuffer)", "4294967295", -EILSEQ },
		{ "SIZE(prb_desc)", "0", -EILSEQ },
		{ "SIZE(prb_desc)", "23", -EILSEQ },
		{ "SIZE(printk_info)", "100000", -EILSEQ },
		{ "OFFSET(prb_desc_ring.head_id)", "513", -EILSEQ },
		{ "OFFSET(prb_desc_ring.head_id)", "-8", -EILSEQ },
		{ "OFFSET(atomic_long_t.counter)", "512", -EILSEQ },
		{ "OFFSET(printk_info.caller_id)", "24", -EILSEQ },
		{ "NUMBER(phys_base)", "0", -EILSEQ },
		{ "NUMBER(phys_base)", "-9223372036854775808", -EILSEQ },
		{ "SYMBOL(init_top_pgt)", "ffffffff8101f000", -EILSEQ },
		{ "NUMBER(pgtable_l5_enabled)", "1", -EILSEQ },
		{ "NUMBER(sme_mask)", "-1", -EILSEQ },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fixture fix;

		set_up(&fix);
		fake_twin_change_vmcoreinfo(&fix.fake, lies[i].key,
					    lies[i].value);
		expect_result(&fix, lies[i].result);
		tear_down(&fix);
	}
}

static void damage(struct fake_ring *ring, unsigned int how)
{
	switch (how) {
	case 0:
		ring->count_bits = 0;
		break;
	case 1:
		ring->count_bits = 22;
		break;
	case 2:
		ring->count_bits = UINT32_MAX;
		break;
	case 3:
		ring->size_bits = 2;
		break;
	case 4:
		ring->size_bits = 27;
		break;
	case 5:
		ring->descs = 0;
		break;
	case 6:
		ring->infos = UINT64_MAX - 8;
		break;
	case 7:
		ring->data += TWIN_SIZE;
		break;
	case 8:
		ring->tail_id = ring->head_id + 1;
		break;
	default:
		ring->head_id = ring->tail_id + 16;
	}
}

static void refuses_hostile_rings(void **state)
{
	(void)state;
	for (unsigned int how = 0; how < 10; how++) {
		struct fixture fix;

		set_up(&fix);
		damage(fix.fake.ring, how);
		expect_result(&fix, -EILSEQ);
		tear_down(&fix);
	}
}

static void bears_a_ring_that_jumps(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "one");
	fake_twin_print(&fix.fake, "two");
	expect(&fix, "one", 0);
	expect(&fix, "two", 0);
	fix.fake.ring->head_id -= 2;
	fix.fake.ring->tail_id -= 2;
	expect_result(&fix, -EILSEQ);
	fix.fake.ring->head_id = 1ULL << 60;
	fix.fake.ring->tail_id = 1ULL << 60;
	expect_result(&fix, 0);
	tear_down(&fix);
}

static void skips_hostile_descriptors(void **state)
{
	static const struct fake_desc lies[] = {
		{ .begin = 0, .next = 0 },
		{ .begin = 8, .next = 0 },
		{ .begin = 4, .next = 40 },
		{ .begin = 0, .next = 8 }, /* no room for the text */
		{ .begin = 0, .next = 4096 },
		{ .begin = 1016, .next = 3 * 1024 + 16 },
		{ .begin = 0, .next = UINT64_MAX - 7 },
		{ .begin = 1, .next = 3 },
		{ .begin = 3, .next = 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fixture fix;
		struct fake_desc *desc;

		set_up(&fix);
		desc = fake_twin_desc(&fix.fake,
				      fake_twin_print(&fix.fake, "a text"));
		desc->begin = lies[i].begin;
		desc->next = lies[i].next;
		fake_twin_print(&fix.fake, "good");
		expect(&fix, "good", 1);
		tear_down(&fix);
	}
}

static void skips_wrong_numbers(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	fake_twin_info(&fix.fake, fake_twin_print(&fix.fake, "a"))->seq = 5;
	fake_twin_info(&fix.fake, fake_twin_print(&fix.fake, "b"))->text_len =
		65535;
	fake_twin_set_state(&fix.fake, fake_twin_print(&fix.fake, "c"),
			    TWIN_REUSABLE);
	fake_twin_print(&fix.fake, "good");
	expect(&fix, "good", 3);
	tear_down(&fix);
}

static void overwrite(struct fake_twin *fake)
{
	fake->hook = NULL;
	for (unsigned int i = 0; i < 20; i++)
		fake_twin_print(fake, "new text that fills the ring");
}

/* Whenever the twin overwrites what is being read, no torn text is given. */
static void gives_no_torn_text(void **state)
{
	(void)state;
	for (unsigned int at = 0; at < 6; at++) {
		struct fixture fix;

		set_up(&fix);
		expect_result(&fix, 0);
		fake_twin_print(&fix.fake, "old text that was in the ring");
		fix.fake.hook = overwrite;
		fix.fake.hook_at = fix.fake.nr_reads + at;
		assert_int_equal(twinos_log_next(fix.log, &fix.record), 1);
		if (fix.record.seq == 0)
			assert_memory_equal(fix.record.text, "old text", 8);
		else
			assert_memory_equal(fix.record.text, "new text", 8);
		assert_int_equal(fix.record.lost, fix.record.seq);
		tear_down(&fix);
	}
}

static void polls_cheaply(void **state)
{
	struct fixture fix;
	unsigned int before;

	(void)state;
	set_up(&fix);
	fake_twin_print(&fix.fake, "text");
	expect(&fix, "text", 0);
	before = fix.fake.nr_reads;
	expect_result(&fix, 0);
	assert_int_equal(fix.fake.nr_reads - before, 1);
	fake_twin_set_state(&fix.fake, fake_twin_reserve(&fix.fake, "open"),
			    TWIN_COMMITTED);
	expect(&fix, "open", 0);
	before = fix.fake.nr_reads;
	expect_result(&fix, 0);
	assert_in_range(fix.fake.nr_reads - before, 1, 6);
	tear_down(&fix);
}

static void reads_through_a_descriptor(void **state)
{
	static const char padding[4096];
	struct fixture fix;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	set_up(&fix);
	twinos_log_free(fix.log);
	fake_twin_print(&fix.fake, "from a file");
	assert_int_equal(pwrite(fileno(file), fix.fake.memory, TWIN_SIZE,
				TWIN_BASE),
			 TWIN_SIZE);
	assert_int_equal(
		twinos_log_open(&fix.log, fileno(file), &fix.fake.range, 1), 0);
	expect(&fix, "from a file", 0);
	assert_int_equal(pwrite(fileno(file), padding, 4096, TWIN_BASE), 4096);
	assert_int_equal(ftruncate(fileno(file), TWIN_BASE), 0);
	expect_result(&fix, -EIO);
	fclose(file);
	expect_result(&fix, -EBADF);
	tear_down(&fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_static_and_dynamic_rings),
		cmocka_unit_test(tells_what_the_record_says),
		cmocka_unit_test(follows_through_wraps),
		cmocka_unit_test(counts_overwritten_records),
		cmocka_unit_test(counts_records_whose_text_went),
		cmocka_unit_test(knows_records_without_data),
		cmocka_unit_test(reads_a_block_that_ends_with_the_ring),
		cmocka_unit_test(waits_for_the_newest),
		cmocka_unit_test(passes_over_and_comes_back),
		cmocka_unit_test(gives_committed_text_at_once),
		cmocka_unit_test(sees_a_panic),
		cmocka_unit_test(sees_a_halt),
		cmocka_unit_test(waits_for_vmcoreinfo),
		cmocka_unit_test(passes_bad_candidates),
		cmocka_unit_test(refuses_hostile_vmcoreinfo),
		cmocka_unit_test(refuses_hostile_rings),
		cmocka_unit_test(bears_a_ring_that_jumps),
		cmocka_unit_test(skips_hostile_descriptors),
		cmocka_unit_test(skips_wrong_numbers),
		cmocka_unit_test(gives_no_torn_text),
		cmocka_unit_test(polls_cheaply),
		cmocka_unit_test(reads_through_a_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
