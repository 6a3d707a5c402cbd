// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "devices.h"
#include "error.h"

/*
 * @driver_spins: with interrupts off, until the back end answers, which never happens
 * where both share a CPU: __send_to_port() in drivers/char/virtio_console.c
 */
static const struct kind {
	const char *name;
	int (*open)(const char *text, struct twinos_vdev **vdev,
		    struct twinos_error *err);
	int (*check)(const char *text, struct twinos_error *err);
	bool driver_spins;
} kinds[] = {
	{ "disk", twinos_disk_open, twinos_disk_check, false },
	{ "net", twinos_net_open, twinos_net_check, false },
	{ "vsock", twinos_vsock_open, twinos_vsock_check, false },
	{ "rng", twinos_rng_open, twinos_rng_check, false },
	{ "extra-console", twinos_vconsole_open, twinos_vconsole_check, true },
	{ "share", twinos_share_open, twinos_share_check, false },
	{ "vhost-user-blk", twinos_vhost_user_blk_open,
	  twinos_vhost_user_blk_check, false },
	{ "vhost-user-fs", twinos_vhost_user_fs_open,
	  twinos_vhost_user_fs_check, false },
	{ "vhost-user-net", twinos_vhost_user_net_open,
	  twinos_vhost_user_net_check, false },
};

/* NULL, with a line in @err: a twin can't have one */
static const struct kind *find_kind(const char *name, bool shared,
				    struct twinos_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name))
			continue;
		if (!shared || !kinds[i].driver_spins)
			return &kinds[i];
		twinos_fail(err, TWINOS_ERROR_USAGE, EOPNOTSUPP,
			    "'%s' is not for a twin that shares its CPU: its "
			    "driver would keep it from us",
			    name);
		errno = EOPNOTSUPP;
		return NULL;
	}
	twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
		    "there is no device '%.32s'", name);
	errno = EINVAL;
	return NULL;
}

/* The bus has it in the end; @name, if it is not NULL, is what it is called there. */
static int add_device(struct twinos_devices *devices,
		      const struct twinos_device *device, char *name,
		      struct twinos_error *err)
{
	const struct kind *kind = find_kind(device->kind, devices->shared, err);
	struct twinos_vdev *vdev;
	int ret;

	if (!kind)
		return -errno;
	/* Without the lock: the twin may ask for others meanwhile. */
	ret = kind->open(device->text, &vdev, err);
	if (ret)
		return ret;
	pthread_mutex_lock(&devices->lock);
	ret = twinos_bus_add(&devices->bus, vdev, err);
	if (!ret && name)
		strcpy(name, vdev->name);
	pthread_mutex_unlock(&devices->lock);
	if (ret)
		vdev->ops->free(vdev);
	return ret;
}

static int init(struct twinos_devices *devices, struct twinos_error *err)
{
	int ret;

	*devices = (struct twinos_devices){ .end = -1 };
	pthread_mutex_init(&devices->lock, NULL);
	ret = twinos_bus_init(&devices->bus);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't make an eventfd: %s", strerror(-ret));
	devices->has_bus = true;
	return 0;
}

int twinos_devices_open(struct twinos_devices *devices,
			const struct twinos_device *list, size_t nr,
			bool shared, struct twinos_error *err)
{
	size_t i;
	int ret = init(devices, err);

	devices->shared = shared;

	for (i = 0; i < nr && !ret; i++)
		ret = add_device(devices, &list[i], NULL, err);
	if (ret)
		twinos_devices_close(devices);
	return ret;
}

int twinos_devices_check(const struct twinos_device *list, size_t nr,
			 bool shared, struct twinos_error *err)
{
	const struct kind *kind;
	size_t i;
	int ret = 0;

	if (nr > TWINOS_DEVICES_MAX)
		return twinos_fail(err, TWINOS_ERROR_USAGE, ENOSPC,
				   "a twin has at most %d devices",
				   TWINOS_DEVICES_MAX);
	for (i = 0; i < nr && !ret; i++) {
		kind = find_kind(list[i].kind, shared, err);
		ret = kind ? kind->check(list[i].text, err) : -errno;
	}
	return ret;
}

/* ---- memory ---- */

static void unmap(struct twinos_twinmem *memory)
{
	size_t i;

	for (i = 0; i < memory->nr; i++)
		munmap(memory->regions[i].data, memory->regions[i].length);
	memory->nr = 0;
}

static int get_fd(const struct twinos_twinmem *memory, size_t i)
{
	return twinos_device_memory_fd(memory->owner, memory->regions[i].start);
}

static int map(struct twinos_twinmem *memory, int owner,
	       const struct twinos_range *ranges, size_t nr)
{
	void *data;
	size_t i;

	memory->owner = owner;
	memory->get_fd = get_fd;
	for (i = 0; i < nr; i++) {
		data = mmap(NULL, ranges[i].length, PROT_READ | PROT_WRITE,
			    MAP_SHARED, owner, (off_t)ranges[i].start);
		if (data == MAP_FAILED)
			return -errno;
		memory->regions[memory->nr++] = (struct twinos_twinmem_region){
			.start = ranges[i].start,
			.length = ranges[i].length,
			.data = data,
		};
	}
	return 0;
}

/* ---- the thread ---- */

