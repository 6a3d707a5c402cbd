// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/virtio_config.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "virtio.h"

/* "TWIN" */
#define VENDOR_ID 0x4e495754

/* How many messages are answered before others get their turn. */
#define MESSAGES_A_LOOK 16

/* ---- eventfds ---- */

static int make_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int tie(int owner, unsigned long request, unsigned int bit, int fd)
{
	struct twinos_bind bind = { .size = sizeof(bind),
				    .bit = bit,
				    .fd = fd };

	return ioctl(owner, request, &bind) ? -errno : 0;
}

static int tie_bit(int owner, unsigned int bit, int kick, int call)
{
	int ret = tie(owner, TWINOS_BIND_KICK, bit, kick);

	return ret ? ret : tie(owner, TWINOS_BIND_CALL, bit, call);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void call_twin(const struct twinos_bus *bus)
{
	(void)!eventfd_write(bus->call, 1);
}

/* ---- queues ---- */

static void close_queues(struct twinos_bus_slot *slot)
{
	size_t i;

	for (i = 0; i < TWINOS_VDEV_QUEUES; i++) {
		close_fd(&slot->setup.queues[i].kick);
		close_fd(&slot->setup.queues[i].call);
	}
}

static int open_queues(struct twinos_bus_slot *slot)
{
	struct twinos_vdev_queue *queue;
	size_t i;

	for (i = 0; i < slot->vdev->nr_queues; i++) {
		queue = &slot->setup.queues[i];
		queue->kick = make_eventfd();
		if (queue->kick < 0)
			return queue->kick;
		queue->call = make_eventfd();
		if (queue->call < 0)
			return queue->call;
	}
	return 0;
}

static int tie_queues(const struct twinos_bus *bus,
		      const struct twinos_bus_slot *slot)
{
	const struct twinos_vdev_queue *queue;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < slot->vdev->nr_queues && !ret; i++) {
		queue = &slot->setup.queues[i];
		ret = tie_bit(bus->owner, slot->first_bit + i, queue->kick,
			      queue->call);
	}
	return ret;
}

static void untie_queues(const struct twinos_bus *bus,
			 const struct twinos_bus_slot *slot)
{
	unsigned int i;

	for (i = 0; bus->owner >= 0 && i < slot->vdev->nr_queues; i++)
		tie_bit(bus->owner, slot->first_bit + i, -1, -1);
}

/* A kick for the last driver's queues is none for the next one's. */
static void forget_queues(struct twinos_bus_slot *slot)
{
	struct twinos_vdev_queue *queue;
	eventfd_t count;
	size_t i;

	for (i = 0; i < slot->vdev->nr_queues; i++) {
		queue = &slot->setup.queues[i];
		*queue = (struct twinos_vdev_queue){ .kick = queue->kick,
						     .call = queue->call };
		(void)!eventfd_read(queue->kick, &count);
	}
}

static uint64_t bits_mask(unsigned int first, unsigned int nr)
{
	return ((1ULL << nr) - 1) << first;
}

/* 0: there is no such row of free bits. */
static unsigned int find_bits(const struct twinos_bus *bus, unsigned int nr)
{
	unsigned int bit;

	if (nr > TWINOS_VDEV_QUEUES)
		return 0;
	for (bit = TWINOS_BIT_QUEUES; bit + nr <= TWINOS_BITS; bit++)
		if (!(bus->bits & bits_mask(bit, nr)))
			return bit;
	return 0;
}

/* ---- the life of a device ---- */

static void stop(struct twinos_bus_slot *slot)
{
	if (slot->started)
		slot->vdev->ops->stop(slot->vdev);
	slot->started = false;
}

static void reset(struct twinos_bus_slot *slot)
{
	stop(slot);
	forget_queues(slot);
	slot->status = 0;
	slot->features = 0;
}

static uint64_t offered(const struct twinos_bus_slot *slot)
{
	return slot->vdev->features | 1ULL << VIRTIO_F_VERSION_1;
}

static bool features_are_ok(const struct twinos_bus_slot *slot)
{
	return !(slot->features & ~offered(slot)) &&
	       slot->features & 1ULL << VIRTIO_F_VERSION_1;
}

