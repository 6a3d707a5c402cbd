// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_driver.h"

#define PATIENCE 5000 /* ms */

static void add_region(struct twinos_twinmem *memory, uint64_t start)
{
	char *data = aligned_alloc(4096, DRIVER_REGION);

	if (!data)
		abort();
	memset(data, 0, DRIVER_REGION);
	memory->regions[memory->nr++] = (struct twinos_twinmem_region){
		.start = start,
		.length = DRIVER_REGION,
		.data = data,
	};
}

void fake_driver_init(struct fake_driver *driver, uint64_t features,
		      uint32_t size)
{
	*driver = (struct fake_driver){
		.setup.features = features,
		.setup.memory = &driver->memory,
		.queue = &driver->setup.queues[0],
	};
	add_region(&driver->memory, DRIVER_THIRD);
	add_region(&driver->memory, DRIVER_FIRST);
	add_region(&driver->memory, DRIVER_SECOND);
	*driver->queue = (struct twinos_vdev_queue){
		.ready = true,
		.size = size,
		.desc = DRIVER_DESC,
		.driver = DRIVER_AVAIL,
		.device = DRIVER_USED,
		.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
}

void fake_driver_free(struct fake_driver *driver)
{
	for (size_t i = 0; i < driver->memory.nr; i++)
		free(driver->memory.regions[i].data);
	close(driver->queue->kick);
	close(driver->queue->call);
}

void *fake_driver_at(const struct fake_driver *driver, uint64_t addr)
{
	void *at = twinos_twinmem_at(&driver->memory, addr, 1);

	if (!at)
		abort();
	return at;
}

struct vring_avail *fake_driver_avail(const struct fake_driver *driver)
{
	return fake_driver_at(driver, driver->queue->driver);
}

struct vring_used *fake_driver_used(const struct fake_driver *driver)
{
	return fake_driver_at(driver, driver->queue->device);
}

uint16_t *fake_driver_used_event(const struct fake_driver *driver)
{
	return &fake_driver_avail(driver)->ring[driver->queue->size];
}

uint16_t *fake_driver_avail_event(const struct fake_driver *driver)
{
	return fake_driver_at(driver, driver->queue->device + 4 +
					      8 * driver->queue->size);
}

void fake_driver_begin_at(struct fake_driver *driver, uint16_t index)
{
	fake_driver_avail(driver)->idx = index;
	fake_driver_used(driver)->idx = index;
	driver->next_used = index;
	driver->next_kick = index;
}

void fake_driver_desc(const struct fake_driver *driver, uint64_t table,
		      uint16_t i, struct vring_desc desc)
{
	memcpy(fake_driver_at(driver, table + i * sizeof(desc)), &desc,
	       sizeof(desc));
}

void fake_driver_offer(struct fake_driver *driver, uint16_t head)
{
	struct vring_avail *avail = fake_driver_avail(driver);

	avail->ring[avail->idx % driver->queue->size] = head;
	__atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_RELEASE);
}

static bool is_kick_wanted(const struct fake_driver *driver, uint16_t index)
{
	uint16_t *event = fake_driver_avail_event(driver);
	struct vring_used *used = fake_driver_used(driver);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(driver->setup.features >> VIRTIO_RING_F_EVENT_IDX & 1))
		return !__atomic_load_n(&used->flags, __ATOMIC_ACQUIRE);
	return vring_need_event(__atomic_load_n(event, __ATOMIC_ACQUIRE), index,
				driver->next_kick);
}

void fake_driver_kick(struct fake_driver *driver)
{
	uint16_t index = fake_driver_avail(driver)->idx;

	if (is_kick_wanted(driver, index)) {
		driver->nr_kicks++;
		if (eventfd_write(driver->queue->kick, 1))
			abort();
	}
	driver->next_kick = index;
}

static bool take(struct fake_driver *driver, struct vring_used_elem *elem)
{
	struct vring_used *used = fake_driver_used(driver);

	if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == driver->next_used)
		return false;
	memcpy(elem, &used->ring[driver->next_used % driver->queue->size],
	       sizeof(*elem));
	driver->next_used++;
	return true;
}

bool fake_driver_wait(struct fake_driver *driver, struct vring_used_elem *elem)
{
	struct pollfd call = { .fd = driver->queue->call, .events = POLLIN };
	eventfd_t count;

	while (!take(driver, elem)) {
		__atomic_store_n(fake_driver_used_event(driver),
				 driver->next_used, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (take(driver, elem))
			break;
		if (poll(&call, 1, PATIENCE) != 1)
			return false;
		eventfd_read(driver->queue->call, &count);
	}
	return true;
}