static void *serve(void *ctx)
{
	struct twinos_devices *devices = ctx;
	struct pollfd fds[] = {
		{ .fd = devices->bus.kick, .events = POLLIN },
		{ .fd = devices->end, .events = POLLIN },
	};

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		pthread_mutex_lock(&devices->lock);
		twinos_bus_serve(&devices->bus);
		pthread_mutex_unlock(&devices->lock);
	}
	return NULL;
}

/* Signals are for whoever has started us. */
static int start_thread(struct twinos_devices *devices)
{
	sigset_t all, before;
	int ret;

	devices->end = eventfd(0, EFD_CLOEXEC);
	if (devices->end < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&devices->thread, NULL, serve, devices);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	devices->runs = !ret;
	return -ret;
}

static void end_thread(struct twinos_devices *devices)
{
	if (devices->runs) {
		(void)!eventfd_write(devices->end, 1);
		pthread_join(devices->thread, NULL);
	}
	devices->runs = false;
	if (devices->end >= 0)
		close(devices->end);
	devices->end = -1;
}

/* ---- a twin ---- */

int twinos_devices_load(struct twinos_devices *devices, int owner,
			const struct twinos_range *ranges, size_t nr_ranges,
			struct twinos_error *err)
{
	int ret;

	ret = map(&devices->memory, owner, ranges, nr_ranges);
	if (!ret)
		ret = twinos_bus_tie(&devices->bus, owner);
	if (!ret)
		ret = start_thread(devices);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't set up the twin's devices: %s",
				   strerror(-ret));
	return 0;
}

void twinos_devices_begin(struct twinos_devices *devices,
			  volatile struct twinos_virtio *area)
{
	pthread_mutex_lock(&devices->lock);
	twinos_bus_begin(&devices->bus, area, &devices->memory);
	pthread_mutex_unlock(&devices->lock);
}

void twinos_devices_end(struct twinos_devices *devices)
{
	if (!devices->has_bus)
		return;
	pthread_mutex_lock(&devices->lock);
	twinos_bus_end(&devices->bus);
	pthread_mutex_unlock(&devices->lock);
}

int twinos_devices_add(struct twinos_devices *devices,
		       const struct twinos_device *device, char *name,
		       struct twinos_error *err)
{
	if (!devices->runs)
		return twinos_fail(err, TWINOS_ERROR_USAGE, ENOENT,
				   "the twin has no guest module, which "
				   "devices need");
	return add_device(devices, device, name, err);
}

static int remove_device(struct twinos_bus *bus, const char *name, bool force,
			 struct twinos_error *err)
{
	struct twinos_bus_slot *slot = twinos_bus_find(bus, name);

	if (!slot)
		return twinos_fail(err, TWINOS_ERROR_NAME, ENOENT,
				   "the twin has no device '%.31s'", name);
	if (!slot->leaving)
		twinos_bus_ask_back(bus, slot);
	if (!slot->released && !force)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, EINPROGRESS,
				   "the twin has not let go of '%.31s'", name);
	twinos_bus_drop(bus, slot);
	return 0;
}

int twinos_devices_remove(struct twinos_devices *devices, const char *name,
			  bool force, struct twinos_error *err)
{
	int ret;

	pthread_mutex_lock(&devices->lock);
	ret = remove_device(&devices->bus, name, force, err);
	pthread_mutex_unlock(&devices->lock);
	return ret;
}

static void describe(const struct twinos_bus_slot *slot,
		     struct twinos_device_status *status)
{
	struct twinos_vdev *vdev = slot->vdev;
	bool lost = vdev->ops->is_lost && vdev->ops->is_lost(vdev);

	*status = (struct twinos_device_status){
		.nr_queues = vdev->nr_queues,
		.features = slot->features,
		.serves = slot->started && !lost,
		.leaving = slot->leaving,
	};
	status->counted = vdev->ops->count &&
			  vdev->ops->count(vdev, &status->traffic);
	snprintf(status->kind, sizeof(status->kind), "%s", vdev->kind);
	strcpy(status->name, vdev->name);
	snprintf(status->detail, sizeof(status->detail), "%.200s%s",
		 vdev->detail, lost ? " (nobody serves it any more)" : "");
}

size_t twinos_devices_list(struct twinos_devices *devices,
			   struct twinos_device_status *list, size_t max)
{
	size_t i, nr = 0;

	if (!devices->has_bus)
		return 0;
	pthread_mutex_lock(&devices->lock);
	for (i = 0; i < TWINOS_VIRTIO_DEVICES && nr < max; i++)
		if (devices->bus.slots[i].vdev)
			describe(&devices->bus.slots[i], &list[nr++]);
	pthread_mutex_unlock(&devices->lock);
	return nr;
}

/* There is no other thread here, and who had the lock will never give it back. */
void twinos_devices_forked(struct twinos_devices *devices)
{
	struct twinos_vdev *vdev;
	size_t i;

	for (i = 0; devices->has_bus && i < TWINOS_VIRTIO_DEVICES; i++) {
		vdev = devices->bus.slots[i].vdev;
		if (vdev && vdev->ops->forked)
			vdev->ops->forked(vdev);
	}
}

void twinos_devices_close(struct twinos_devices *devices)
{
	if (!devices->has_bus)
		return;
	end_thread(devices);
	twinos_bus_end(&devices->bus);
	twinos_bus_destroy(&devices->bus);
	unmap(&devices->memory);
	pthread_mutex_destroy(&devices->lock);
	devices->has_bus = false;
}