static int start(struct twinos_bus *bus, struct twinos_bus_slot *slot)
{
	int ret;

	slot->setup.features = slot->features;
	slot->setup.memory = bus->memory;
	ret = slot->vdev->ops->start(slot->vdev, &slot->setup);
	slot->started = !ret;
	return ret;
}

/* Bits are only added; how they come one after the other is the driver's matter. */
static uint32_t add_status(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   uint32_t status)
{
	uint32_t added = status & ~slot->status;

	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !features_are_ok(slot))
		added &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	slot->status |= added;
	if (!(added & VIRTIO_CONFIG_S_DRIVER_OK))
		return TWINOS_MSG_OK;
	if (!(slot->status & VIRTIO_CONFIG_S_FEATURES_OK) || start(bus, slot)) {
		slot->status &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
		slot->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		return TWINOS_MSG_FAILED;
	}
	return TWINOS_MSG_OK;
}

/* ---- messages ---- */

/* Both: @message is a copy of the twin's, @answer is zeroed. Each returns a result. */
typedef uint32_t (*handler)(struct twinos_bus *bus,
			    struct twinos_bus_slot *slot,
			    const struct twinos_msg *message,
			    struct twinos_msg *answer);

#define TAKE(message, to) memcpy(&(to), (message)->payload, sizeof(to))

#define GIVE(answer, from)                                        \
	do {                                                      \
		memcpy((answer)->payload, &(from), sizeof(from)); \
		(answer)->size = sizeof(from);                    \
	} while (0)

static uint32_t get_info(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			 const struct twinos_msg *message,
			 struct twinos_msg *answer)
{
	struct twinos_msg_info info = {
		.device_id = slot->vdev->id,
		.vendor_id = VENDOR_ID,
		.config_size = (uint32_t)slot->vdev->config_size,
		.nr_queues = slot->vdev->nr_queues,
	};

	(void)bus;
	(void)message;
	GIVE(answer, info);
	return TWINOS_MSG_OK;
}

static uint32_t get_features(struct twinos_bus *bus,
			     struct twinos_bus_slot *slot,
			     const struct twinos_msg *message,
			     struct twinos_msg *answer)
{
	struct twinos_msg_features features = { offered(slot) };

	(void)bus;
	(void)message;
	GIVE(answer, features);
	return TWINOS_MSG_OK;
}

static uint32_t set_features(struct twinos_bus *bus,
			     struct twinos_bus_slot *slot,
			     const struct twinos_msg *message,
			     struct twinos_msg *answer)
{
	struct twinos_msg_features features;

	(void)bus;
	(void)answer;
	if (slot->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return TWINOS_MSG_INVALID;
	TAKE(message, features);
	slot->features = features.features;
	return TWINOS_MSG_OK;
}

/* What lies beyond the configuration reads as zeroes. */
static uint32_t get_config(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   const struct twinos_msg *message,
			   struct twinos_msg *answer)
{
	const struct twinos_vdev *vdev = slot->vdev;
	struct twinos_msg_config config;
	size_t size;

	(void)bus;
	TAKE(message, config);
	size = config.size < sizeof(config.data) ? config.size :
						   sizeof(config.data);
	memset(config.data, 0, sizeof(config.data));
	if (config.offset < vdev->config_size) {
		if (size > vdev->config_size - config.offset)
			size = vdev->config_size - config.offset;
		memcpy(config.data, vdev->config + config.offset, size);
	}
	config.generation = slot->generation;
	GIVE(answer, config);
	return TWINOS_MSG_OK;
}

static uint32_t set_config(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   const struct twinos_msg *message,
			   struct twinos_msg *answer)
{
	struct twinos_vdev *vdev = slot->vdev;
	struct twinos_msg_config config;

	(void)bus;
	TAKE(message, config);
	if (!vdev->ops->write_config || config.size > sizeof(config.data) ||
	    config.offset > vdev->config_size ||
	    config.size > vdev->config_size - config.offset)
		return TWINOS_MSG_INVALID;
	memcpy(vdev->config + config.offset, config.data, config.size);
	vdev->ops->write_config(vdev, config.offset, config.size);
	config.generation = slot->generation;
	GIVE(answer, config);
	return TWINOS_MSG_OK;
}

static void give_status(const struct twinos_bus_slot *slot,
			struct twinos_msg *answer)
{
	struct twinos_msg_status status = { slot->status };

