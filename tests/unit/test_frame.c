// SPDX-License-Identifier: GPL-2.0-only
/* Frames between twinctl and the agent: whole, in pieces, and bad ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "frame.h"

static struct twinos_frame_reader reader;
static struct twinos_frame_writer writer;
static int here, there;

static int set_up(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	here = fds[0];
	there = fds[1];
	memset(&reader, 0xaa, sizeof(reader));
	memset(&writer, 0xaa, sizeof(writer));
	twinos_frame_reader_init(&reader);
	twinos_frame_writer_init(&writer);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(here);
	return close(there);
}

static void expect_frame(unsigned int type, const void *data, size_t length)
{
	struct twinos_frame frame;

	assert_int_equal(twinos_frame_next(&reader, &frame), 1);
	assert_int_equal(frame.type, type);
	assert_int_equal(frame.length, length);
	assert_memory_equal(frame.data, data, length);
}

static void expect_none(void)
{
	struct twinos_frame frame;

	assert_int_equal(twinos_frame_next(&reader, &frame), 0);
}

static void frames_come_in_order(void **state)
{
	(void)state;
	assert_false(twinos_frame_waits(&writer));
	assert_int_equal(twinos_frame_put(&writer, 7, "abc", 3), 0);
	assert_int_equal(twinos_frame_put(&writer, 8, NULL, 0), 0);
	assert_int_equal(twinos_frame_put(&writer, 255, "\0\1", 2), 0);
	assert_true(twinos_frame_waits(&writer));
	assert_int_equal(twinos_frame_write(&writer, here), 0);
	assert_false(twinos_frame_waits(&writer));
	expect_none();
	assert_int_equal(twinos_frame_read(&reader, there), 1);
	expect_frame(7, "abc", 3);
	expect_frame(8, "", 0);
	expect_frame(255, "\0\1", 2);
	expect_none();
	assert_int_equal(twinos_frame_read(&reader, there), -EAGAIN);
	shutdown(here, SHUT_RDWR);
	assert_int_equal(twinos_frame_read(&reader, there), 0);
}

static void frames_come_byte_by_byte(void **state)
{
	static const char bytes[] = "\7\0\3\0abc\10\0\0\0";
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++) {
		expect_none();
		assert_int_equal(write(here, bytes + i, 1), 1);
		assert_int_equal(twinos_frame_read(&reader, there), 1);
	}
	expect_frame(7, "abc", 3);
	assert_int_equal(write(here, bytes + 7, 4), 4);
	assert_int_equal(twinos_frame_read(&reader, there), 1);
	expect_frame(8, "", 0);
	expect_none();
}

static void bad_headers_are_refused(void **state)
{
	static const uint8_t bad[][4] = {
		{ 7, 1, 0, 0 },
		{ 7, 0, 1, 0x40 },
		{ 7, 0, 0xff, 0xff },
	};
	struct twinos_frame frame;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		twinos_frame_reader_init(&reader);
		assert_int_equal(write(here, bad[i], 4), 4);
		assert_int_equal(twinos_frame_read(&reader, there), 1);
		assert_int_equal(twinos_frame_next(&reader, &frame), -EPROTO);
		assert_int_equal(twinos_frame_next(&reader, &frame), -EPROTO);
	}
}

static void fill(uint8_t *payload, unsigned int nr)
{
	size_t i;

	for (i = 0; i < TWINOS_AGENT_PAYLOAD_MAX; i++)
		payload[i] = (uint8_t)(i * 31 + nr);
}

/* More than the buffers hold passes through them, round their ends. */
static void much_passes(void **state)
{
	static uint8_t payload[TWINOS_AGENT_PAYLOAD_MAX];
	unsigned int put = 0, taken = 0;
	struct twinos_frame frame;
	int ret;

	(void)state;
	while (taken < 1000) {
		fill(payload, put);
		while (put < 1000 &&
		       !twinos_frame_put(&writer, 7, payload,
					 put * 977 % (sizeof(payload) + 1)))
			fill(payload, ++put);
		assert_int_equal(twinos_frame_write(&writer, here), 0);
		ret = twinos_frame_read(&reader, there);
		assert_true(ret == 1 || ret == -EAGAIN);
		while (twinos_frame_next(&reader, &frame) == 1) {
			fill(payload, taken);
			assert_int_equal(frame.length,
					 taken * 977 % (sizeof(payload) + 1));
			assert_memory_equal(frame.data, payload, frame.length);
			taken++;
		}
	}
}

static void full_buffers_say_so(void **state)
{
	static uint8_t payload[TWINOS_AGENT_PAYLOAD_MAX];
	struct twinos_frame frame;
	int nr = 0;

	(void)state;
	assert_int_equal(twinos_frame_room(&writer), sizeof(payload));
	while (!twinos_frame_put(&writer, 7, payload, sizeof(payload)))
		nr++;
	assert_int_equal(nr, 4);
	assert_int_equal(twinos_frame_room(&writer), -1);
	assert_int_equal(twinos_frame_put(&writer, 7, NULL, 0), -ENOBUFS);
	assert_int_equal(twinos_frame_write(&writer, here), 0);
	while (twinos_frame_read(&reader, there) == 1)
		;
	/* What is in it is whole all the same. */
	assert_int_equal(twinos_frame_next(&reader, &frame), 1);
	assert_int_equal(twinos_frame_next(&reader, &frame), 1);
	assert_int_equal(twinos_frame_next(&reader, &frame), 0);
}

static void nobody_hears(void **state)
{
	(void)state;
	shutdown(there, SHUT_RDWR);
	twinos_frame_put(&writer, 7, "abc", 3);
	assert_int_equal(twinos_frame_write(&writer, here), -EPIPE);
}

static void meanings(void **state)
{
	struct twinos_frame frame = { .data = (const uint8_t *)"\1\2\3\4\5" };
	unsigned int revision = 0;
	uint32_t first, second;

	(void)state;
	twinos_frame_put_hello(&writer);
	twinos_frame_put_number(&writer, 9, 0x12345678);
	twinos_frame_put_numbers(&writer, 10, 1, UINT32_MAX);
	twinos_frame_write(&writer, here);
	twinos_frame_read(&reader, there);
	twinos_frame_next(&reader, &frame);
	assert_int_equal(twinos_frame_hello(&frame, &revision), 0);
	assert_int_equal(revision, TWINOS_AGENT_REVISION);
	frame.length--;
	assert_int_equal(twinos_frame_hello(&frame, &revision), -EPROTO);
	twinos_frame_next(&reader, &frame);
	assert_int_equal(twinos_frame_hello(&frame, &revision), -EPROTO);
	assert_int_equal(twinos_frame_numbers(&frame, &first, &second),
			 -EPROTO);
	assert_int_equal(twinos_frame_number(&frame, &first), 0);
	assert_int_equal(first, 0x12345678);
	twinos_frame_next(&reader, &frame);
	assert_int_equal(twinos_frame_number(&frame, &first), -EPROTO);
	assert_int_equal(twinos_frame_numbers(&frame, &first, &second), 0);
	assert_int_equal(first, 1);
	assert_int_equal(second, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_come_in_order, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(frames_come_byte_by_byte,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_headers_are_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(much_passes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(full_buffers_say_so, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nobody_hears, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(meanings, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
