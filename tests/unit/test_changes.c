// SPDX-License-Identifier: GPL-2.0-only
/* What is told of twins that change while nobody looks, and of uevents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/twinos.h>

#include "changes.h"
#include "stamp.h"

/* The kernel: one twin of each name that sysfs shows, and uevents under way. */
static struct twinos_status twins[4];
static size_t nr_twins;
static struct uevent queue[64];
static size_t first, nr_queue;
static bool overrun;
static int64_t clock_ms;

/* Called behind a look at sysfs, once, and when the queue was found empty so often. */
static void (*meanwhile)(void);
static void (*when_empty)(void);
static unsigned int nr_empty;

static char told[4096];

static struct changes *changes;

static struct twinos_status *find(const char *name)
{
	size_t i;

	for (i = 0; i < nr_twins; i++)
		if (!strcmp(twins[i].name, name))
			return &twins[i];
	return NULL;
}

static void send_uevent(const char *name, bool removed, unsigned int state,
			unsigned int reason)
{
	struct uevent *uevent = &queue[nr_queue++];

	memset(uevent, 0, sizeof(*uevent));
	strcpy(uevent->name, name);
	uevent->removed = removed;
	uevent->state = state;
	uevent->reason = reason;
	uevent->time_ms = 999;
}

static void become(const char *name, unsigned int state, unsigned int reason)
{
	struct twinos_status *twin = find(name);

	if (twin->nr_changes == TWINOS_CHANGES_MAX)
		memmove(twin->changes, twin->changes + 1,
			--twin->nr_changes * sizeof(twin->changes[0]));
	twin->changes[twin->nr_changes++] =
		(struct twinos_change){ clock_ms++, state, reason };
	send_uevent(name, false, state, reason);
}

static void create(const char *name)
{
	struct twinos_status *twin = &twins[nr_twins++];

	memset(twin, 0, sizeof(*twin));
	strcpy(twin->name, name);
	become(name, TWINOS_CREATED, TWINOS_REASON_NONE);
}

static void run(const char *name)
{
	become(name, TWINOS_LOADED, TWINOS_REASON_NONE);
	become(name, TWINOS_RUNNING, TWINOS_REASON_NONE);
}

static void end(const char *name)
{
	become(name, TWINOS_STOPPED, TWINOS_REASON_REQUEST);
	*find(name) = twins[nr_twins - 1];
	nr_twins--;
	send_uevent(name, true, 0, 0);
}

static int list(void *ctx, struct twinos_status **into, size_t *nr,
		struct twinos_error *err)
{
	void (*now)(void) = meanwhile;

	(void)ctx;
	(void)err;
	*into = calloc(4, sizeof(**into));
	memcpy(*into, twins, sizeof(twins));
	*nr = nr_twins;
	meanwhile = NULL;
	if (now)
		now();
	return 0;
}

static int next(void *ctx, struct uevent *uevent)
{
	(void)ctx;
	if (overrun) {
		overrun = false;
		return -ENOBUFS;
	}
	if (first == nr_queue) {
		if (when_empty && !--nr_empty)
			when_empty();
		return 0;
	}
	*uevent = queue[first++];
	return 1;
}

static void tell(void *ctx, const struct changes_event *event)
{
	static const char kinds[] = "pRc-!";
	size_t length = strlen(told);

	(void)ctx;
	snprintf(told + length, sizeof(told) - length, "%c",
		 kinds[event->kind]);
	length++;
	if (event->name)
		snprintf(told + length, sizeof(told) - length, " %s %s %lld",
			 event->name, twinos_state_name(event->change.state),
			 (long long)event->change.time_ms);
	strcat(told, "\n");
}

static const struct changes_ops ops = {
	.list = list,
	.next = next,
	.tell = tell,
};

static int set_up(void **state)
{
	(void)state;
	nr_twins = first = nr_queue = 0;
	overrun = false;
	clock_ms = 1;
	meanwhile = when_empty = NULL;
	*told = '\0';
	changes = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (changes)
		changes_end(changes);
	return 0;
}

static void begin(void)
{
	struct twinos_error err;

	assert_int_equal(changes_begin(&changes, &ops, &err), 0);
}