	GIVE(answer, status);
}

static uint32_t get_status(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   const struct twinos_msg *message,
			   struct twinos_msg *answer)
{
	(void)bus;
	(void)message;
	give_status(slot, answer);
	return TWINOS_MSG_OK;
}

static uint32_t set_status(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   const struct twinos_msg *message,
			   struct twinos_msg *answer)
{
	struct twinos_msg_status status;
	uint32_t result = TWINOS_MSG_OK;

	TAKE(message, status);
	if (status.status)
		result = add_status(bus, slot, status.status);
	else
		reset(slot);
	give_status(slot, answer);
	return result;
}

static uint32_t get_vqueue(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   const struct twinos_msg *message,
			   struct twinos_msg *answer)
{
	struct twinos_msg_vqueue vqueue;

	(void)bus;
	TAKE(message, vqueue);
	if (vqueue.index >= slot->vdev->nr_queues)
		return TWINOS_MSG_INVALID;
	vqueue.size = TWINOS_VDEV_QUEUE_SIZE;
	vqueue.bit = slot->first_bit + vqueue.index;
	GIVE(answer, vqueue);
	return TWINOS_MSG_OK;
}

static bool vqueue_is_ok(const struct twinos_bus_slot *slot,
			 const struct twinos_msg_vqueue *vqueue)
{
	return vqueue->index < slot->vdev->nr_queues && vqueue->size &&
	       vqueue->size <= TWINOS_VDEV_QUEUE_SIZE &&
	       !(vqueue->size & (vqueue->size - 1)) && !(vqueue->desc % 16) &&
	       !(vqueue->driver % 2) && !(vqueue->device % 4);
}

/* The queues of a device that serves stay as they are. */
static uint32_t set_vqueue(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			   const struct twinos_msg *message,
			   struct twinos_msg *answer)
{
	struct twinos_msg_vqueue vqueue;
	struct twinos_vdev_queue *queue;

	(void)bus;
	(void)answer;
	TAKE(message, vqueue);
	if (slot->started || !vqueue_is_ok(slot, &vqueue))
		return TWINOS_MSG_INVALID;
	queue = &slot->setup.queues[vqueue.index];
	queue->size = vqueue.size;
	queue->desc = vqueue.desc;
	queue->driver = vqueue.driver;
	queue->device = vqueue.device;
	queue->ready = true;
	return TWINOS_MSG_OK;
}

static uint32_t release(struct twinos_bus *bus, struct twinos_bus_slot *slot,
			const struct twinos_msg *message,
			struct twinos_msg *answer)
{
	(void)bus;
	(void)message;
	(void)answer;
	if (!slot->leaving)
		return TWINOS_MSG_INVALID;
	reset(slot);
	slot->released = true;
	return TWINOS_MSG_OK;
}

static const handler handlers[] = {
	[TWINOS_MSG_RELEASE] = release,
	[TWINOS_MSG_GET_INFO] = get_info,
	[TWINOS_MSG_GET_FEATURES] = get_features,
	[TWINOS_MSG_SET_FEATURES] = set_features,
	[TWINOS_MSG_GET_CONFIG] = get_config,
	[TWINOS_MSG_SET_CONFIG] = set_config,
	[TWINOS_MSG_GET_STATUS] = get_status,
	[TWINOS_MSG_SET_STATUS] = set_status,
	[TWINOS_MSG_GET_VQUEUE] = get_vqueue,
	[TWINOS_MSG_SET_VQUEUE] = set_vqueue,
};

static uint32_t get_devices(const struct twinos_bus *bus,
			    struct twinos_msg *answer)
{
	struct twinos_msg_devices devices = { 0 };
	size_t i;

	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++) {
		if (!bus->slots[i].vdev || bus->slots[i].released)
			continue;
		devices.present |= 1ULL << i;
		if (bus->slots[i].leaving)
			devices.leaving |= 1ULL << i;
	}
	GIVE(answer, devices);
	return TWINOS_MSG_OK;
}

static uint32_t handle(struct twinos_bus *bus, const struct twinos_msg *message,
		       struct twinos_msg *answer)
{
	struct twinos_bus_slot *slot;

