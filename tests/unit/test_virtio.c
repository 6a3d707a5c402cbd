// SPDX-License-Identifier: GPL-2.0-only
/* The bus of virtio devices: what a twin may ask, and what comes of it. */
#include <errno.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "virtio.h"

#define VERSION_1 (1ULL << VIRTIO_F_VERSION_1)
#define OFFERED 0x15ULL
#define SERVES                                                  \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
	 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

static struct twinos_bus bus;
static struct twinos_virtio area;
static struct twinos_twinmem memory;
static uint32_t token;

/* A device that counts what is done to it. */
static struct fake {
	struct twinos_vdev vdev;
	int starts, stops, frees, writes, start_error;
	struct twinos_vdev_setup setup;
} fakes[TWINOS_VIRTIO_DEVICES + 1];

static int fake_start(struct twinos_vdev *vdev,
		      const struct twinos_vdev_setup *setup)
{
	struct fake *fake = (struct fake *)vdev;

	fake->setup = *setup;
	fake->starts++;
	return fake->start_error;
}

static void fake_stop(struct twinos_vdev *vdev)
{
	((struct fake *)vdev)->stops++;
}

static void fake_write(struct twinos_vdev *vdev, size_t offset, size_t size)
{
	assert_true(offset + size <= vdev->config_size);
	((struct fake *)vdev)->writes++;
}

static void fake_free(struct twinos_vdev *vdev)
{
	((struct fake *)vdev)->frees++;
}

static const struct twinos_vdev_ops ops = {
	.start = fake_start,
	.stop = fake_stop,
	.write_config = fake_write,
	.free = fake_free,
};

static struct fake *make_fake(int number, unsigned int nr_queues)
{
	struct fake *fake = &fakes[number];

	*fake = (struct fake){ .vdev = { .ops = &ops,
					 .id = 4,
					 .features = OFFERED,
					 .nr_queues = nr_queues,
					 .config = "configuration",
					 .config_size = 14,
					 .kind = "fake" } };
	return fake;
}

static int add(struct fake *fake)
{
	return twinos_bus_add(&bus, &fake->vdev, NULL);
}

