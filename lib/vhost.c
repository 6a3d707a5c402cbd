// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "rings.h"
#include "vhost.h"

int twinos_vhost_open(const struct twinos_vhost_kind *kind,
		      struct twinos_error *err)
{
	int fd = open(kind->path, O_RDWR | O_CLOEXEC), code = errno;

	if (fd >= 0)
		return fd;
	/* udev makes the node before there is a module behind it. */
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
				   "%s is not there: modprobe %s", kind->path,
				   kind->module);
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code, "%s: %s", kind->path,
			   strerror(code));
}

int twinos_vhost_mask(int fd, const struct twinos_vhost_kind *kind,
		      uint64_t *features, struct twinos_error *err)
{
	uint64_t known;

	if (ioctl(fd, VHOST_GET_FEATURES, &known))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "%s: can't ask for its features: %s",
				   kind->path, strerror(errno));
	if (!(known & (1ULL << VIRTIO_F_VERSION_1)))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, EOPNOTSUPP,
				   "%s: too old: it does not know virtio 1",
				   kind->path);
	*features &= known | ~kind->features;
	return 0;
}

static int set_memory(int fd, const struct twinos_twinmem *memory)
{
	const struct twinos_twinmem_region *region;
	struct vhost_memory *table;
	size_t i;
	int ret;

	table = calloc(1,
		       sizeof(*table) + memory->nr * sizeof(table->regions[0]));
	if (!table)
		return -ENOMEM;
	table->nregions = memory->nr;
	for (i = 0; i < memory->nr; i++) {
		region = &memory->regions[i];
		table->regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = region->start,
			.memory_size = region->length,
			.userspace_addr = (uintptr_t)region->data,
		};
	}
	ret = ioctl(fd, VHOST_SET_MEM_TABLE, table) ? -errno : 0;
	free(table);
	return ret;
}

static int set_place(int fd, unsigned int index, uint32_t size,
		     const struct twinos_rings *rings)
{
	struct vhost_vring_state num = { .index = index, .num = size };
	struct vhost_vring_state base = {
		.index = index,
		.num = twinos_rings_base(rings),
	};
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)rings->desc,
		.avail_user_addr = (uintptr_t)rings->avail,
		.used_user_addr = (uintptr_t)rings->used,
	};

	if (ioctl(fd, VHOST_SET_VRING_NUM, &num) ||
	    ioctl(fd, VHOST_SET_VRING_BASE, &base) ||
	    ioctl(fd, VHOST_SET_VRING_ADDR, &addr))
		return -errno;
	return 0;
}

static int set_queue(int fd, unsigned int index,
		     const struct twinos_vdev_queue *queue,
		     const struct twinos_twinmem *memory)
{
	struct vhost_vring_file kick = { .index = index, .fd = queue->kick };
	struct vhost_vring_file call = { .index = index, .fd = queue->call };
	struct twinos_rings rings;
	int ret;

	if (!twinos_rings_find(&rings, memory, queue))
		return -EINVAL;
	ret = set_place(fd, index, queue->size, &rings);
	if (ret)
		return ret;
	if (ioctl(fd, VHOST_SET_VRING_CALL, &call) ||
	    ioctl(fd, VHOST_SET_VRING_KICK, &kick))
		return -errno;
	return 0;
}

int twinos_vhost_set_up(int fd, const struct twinos_vhost_kind *kind,
			const struct twinos_vhost_queues *queues)
{
	const struct twinos_vdev_setup *setup = queues->setup;
	uint64_t features = setup->features & kind->features;
	unsigned int i;
	int ret;

	if (ioctl(fd, VHOST_SET_OWNER) ||
	    ioctl(fd, VHOST_SET_FEATURES, &features))
		return -errno;
	ret = set_memory(fd, setup->memory);
	for (i = 0; i < queues->nr && !ret; i++)
		ret = set_queue(fd, i, &setup->queues[queues->first + i],
				setup->memory);
	return ret;
}

int twinos_vhost_busy_poll(int fd, unsigned int nr, unsigned int us)
{
	struct vhost_vring_state state = { .num = us };

	for (state.index = 0; state.index < nr; state.index++)
		if (ioctl(fd, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, &state))
			return -errno;
	return 0;
}

void twinos_vhost_kick(const struct twinos_vhost_queues *queues)
{
	unsigned int i;

	for (i = 0; i < queues->nr; i++)
		eventfd_write(queues->setup->queues[queues->first + i].kick, 1);
}
