// SPDX-License-Identifier: GPL-2.0-only
/* What a driver may say by the control queue of a network card. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_driver.h"
#include "net_ctrl.h"

#define OUT DRIVER_DATA
#define IN (DRIVER_DATA + 0x1000)

static struct fake_driver driver;
static struct twinos_net_ctrl ctrl;
static unsigned int calls, pairs;
static int answer;

static int use(void *ctx, unsigned int nr)
{
	assert_ptr_equal(ctx, &calls);
	calls++;
	pairs = nr;
	return answer;
}

static int set_up(void **state)
{
	(void)state;
	calls = pairs = 0;
	answer = 0;
	fake_driver_init(&driver, 0, 8);
	return twinos_net_ctrl_start(&ctrl, &driver.setup, driver.queue, use,
				     &calls);
}

static int tear_down(void **state)
{
	(void)state;
	twinos_net_ctrl_stop(&ctrl);
	twinos_net_ctrl_stop(&ctrl);
	fake_driver_free(&driver);
	return 0;
}

static void desc(uint16_t i, uint64_t addr, uint32_t len, uint16_t flags)
{
	fake_driver_desc(&driver, DRIVER_DESC, i,
			 (struct vring_desc){ addr, len, flags,
					      (uint16_t)(i + 1) });
}

/* As Linux does: header, data and answer are buffers of their own. */
static int say(const void *command, uint32_t size)
{
	uint8_t *ack = fake_driver_at(&driver, IN);
	struct vring_used_elem used;

	memcpy(fake_driver_at(&driver, OUT), command, size);
	*ack = 0x55;
	desc(0, OUT, 2, VRING_DESC_F_NEXT);
	desc(1, OUT + 2, size - 2, VRING_DESC_F_NEXT);
	desc(2, IN, 1, VRING_DESC_F_WRITE);
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(used.len, 1);
	return *ack;
}

static void pairs_are_set(void **state)
{
	(void)state;
	assert_int_equal(say("\4\0\3\0", 4), 0);
	assert_int_equal(pairs, 3);
	assert_int_equal(say("\4\0\2\1", 4), 0);
	assert_int_equal(pairs, 0x102);
	answer = -EINVAL;
	assert_int_equal(say("\4\0\2\0", 4), 1);
	assert_int_equal(calls, 3);
}

static void others_are_refused(void **state)
{
	(void)state;
	assert_int_equal(say("\4\1\1\0", 4), 1);
	assert_int_equal(say("\0\0\1\0", 4), 1);
	assert_int_equal(say("\3\0\0\0", 4), 1);
	assert_int_equal(say("\4\0\1", 3), 1);
	assert_int_equal(say("\4\0\1\0\0", 5), 1);
	assert_int_equal(say("\1\1\2\0\0\0\0\1", 8), 1);
	assert_int_equal(calls, 0);
}

static void no_room_for_an_answer(void **state)
{
	struct vring_used_elem used;

	(void)state;
	memcpy(fake_driver_at(&driver, OUT), "\4\0\3\0", 4);
	desc(0, OUT, 4, 0);
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(used.len, 0);
	desc(0, IN, 1, VRING_DESC_F_WRITE);
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(used.len, 1);
	assert_int_equal(*(uint8_t *)fake_driver_at(&driver, IN), 1);
}

static void bad_rings(void **state)
{
	(void)state;
	twinos_net_ctrl_stop(&ctrl);
	driver.queue->device = DRIVER_END;
	assert_int_not_equal(twinos_net_ctrl_start(&ctrl, &driver.setup,
						   driver.queue, use, &calls),
			     0);
	assert_false(ctrl.runs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairs_are_set),
		TEST(others_are_refused),
		TEST(no_room_for_an_answer),
		TEST(bad_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
