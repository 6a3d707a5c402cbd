// SPDX-License-Identifier: GPL-2.0-only
/* What a twin asks of the bus of its virtio devices: any messages in any order. */
#include <stdlib.h>
#include <string.h>

#include "virtio.h"

static int start(struct twinos_vdev *vdev,
		 const struct twinos_vdev_setup *setup)
{
	unsigned int i;

	for (i = 0; i < vdev->nr_queues; i++)
		if (setup->queues[i].ready &&
		    (!setup->queues[i].size ||
		     setup->queues[i].size > TWINOS_VDEV_QUEUE_SIZE))
			abort();
	return setup->features & 1 ? -1 : 0;
}

static void stop(struct twinos_vdev *vdev)
{
	(void)vdev;
}

static void write_config(struct twinos_vdev *vdev, size_t offset, size_t size)
{
	if (offset > vdev->config_size || size > vdev->config_size - offset)
		abort();
}

static const struct twinos_vdev_ops ops = {
	.start = start,
	.stop = stop,
	.write_config = write_config,
	.free = stop,
};

static struct twinos_vdev vdevs[3];

static void add_devices(struct twinos_bus *bus)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		vdevs[i] = (struct twinos_vdev){ .ops = &ops,
						 .id = i + 1,
						 .features = 0xffff,
						 .nr_queues = i + 1,
						 .config_size = 24 * i,
						 .kind = "fuzz" };
		if (twinos_bus_add(bus, &vdevs[i], NULL))
			abort();
	}
}

static void ask(struct twinos_bus *bus, struct twinos_virtio *area,
		const uint8_t *data, size_t size)
{
	uint32_t token = area->message.token + 1;

	memcpy(&area->message, data, size);
	area->message.token = token;
	twinos_bus_serve(bus);
	if (area->answer.token != token ||
	    area->answer.size > TWINOS_MSG_PAYLOAD)
		abort();
	if (area->message.id == TWINOS_MSG_PING && bus->slots[1].vdev)
		twinos_bus_ask_back(bus, &bus->slots[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct twinos_twinmem memory;
	struct twinos_virtio area = { 0 };
	struct twinos_bus bus;
	size_t part;

	if (twinos_bus_init(&bus))
		abort();
	add_devices(&bus);
	twinos_bus_begin(&bus, &area, &memory);
	for (; size; data += part, size -= part) {
		part = size < 64 ? size : 64;
		ask(&bus, &area, data, part);
	}
	twinos_bus_destroy(&bus);
	return 0;
}