	if (message->id == TWINOS_MSG_PING)
		return TWINOS_MSG_OK;
	if (message->id == TWINOS_MSG_GET_DEVICES)
		return get_devices(bus, answer);
	if (message->id >= sizeof(handlers) / sizeof(handlers[0]) ||
	    !handlers[message->id])
		return TWINOS_MSG_INVALID;
	if (message->device >= TWINOS_VIRTIO_DEVICES)
		return TWINOS_MSG_NO_DEVICE;
	slot = &bus->slots[message->device];
	if (!slot->vdev || slot->released)
		return TWINOS_MSG_NO_DEVICE;
	return handlers[message->id](bus, slot, message, answer);
}

static void copy(void *to, const volatile void *from, size_t size)
{
	memcpy(to, (const void *)from, size);
}

static void give_answer(struct twinos_bus *bus, struct twinos_msg *answer,
			uint32_t token)
{
	volatile struct twinos_msg *to = &bus->area->answer;

	copy((char *)to + sizeof(answer->token),
	     (char *)answer + sizeof(answer->token),
	     sizeof(*answer) - sizeof(answer->token));
	__atomic_store_n(&to->token, token, __ATOMIC_RELEASE);
	call_twin(bus);
}

/* False if nothing was asked. */
static bool serve_one(struct twinos_bus *bus)
{
	struct twinos_msg message, answer = { 0 };
	uint32_t token;

	token = __atomic_load_n(&bus->area->message.token, __ATOMIC_ACQUIRE);
	if (token == bus->last_token)
		return false;
	bus->last_token = token;
	copy(&message, &bus->area->message, sizeof(message));
	answer.id = message.id;
	answer.device = message.device;
	answer.result = handle(bus, &message, &answer);
	give_answer(bus, &answer, token);
	return true;
}

void twinos_bus_serve(struct twinos_bus *bus)
{
	int left = MESSAGES_A_LOOK;
	eventfd_t count;

	(void)!eventfd_read(bus->kick, &count);
	while (bus->area && left-- && serve_one(bus))
		;
	/* A twin that asks without end must not keep us from others. */
	if (left < 0)
		(void)!eventfd_write(bus->kick, 1);
}

/* ---- devices ---- */

static void tell_devices(struct twinos_bus *bus)
{
	if (!bus->area)
		return;
	bus->area->devices_changed++;
	call_twin(bus);
}

static bool name_is_free(struct twinos_bus *bus, const char *name)
{
	return !twinos_bus_find(bus, name);
}

static int give_name(struct twinos_bus *bus, struct twinos_vdev *vdev,
		     struct twinos_error *err)
{
	unsigned int number = 0;

	if (*vdev->name)
		return name_is_free(bus, vdev->name) ?
			       0 :
			       twinos_fail(err, TWINOS_ERROR_USAGE, EEXIST,
					   "two devices are called '%s'",
					   vdev->name);
	do {
		snprintf(vdev->name, sizeof(vdev->name), "%s%u", vdev->kind,
			 number++);
	} while (!name_is_free(bus, vdev->name));
	return 0;
}

static struct twinos_bus_slot *find_slot(struct twinos_bus *bus)
{
	size_t i;

	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++)
		if (!bus->slots[i].vdev && !bus->slots[i].burnt)
			return &bus->slots[i];
	return NULL;
}

static void empty_slot(struct twinos_bus_slot *slot)
{
	size_t i;

	*slot = (struct twinos_bus_slot){ 0 };
	for (i = 0; i < TWINOS_VDEV_QUEUES; i++)
		slot->setup.queues[i].kick = slot->setup.queues[i].call = -1;
}

static int fill_slot(struct twinos_bus *bus, struct twinos_bus_slot *slot,
		     struct twinos_vdev *vdev, unsigned int bit)
{
	int ret;

	slot->vdev = vdev;
	slot->first_bit = bit;
	ret = open_queues(slot);
	if (!ret && bus->owner >= 0)
		ret = tie_queues(bus, slot);
	if (ret) {
		untie_queues(bus, slot);
		close_queues(slot);
		empty_slot(slot);
	}
	return ret;
}

int twinos_bus_add(struct twinos_bus *bus, struct twinos_vdev *vdev,
		   struct twinos_error *err)
{
	struct twinos_bus_slot *slot = find_slot(bus);
	unsigned int bit = find_bits(bus, vdev->nr_queues);
	int ret;

