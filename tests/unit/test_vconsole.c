// SPDX-License-Identifier: GPL-2.0-only
/* One more terminal of a twin: from the driver's side, and from who sits there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_ids.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_driver.h"
#include "vdev.h"

#define WRITE VRING_DESC_F_WRITE
#define INPUT_DATA DRIVER_DATA
#define OUTPUT_DATA (DRIVER_SECOND + 0x6000)
#define SIZE 4096 /* of a buffer */

enum { INPUT, OUTPUT };

/* The fake driver has one queue; what is its own of each is here. */
static struct fake_driver driver;
static struct {
	uint16_t next_used, next_kick;
} queues[2];

static struct twinos_error err;
static struct twinos_vdev *vdev;
static struct vring_used_elem used;
static int seat;

static void turn_to(int queue)
{
	int now = driver.queue == &driver.setup.queues[OUTPUT];

	queues[now].next_used = driver.next_used;
	queues[now].next_kick = driver.next_kick;
	driver.queue = &driver.setup.queues[queue];
	driver.next_used = queues[queue].next_used;
	driver.next_kick = queues[queue].next_kick;
}

static void begin(void)
{
	fake_driver_init(&driver, vdev->features, 256);
	memset(queues, 0, sizeof(queues));
	driver.setup.queues[OUTPUT] = (struct twinos_vdev_queue){
		.ready = true,
		.size = 256,
		.desc = DRIVER_SECOND,
		.driver = DRIVER_SECOND + 0x2000,
		.device = DRIVER_SECOND + 0x3000,
		.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), 0);
}

static void end(void)
{
	vdev->ops->stop(vdev);
	turn_to(INPUT);
	close(driver.setup.queues[OUTPUT].kick);
	close(driver.setup.queues[OUTPUT].call);
	fake_driver_free(&driver);
}

static int open_device(void **state)
{
	(void)state;
	if (twinos_vconsole_open("", &vdev, &err))
		return -1;
	seat = open(vdev->detail, O_RDWR | O_NOCTTY | O_NONBLOCK);
	return seat < 0 ? -1 : 0;
}

static int close_device(void **state)
{
	(void)state;
	close(seat);
	vdev->ops->free(vdev);
	return 0;
}

static void offer(int queue, uint16_t flags, uint32_t size)
{
	turn_to(queue);
	fake_driver_desc(&driver, driver.queue->desc, 0,
			 (struct vring_desc){ queue == INPUT ? INPUT_DATA :
							       OUTPUT_DATA,
					      size, flags, 0 });
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
}

/* The twin writes, and it is taken at once. */
static void put(const void *data, uint32_t size)
{
	memcpy(fake_driver_at(&driver, OUTPUT_DATA), data, size);
	offer(OUTPUT, 0, size);
	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(used.len, 0);
}

static void offer_room(void)
{
	offer(INPUT, WRITE, SIZE);
}

/* What the twin reads, into the room that was offered. */
static uint32_t get(char *data)
{
	turn_to(INPUT);
	assert_true(fake_driver_wait(&driver, &used));
	memcpy(data, fake_driver_at(&driver, INPUT_DATA), used.len);
	return used.len;
}

static bool seat_is(short events, int patience)
{
	struct pollfd fd = { .fd = seat, .events = events };

	return poll(&fd, 1, patience) == 1 && fd.revents & events;
}

/* As much as comes, until nothing has for a moment. */
static size_t look(char *data, size_t size)
{
	size_t length = 0;
	ssize_t got = 1;

	while (length < size && got > 0 && seat_is(POLLIN, 200)) {
		got = read(seat, data + length, size - length);
		length += got > 0 ? (size_t)got : 0;
	}
	return length;
}

static void shows(const char *text)
{
	char data[256];
	size_t length = look(data, strlen(text));

	assert_int_equal(length, strlen(text));
	assert_memory_equal(data, text, length);
	assert_false(seat_is(POLLIN, 20));
}

static void test_device(void **state)
{
	(void)state;
	assert_int_equal(vdev->id, VIRTIO_ID_CONSOLE);
	assert_string_equal(vdev->kind, "extra-console");
	assert_string_equal(vdev->name, "");
	assert_int_equal(vdev->nr_queues, 2);
	assert_int_equal(strncmp(vdev->detail, "/dev/pts/", 9), 0);
}