static void serve(void)
{
	struct twinos_error err;

	assert_int_equal(changes_serve(changes, &err), 0);
}

static void tells(const char *want)
{
	assert_string_equal(told, want);
	*told = '\0';
}

static void tells_what_is_there_and_what_comes(void **state)
{
	(void)state;
	create("a");
	run("a");
	begin();
	tells("p a running 3\nR\n");
	serve();
	tells("");
	become("a", TWINOS_HUNG, 0);
	serve();
	tells("c a hung 4\n");
	create("b");
	serve();
	tells("c b created 5\n");
	run("b");
	become("a", TWINOS_RUNNING, 0);
	serve();
	tells("c b loaded 6\nc b running 7\nc a running 8\n");
	end("b");
	serve();
	tells("c b stopped 999\n- b gone 999\n");
}

static void create_a(void)
{
	create("a");
}

/* What comes between the look at sysfs and the first uevent is neither lost nor twice. */
static void begins_while_one_comes(void **state)
{
	(void)state;
	meanwhile = create_a;
	begin();
	tells("p a created 1\nR\n");
	run("a");
	serve();
	tells("c a loaded 2\nc a running 3\n");
}

/* A twin can hang, run and hang again before we look: the same words, and no doubles. */
static void counts_uevents_off(void **state)
{
	int i;

	(void)state;
	create("a");
	run("a");
	begin();
	*told = '\0';
	for (i = 0; i < 2; i++) {
		become("a", TWINOS_HUNG, 0);
		become("a", TWINOS_RUNNING, 0);
	}
	serve();
	tells("c a hung 4\nc a running 5\nc a hung 6\nc a running 7\n");
	become("a", TWINOS_HUNG, 0);
	serve();
	tells("c a hung 8\n");
}

static void tells_of_one_that_was_never_seen(void **state)
{
	(void)state;
	begin();
	*told = '\0';
	create("a");
	run("a");
	end("a");
	serve();
	tells("c a created 999\nc a loaded 999\nc a running 999\n"
	      "c a stopped 999\n- a gone 999\n");
}

/* The old one's uevents are read when the new one is in sysfs. */
static void keeps_namesakes_apart(void **state)
{
	(void)state;
	create("a");
	run("a");
	begin();
	*told = '\0';
	end("a");
	create("a");
	run("a");
	serve();
	tells("c a stopped 999\n- a gone 999\n"
	      "c a created 5\nc a loaded 6\nc a running 7\n");
	end("a");
	serve();
	tells("c a stopped 999\n- a gone 999\n");
}

static void end_a(void)
{
	end("a");
}

/* It ends while we look: sysfs had it still. */
static void bears_an_end_while_it_looks(void **state)
{
	(void)state;
	begin();
	*told = '\0';
	create("a");
	run("a");
	meanwhile = end_a;
	serve();
	tells("c a created 999\nc a loaded 999\nc a running 999\n"
	      "c a stopped 999\n- a gone 999\n");
}

/* It ends when sysfs has told more than the uevents so far. */
static void tells_none_twice(void **state)
{
	(void)state;
	create("a");
	run("a");
	begin();
	*told = '\0';
	become("a", TWINOS_HUNG, 0);
	become("a", TWINOS_RUNNING, 0);
	become("a", TWINOS_HUNG, 0);
	when_empty = end_a;
	nr_empty = 2; /* before and behind the first look */
	serve();
	tells("c a hung 4\nc a running 5\nc a hung 6\n");
	serve();
	tells("c a stopped 999\n- a gone 999\n");
}

/* The uevent of what was told at the beginning was still under way. */
static void knows_what_it_has_told(void **state)
{
	(void)state;
	create("a");
	run("a");
	begin();
	*told = '\0';
	send_uevent("a", false, TWINOS_RUNNING, 0);
	end("a");
	serve();
	tells("c a stopped 999\n- a gone 999\n");
}

/* More than sysfs keeps: the newest are told. */
static void bears_more_than_sysfs_keeps(void **state)
{
	int i;

	(void)state;
	create("a");
	run("a");
	begin();
	*told = '\0';
	for (i = 0; i < 10; i++) {
		become("a", TWINOS_HUNG, 0);
		become("a", TWINOS_RUNNING, 0);
	}
	serve();
	assert_true(strstr(told, "c a hung 8\n") == told);
	assert_non_null(strstr(told, "c a running 23\n"));
	*told = '\0';
	become("a", TWINOS_HALTED, 0);
	serve();
	tells("c a halted 24\n");
}