	if (!slot)
		return twinos_fail(err, TWINOS_ERROR_USAGE, ENOSPC,
				   "a twin has at most %d devices",
				   TWINOS_VIRTIO_DEVICES);
	if (!bit)
		return twinos_fail(err, TWINOS_ERROR_USAGE, ENOSPC,
				   "a twin's devices have at most %d queues",
				   TWINOS_BITS - TWINOS_BIT_QUEUES);
	ret = give_name(bus, vdev, err);
	if (ret)
		return ret;
	ret = fill_slot(bus, slot, vdev, bit);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't make the queues of '%s': %s",
				   vdev->name, strerror(-ret));
	bus->bits |= bits_mask(bit, vdev->nr_queues);
	tell_devices(bus);
	return 0;
}

struct twinos_bus_slot *twinos_bus_find(struct twinos_bus *bus,
					const char *name)
{
	size_t i;

	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++)
		if (bus->slots[i].vdev &&
		    !strcmp(bus->slots[i].vdev->name, name))
			return &bus->slots[i];
	return NULL;
}

void twinos_bus_ask_back(struct twinos_bus *bus, struct twinos_bus_slot *slot)
{
	slot->leaving = true;
	if (!bus->area)
		slot->released = true;
	tell_devices(bus);
}

void twinos_bus_drop(struct twinos_bus *bus, struct twinos_bus_slot *slot)
{
	struct twinos_vdev *vdev = slot->vdev;
	bool burnt = bus->area && !slot->released;

	stop(slot);
	untie_queues(bus, slot);
	close_queues(slot);
	if (!burnt)
		bus->bits &= ~bits_mask(slot->first_bit, vdev->nr_queues);
	empty_slot(slot);
	slot->burnt = burnt;
	vdev->ops->free(vdev);
	tell_devices(bus);
}

/* ---- the bus ---- */

int twinos_bus_init(struct twinos_bus *bus)
{
	size_t i;

	*bus = (struct twinos_bus){ .owner = -1, .kick = -1, .call = -1 };
	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++)
		empty_slot(&bus->slots[i]);
	bus->kick = make_eventfd();
	if (bus->kick < 0)
		return bus->kick;
	bus->call = make_eventfd();
	if (bus->call < 0) {
		close_fd(&bus->kick);
		return bus->call;
	}
	return 0;
}

void twinos_bus_destroy(struct twinos_bus *bus)
{
	size_t i;

	bus->area = NULL;
	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++)
		if (bus->slots[i].vdev)
			twinos_bus_drop(bus, &bus->slots[i]);
	close_fd(&bus->kick);
	close_fd(&bus->call);
}

int twinos_bus_tie(struct twinos_bus *bus, int owner)
{
	size_t i;
	int ret;

	ret = tie_bit(owner, TWINOS_BIT_VIRTIO, bus->kick, bus->call);
	if (ret)
		return ret;
	bus->owner = owner;
	for (i = 0; i < TWINOS_VIRTIO_DEVICES && !ret; i++)
		if (bus->slots[i].vdev)
			ret = tie_queues(bus, &bus->slots[i]);
	return ret;
}

static bool has_devices(const struct twinos_bus *bus)
{
	return bus->bits;
}

void twinos_bus_begin(struct twinos_bus *bus,
		      volatile struct twinos_virtio *area,
		      const struct twinos_twinmem *memory)
{
	bus->memory = memory;
	bus->last_token = 0;
	bus->area = area;
	/* The twin asks for devices once there is something to ask for. */
	if (has_devices(bus))
		bus->area->devices_changed++;
}

static void end_slot(struct twinos_bus *bus, struct twinos_bus_slot *slot)
{
	slot->burnt = false;
	if (!slot->vdev)
		return;
	reset(slot);
	slot->released = slot->leaving;
	bus->bits |= bits_mask(slot->first_bit, slot->vdev->nr_queues);
}

void twinos_bus_end(struct twinos_bus *bus)
{
	size_t i;

	bus->area = NULL;
	bus->bits = 0;
	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++)
		end_slot(bus, &bus->slots[i]);
	bus->memory = NULL;
}