static void test_options(void **state)
{
	struct twinos_vdev *other;

	(void)state;
	assert_int_equal(twinos_vconsole_open("name=shell", &other, &err), 0);
	assert_string_equal(other->name, "shell");
	assert_string_not_equal(other->detail, vdev->detail);
	other->ops->free(other);
	assert_int_equal(twinos_vconsole_open("pty=x", &other, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is not known"));
	assert_int_equal(twinos_vconsole_open("name=a/b", &other, &err),
			 -EINVAL);
	assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
}

static void test_output(void **state)
{
	(void)state;
	begin();
	put("hello\n", 6);
	shows("hello\n");
	put("", 0);
	put("\003\021\r\n", 4); /* nothing is special */
	shows("\003\021\r\n");
	end();
}

static void test_input(void **state)
{
	char data[SIZE];

	(void)state;
	begin();
	offer_room();
	assert_int_equal(write(seat, "\003ls\r", 4), 4);
	assert_int_equal(get(data), 4);
	assert_memory_equal(data, "\003ls\r", 4);
	assert_false(seat_is(POLLIN, 20)); /* no echo */
	end();
}

/* Who types before there is room waits, and nothing is lost. */
static void test_no_room(void **state)
{
	char sent[3000], data[SIZE];
	size_t length = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7);
	begin();
	assert_int_equal(write(seat, sent, sizeof(sent)), sizeof(sent));
	usleep(20000);
	while (length < sizeof(sent)) {
		offer_room();
		assert_memory_equal(data, sent + length, get(data));
		length += used.len;
	}
	offer(INPUT, WRITE, 0);
	assert_int_equal(get(data), 0);
	end();
}

/* The twin never waits, nor do we all the time; what was written last is there. */
static void test_nobody_reads(void **state)
{
	static char data[1 << 20];
	char piece[SIZE];
	size_t length;
	clock_t before;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 256; i++) {
		memset(piece, 'a' + (int)(i % 26), sizeof(piece));
		put(piece, sizeof(piece));
	}
	put("last\n", 5);
	before = clock();
	usleep(200000);
	assert_true(clock() - before < CLOCKS_PER_SEC / 10);
	length = look(data, sizeof(data));
	assert_in_range(length, 65536, 1 << 18);
	assert_memory_equal(data + length - 6, "vlast\n", 6);
	put("live\n", 5);
	shows("live\n");
	end();
}

/* Many buffers in one, far more than is kept. */
static void test_huge(void **state)
{
	static char data[1 << 20];
	uint64_t table;

	(void)state;
	begin();
	turn_to(OUTPUT);
	table = driver.queue->desc;
	memset(fake_driver_at(&driver, OUTPUT_DATA), 'x', SIZE);
	for (uint16_t i = 0; i < 250; i++)
		fake_driver_desc(&driver, table, i,
				 (struct vring_desc){ OUTPUT_DATA, SIZE,
						      VRING_DESC_F_NEXT,
						      i + 1 });
	fake_driver_desc(&driver, table, 250,
			 (struct vring_desc){ OUTPUT_DATA, SIZE, 0, 0 });
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(look(data, sizeof(data)), 65536);
	end();
}

/* The room that was offered is not written to any more, and offered again. */
static void test_stop(void **state)
{
	char data[SIZE];

	(void)state;
	begin();
	offer_room();
	usleep(20000);
	vdev->ops->stop(vdev);
	assert_int_equal(write(seat, "late", 4), 4);
	usleep(20000);
	assert_int_equal(fake_driver_used(&driver)->idx, 0);
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), 0);
	assert_int_equal(get(data), 4);
	assert_memory_equal(data, "late", 4);
	end();
	begin();
	put("again\n", 6);
	shows("again\n");
	end();
}

/* A getty does that before it sets things up as it likes. */
static void hang_up(void)
{
	int status;
	pid_t child = fork();

	if (!child) {
		setsid();
		if (open(vdev->detail, O_RDWR) < 0)
			_exit(1);
		_exit(vhangup() ? errno : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EPERM) {
		end();
		skip();
	}
}

static void test_hangup(void **state)
{
	struct termios settings;
	char data[SIZE];

	(void)state;
	begin();
	offer_room();
	hang_up();
	close(seat);
	seat = open(vdev->detail, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(seat >= 0);
	assert_int_equal(tcgetattr(seat, &settings), 0);
	cfmakeraw(&settings);
	assert_int_equal(tcsetattr(seat, TCSANOW, &settings), 0);
	put("here\n", 5);
	shows("here\n");
	assert_int_equal(write(seat, "x", 1), 1);
	assert_int_equal(get(data), 1);
	end();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_device, close_device)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_device), TEST(test_options), TEST(test_output),
		TEST(test_input),  TEST(test_no_room), TEST(test_nobody_reads),
		TEST(test_huge),   TEST(test_stop),    TEST(test_hangup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