static void lose_queue(void)
{
	first = nr_queue;
	overrun = true;
}

static void catches_up_after_an_overrun(void **state)
{
	(void)state;
	create("a");
	create("b");
	create("c");
	begin();
	*told = '\0';
	run("a");
	end("b");
	end("c");
	create("c");
	lose_queue();
	serve();
	tells("!\n- c gone 0\n- b gone 0\n"
	      "c a loaded 4\nc a running 5\nc c created 8\n");
	become("c", TWINOS_LOADED, 0);
	serve();
	tells("c c loaded 9\n");
}

/* ---- uevents ---- */

#define HEAD "change@/devices/virtual/twinos/web\0ACTION=change\0"
#define WEB "DEVPATH=/devices/virtual/twinos/web\0SUBSYSTEM=twinos\0"

static bool parse(struct uevent *uevent, const char *data, size_t length)
{
	/* So that a look beyond its end is seen by valgrind and sanitizers. */
	char *copy = malloc(length);
	bool ret;

	memcpy(copy, data, length);
	ret = uevent_parse(uevent, copy, length);
	free(copy);
	return ret;
}

#define PARSE(uevent, text) parse(uevent, text, sizeof(text))

static void parses(void **state)
{
	struct uevent uevent;

	(void)state;
	assert_true(PARSE(&uevent, HEAD WEB "TWINOS_STATE=panicked\0"
					    "TWINOS_REASON=none\0SEQNUM=7"));
	assert_string_equal(uevent.name, "web");
	assert_int_equal(uevent.state, TWINOS_PANICKED);
	assert_int_equal(uevent.reason, TWINOS_REASON_NONE);
	assert_false(uevent.removed);
	assert_true(PARSE(&uevent, "add@/x\0ACTION=add\0" WEB));
	assert_int_equal(uevent.state, TWINOS_CREATED);
	assert_true(PARSE(&uevent, "remove@/x\0ACTION=remove\0" WEB));
	assert_true(uevent.removed);
}

static void parses_no_others(void **state)
{
	static const char others[] = "add@/devices/web\0ACTION=add\0"
				     "DEVPATH=/devices/web\0SUBSYSTEM=net";
	static const char cut[] = HEAD WEB "TWINOS_STATE=panicked\0"
					   "TWINOS_REASON=none";
	struct uevent uevent;
	size_t i;

	(void)state;
	assert_false(PARSE(&uevent, others));
	assert_false(PARSE(&uevent, "bind@/x\0ACTION=bind\0" WEB));
	assert_false(PARSE(&uevent, HEAD WEB "TWINOS_STATE=odd\0"
					     "TWINOS_REASON=none"));
	assert_false(PARSE(&uevent, HEAD WEB "TWINOS_STATE=halted"));
	assert_false(PARSE(&uevent, HEAD "SUBSYSTEM=twinos\0DEVPATH=/a/"
					 "0123456789012345678901234567890123"));
	for (i = 1; i < sizeof(cut); i++)
		assert_false(parse(&uevent, cut, i));
}

static void stamps(void **state)
{
	char text[STAMP_SIZE];

	(void)state;
	stamp_format(text, 1795837399007);
	assert_string_equal(text, "2026-11-28T03:43:19.007Z");
	stamp_format(text, 0);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	stamp_format(text, INT64_MAX);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_what_is_there_and_what_comes),
		TEST(begins_while_one_comes),
		TEST(counts_uevents_off),
		TEST(tells_of_one_that_was_never_seen),
		TEST(keeps_namesakes_apart),
		TEST(bears_an_end_while_it_looks),
		TEST(tells_none_twice),
		TEST(knows_what_it_has_told),
		TEST(bears_more_than_sysfs_keeps),
		TEST(catches_up_after_an_overrun),
		cmocka_unit_test(parses),
		cmocka_unit_test(parses_no_others),
		cmocka_unit_test(stamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