static int set_up(void **state)
{
	(void)state;
	memset(&area, 0, sizeof(area));
	token = 0;
	assert_int_equal(twinos_bus_init(&bus), 0);
	assert_int_equal(add(make_fake(0, 3)), 0);
	twinos_bus_begin(&bus, &area, &memory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	twinos_bus_end(&bus);
	twinos_bus_destroy(&bus);
	return 0;
}

static uint32_t ask(uint8_t id, uint16_t device, const void *data, size_t size)
{
	area.message.id = id;
	area.message.device = device;
	memset(area.message.payload, 0, sizeof(area.message.payload));
	if (size)
		memcpy(area.message.payload, data, size);
	area.message.token = ++token;
	twinos_bus_serve(&bus);
	assert_int_equal(area.answer.token, token);
	return area.answer.result;
}

static uint32_t set_status(uint32_t status)
{
	return ask(TWINOS_MSG_SET_STATUS, 0, &status, sizeof(status));
}

static uint32_t status_now(void)
{
	assert_int_equal(ask(TWINOS_MSG_GET_STATUS, 0, NULL, 0), TWINOS_MSG_OK);
	return *(uint32_t *)area.answer.payload;
}

static uint32_t set_features(uint64_t features)
{
	return ask(TWINOS_MSG_SET_FEATURES, 0, &features, sizeof(features));
}

static uint32_t set_queue(uint32_t index, uint32_t size, uint64_t desc)
{
	struct twinos_msg_vqueue vqueue = { .index = index,
					    .size = size,
					    .desc = desc,
					    .driver = 0x2000,
					    .device = 0x3000 };

	return ask(TWINOS_MSG_SET_VQUEUE, 0, &vqueue, sizeof(vqueue));
}

/* All that a driver does until its device serves. */
static uint32_t drive(uint64_t features)
{
	set_status(0);
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	assert_int_equal(set_features(features), TWINOS_MSG_OK);
	set_status(SERVES & ~VIRTIO_CONFIG_S_DRIVER_OK);
	assert_int_equal(set_queue(1, 64, 0x1000), TWINOS_MSG_OK);
	return set_status(SERVES);
}

static struct twinos_msg_devices devices_now(void)
{
	struct twinos_msg_devices devices;

	assert_int_equal(ask(TWINOS_MSG_GET_DEVICES, 0, NULL, 0), 0);
	memcpy(&devices, area.answer.payload, sizeof(devices));
	return devices;
}

static void tells_of_a_device(void **state)
{
	struct twinos_msg_info info;

	(void)state;
	assert_int_equal(area.devices_changed, 1);
	assert_int_equal(devices_now().present, 1);
	assert_int_equal(devices_now().leaving, 0);
	assert_int_equal(ask(TWINOS_MSG_GET_INFO, 0, NULL, 0), TWINOS_MSG_OK);
	memcpy(&info, area.answer.payload, sizeof(info));
	assert_int_equal(info.device_id, 4);
	assert_int_equal(info.nr_queues, 3);
	assert_int_equal(info.config_size, 14);
	assert_int_equal(area.answer.size, sizeof(info));
	assert_int_equal(ask(TWINOS_MSG_GET_FEATURES, 0, NULL, 0), 0);
	assert_true(*(uint64_t *)area.answer.payload == (OFFERED | VERSION_1));
}

static void starts_and_stops(void **state)
{
	struct fake *fake = &fakes[0];

	(void)state;
	assert_int_equal(drive(VERSION_1 | 4), TWINOS_MSG_OK);
	assert_int_equal(fake->starts, 1);
	assert_int_equal(status_now(), SERVES);
	assert_true(fake->setup.features == (VERSION_1 | 4));
	assert_ptr_equal(fake->setup.memory, &memory);
	assert_false(fake->setup.queues[0].ready);
	assert_true(fake->setup.queues[1].ready);
	assert_int_equal(fake->setup.queues[1].size, 64);
	assert_int_equal(fake->setup.queues[1].desc, 0x1000);
	assert_true(fake->setup.queues[1].kick >= 0);
	assert_int_equal(set_status(SERVES), TWINOS_MSG_OK);
	assert_int_equal(fake->starts, 1);
	assert_int_equal(set_status(0), TWINOS_MSG_OK);
	assert_int_equal(fake->stops, 1);
	assert_int_equal(status_now(), 0);
	assert_int_equal(drive(VERSION_1), TWINOS_MSG_OK);
	assert_int_equal(fake->starts, 2);
	twinos_bus_end(&bus);
	assert_int_equal(fake->stops, 2);
	assert_int_equal(fake->frees, 0);
}

/* A driver that starts anew must give the queues anew. */
static void forgets_at_reset(void **state)
{
	struct fake *fake = &fakes[0];

	(void)state;
	drive(VERSION_1);
	assert_int_equal(eventfd_write(fake->setup.queues[1].kick, 1), 0);
	set_status(0);
	set_features(VERSION_1);
	set_status(SERVES);
	assert_int_equal(fake->starts, 2);
	assert_false(fake->setup.queues[1].ready);
	assert_int_equal(
		poll(&(struct pollfd){ .fd = fake->setup.queues[1].kick,
				       .events = POLLIN },
		     1, 0),
		0);
}

static void refuses_features(void **state)
{
	(void)state;
	assert_int_equal(drive(VERSION_1 | 2), TWINOS_MSG_FAILED);
	assert_false(status_now() & VIRTIO_CONFIG_S_FEATURES_OK);
	assert_true(status_now() & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(drive(4), TWINOS_MSG_FAILED);
	assert_int_equal(fakes[0].starts, 0);
	assert_int_equal(drive(VERSION_1), TWINOS_MSG_OK);
	assert_int_equal(set_features(VERSION_1 | 4), TWINOS_MSG_INVALID);
}

static void tells_that_a_back_end_fails(void **state)
{
	(void)state;
	fakes[0].start_error = -EIO;
	assert_int_equal(drive(VERSION_1), TWINOS_MSG_FAILED);
	assert_false(status_now() & VIRTIO_CONFIG_S_DRIVER_OK);
	assert_true(status_now() & VIRTIO_CONFIG_S_NEEDS_RESET);
	set_status(0);
	assert_int_equal(fakes[0].stops, 0);
}

static void refuses_queues(void **state)
{
	struct twinos_msg_vqueue vqueue = { .index = 3 };

	(void)state;
	assert_int_equal(set_queue(3, 64, 0), TWINOS_MSG_INVALID);
	assert_int_equal(set_queue(0xffffffff, 64, 0), TWINOS_MSG_INVALID);
	assert_int_equal(set_queue(0, 0, 0), TWINOS_MSG_INVALID);
	assert_int_equal(set_queue(0, 48, 0), TWINOS_MSG_INVALID);
	assert_int_equal(set_queue(0, 2 * TWINOS_VDEV_QUEUE_SIZE, 0),
			 TWINOS_MSG_INVALID);
	assert_int_equal(set_queue(0, 64, 8), TWINOS_MSG_INVALID);
	assert_int_equal(ask(TWINOS_MSG_GET_VQUEUE, 0, &vqueue, sizeof(vqueue)),
			 TWINOS_MSG_INVALID);
	drive(VERSION_1);
	assert_int_equal(set_queue(0, 64, 0), TWINOS_MSG_INVALID);
}

static void let_go(unsigned int slot)
{
	twinos_bus_ask_back(&bus, &bus.slots[slot]);
	assert_int_equal(ask(TWINOS_MSG_RELEASE, (uint16_t)slot, NULL, 0),
			 TWINOS_MSG_OK);
	twinos_bus_drop(&bus, &bus.slots[slot]);
}

static unsigned int bit_of(uint16_t device, uint32_t index)
{
	struct twinos_msg_vqueue vqueue = { .index = index };

	assert_int_equal(ask(TWINOS_MSG_GET_VQUEUE, device, &vqueue,
			     sizeof(vqueue)),
			 TWINOS_MSG_OK);
	memcpy(&vqueue, area.answer.payload, sizeof(vqueue));
	assert_int_equal(vqueue.size, TWINOS_VDEV_QUEUE_SIZE);
	return vqueue.bit;
}

static void queues_have_bits_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(add(make_fake(1, 2)), 0);
	assert_int_equal(bit_of(0, 0), TWINOS_BIT_QUEUES);
	assert_int_equal(bit_of(0, 2), TWINOS_BIT_QUEUES + 2);
	assert_int_equal(bit_of(1, 0), TWINOS_BIT_QUEUES + 3);
	let_go(0);
	assert_int_equal(add(make_fake(2, 4)), 0);
	assert_int_equal(bit_of(0, 0), TWINOS_BIT_QUEUES + 5);
	assert_int_equal(add(make_fake(3, 2)), 0);
	assert_int_equal(bit_of(2, 0), TWINOS_BIT_QUEUES);
}

static void reads_configuration(void **state)
{
	struct twinos_msg_config config = { .offset = 10, .size = 64 };

	(void)state;
	assert_int_equal(ask(TWINOS_MSG_GET_CONFIG, 0, &config, sizeof(config)),
			 TWINOS_MSG_OK);
	memcpy(&config, area.answer.payload, sizeof(config));
	assert_memory_equal(config.data, "ion\0\0\0", 6);
	config.offset = 0xffffffff;
	config.size = 0xffffffff;
	assert_int_equal(ask(TWINOS_MSG_GET_CONFIG, 0, &config, sizeof(config)),
			 TWINOS_MSG_OK);
	memcpy(&config, area.answer.payload, sizeof(config));
	assert_int_equal(config.data[0], 0);
}

static void writes_configuration(void **state)
{
	struct twinos_msg_config config = { .offset = 12, .size = 2 };

	(void)state;
	assert_int_equal(ask(TWINOS_MSG_SET_CONFIG, 0, &config, sizeof(config)),
			 TWINOS_MSG_OK);
	assert_int_equal(fakes[0].writes, 1);
	config.size = 3;
	assert_int_equal(ask(TWINOS_MSG_SET_CONFIG, 0, &config, sizeof(config)),
			 TWINOS_MSG_INVALID);
	config.offset = 0xfffffffe;
	assert_int_equal(ask(TWINOS_MSG_SET_CONFIG, 0, &config, sizeof(config)),
			 TWINOS_MSG_INVALID);
	assert_int_equal(fakes[0].writes, 1);
}

static void refuses_other_messages(void **state)
{
	unsigned int id;

	(void)state;
	for (id = 0; id < TWINOS_MSG_GET_DEVICES; id++)
		assert_int_not_equal(ask((uint8_t)id, 1, NULL, 0),
				     TWINOS_MSG_OK);
	assert_int_equal(ask(0xff, 0, NULL, 0), TWINOS_MSG_INVALID);
	assert_int_equal(ask(TWINOS_MSG_GET_INFO, 0xffff, NULL, 0),
			 TWINOS_MSG_NO_DEVICE);
	assert_int_equal(ask(TWINOS_MSG_RELEASE, 0, NULL, 0),
			 TWINOS_MSG_INVALID);
	assert_int_equal(ask(TWINOS_MSG_PING, 0, NULL, 0), TWINOS_MSG_OK);
}

static void answers_each_message_once(void **state)
{
	(void)state;
	set_status(1);
	area.answer.token = 77;
	twinos_bus_serve(&bus);
	assert_int_equal(area.answer.token, 77);
}

static void a_device_leaves(void **state)
{
	(void)state;
	drive(VERSION_1);
	twinos_bus_ask_back(&bus, &bus.slots[0]);
	assert_int_equal(area.devices_changed, 2);
	assert_int_equal(devices_now().present, 1);
	assert_int_equal(devices_now().leaving, 1);
	assert_false(bus.slots[0].released);
	assert_int_equal(ask(TWINOS_MSG_RELEASE, 0, NULL, 0), TWINOS_MSG_OK);
	assert_true(bus.slots[0].released);
	assert_int_equal(fakes[0].stops, 1);
	assert_int_equal(devices_now().present, 0);
	assert_int_equal(ask(TWINOS_MSG_SET_STATUS, 0, NULL, 0),
			 TWINOS_MSG_NO_DEVICE);
	twinos_bus_drop(&bus, &bus.slots[0]);
	assert_int_equal(fakes[0].frees, 1);
	assert_null(bus.slots[0].vdev);
}

static void one_that_does_not_let_go_is_stopped(void **state)
{
	(void)state;
	drive(VERSION_1);
	twinos_bus_ask_back(&bus, &bus.slots[0]);
	twinos_bus_drop(&bus, &bus.slots[0]);
	assert_int_equal(fakes[0].stops, 1);
	assert_int_equal(fakes[0].frees, 1);
	assert_int_equal(ask(TWINOS_MSG_RELEASE, 0, NULL, 0),
			 TWINOS_MSG_NO_DEVICE);
}

/* Its driver is still there, and would drive what comes into its place. */
static void its_place_is_nobodys_until_the_end(void **state)
{
	(void)state;
	drive(VERSION_1);
	twinos_bus_drop(&bus, &bus.slots[0]);
	assert_int_equal(add(make_fake(1, 3)), 0);
	assert_null(bus.slots[0].vdev);
	assert_int_equal(bit_of(1, 0), TWINOS_BIT_QUEUES + 3);
	twinos_bus_end(&bus);
	assert_int_equal(add(make_fake(2, 3)), 0);
	assert_ptr_equal(bus.slots[0].vdev, &fakes[2].vdev);
	assert_int_equal(bus.slots[0].first_bit, TWINOS_BIT_QUEUES);
}

static void names_are_unique(void **state)
{
	struct fake *fake = make_fake(1, 1);

	(void)state;
	assert_string_equal(fakes[0].vdev.name, "fake0");
	strcpy(fake->vdev.name, "fake0");
	assert_int_equal(add(fake), -EEXIST);
	strcpy(fake->vdev.name, "");
	assert_int_equal(add(fake), 0);
	assert_string_equal(fake->vdev.name, "fake1");
	assert_ptr_equal(twinos_bus_find(&bus, "fake1")->vdev, &fake->vdev);
	assert_null(twinos_bus_find(&bus, "fake2"));
}

static void there_is_an_end_to_devices(void **state)
{
	int i;

	(void)state;
	for (i = 1; i < TWINOS_VIRTIO_DEVICES; i++)
		assert_int_equal(add(make_fake(i, 3)), 0);
	assert_int_equal(add(make_fake(i, 1)), -ENOSPC);
	let_go(5);
	assert_int_equal(add(make_fake(i, TWINOS_VDEV_QUEUES + 1)), -ENOSPC);
	assert_int_equal(add(make_fake(i, 3)), 0);
}

static void is_silent_between_lives(void **state)
{
	(void)state;
	drive(VERSION_1);
	twinos_bus_end(&bus);
	assert_int_equal(fakes[0].stops, 1);
	area.message.token = ++token;
	twinos_bus_serve(&bus);
	assert_int_not_equal(area.answer.token, token);
	memset(&area, 0, sizeof(area));
	token = 0;
	twinos_bus_begin(&bus, &area, &memory);
	assert_int_equal(status_now(), 0);
	assert_int_equal(drive(VERSION_1), TWINOS_MSG_OK);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(tells_of_a_device),
		TEST(starts_and_stops),
		TEST(forgets_at_reset),
		TEST(refuses_features),
		TEST(tells_that_a_back_end_fails),
		TEST(refuses_queues),
		TEST(queues_have_bits_of_their_own),
		TEST(reads_configuration),
		TEST(writes_configuration),
		TEST(refuses_other_messages),
		TEST(answers_each_message_once),
		TEST(a_device_leaves),
		TEST(one_that_does_not_let_go_is_stopped),
		TEST(its_place_is_nobodys_until_the_end),
		TEST(names_are_unique),
		TEST(there_is_an_end_to_devices),
		TEST(is_silent_between_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
