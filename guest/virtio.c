// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio transport. What drivers ask of a device becomes a message, see message.h;
 * queues lie in this kernel's memory, which the host's back ends have mapped, and
 * notifications are bits of the doorbells. The host is told addresses as they are:
 * VIRTIO_F_ACCESS_PLATFORM is not offered.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "compat.h"
#include "doorbell.h"
#include "message.h"
#include "virtio.h"

struct twin_virtio {
	struct virtio_device vdev;
	u16 number;
	u32 nr_queues;
};

/* The kernel's functions, see virtio_core_get() */
static struct {
	typeof(&register_virtio_device) add;
	typeof(&unregister_virtio_device) remove;
	typeof(&virtio_config_changed) config_changed;
	typeof(&vring_create_virtqueue) create_queue;
	typeof(&vring_del_virtqueue) delete_queue;
	typeof(&vring_interrupt) interrupt;
	typeof(&vring_transport_features) transport_features;
	typeof(&virtqueue_get_vring_size) queue_size;
	typeof(&virtqueue_get_desc_addr) desc;
	typeof(&virtqueue_get_avail_addr) avail;
	typeof(&virtqueue_get_used_addr) used;
} core;

/* Whatever was found is kept: what else there is to find belongs to the same two modules. */
#define GET(pointer, function) ((pointer) || ((pointer) = symbol_get(function)))

bool virtio_core_get(void)
{
	return GET(core.add, register_virtio_device) &&
	       GET(core.remove, unregister_virtio_device) &&
	       GET(core.config_changed, virtio_config_changed) &&
	       GET(core.create_queue, vring_create_virtqueue) &&
	       GET(core.delete_queue, vring_del_virtqueue) &&
	       GET(core.interrupt, vring_interrupt) &&
	       GET(core.transport_features, vring_transport_features) &&
	       GET(core.queue_size, virtqueue_get_vring_size) &&
	       GET(core.desc, virtqueue_get_desc_addr) &&
	       GET(core.avail, virtqueue_get_avail_addr) &&
	       GET(core.used, virtqueue_get_used_addr);
}

static struct twin_virtio *to_twin(struct virtio_device *vdev)
{
	return container_of(vdev, struct twin_virtio, vdev);
}

static int ask(struct virtio_device *vdev, u8 id, const void *data, u32 size,
	       void *answer, u32 answer_size)
{
	int ret = message_ask(id, to_twin(vdev)->number, data, size, answer,
			      answer_size);

	if (ret)
		dev_err(&vdev->dev, "message 0x%x: error %d\n", id, ret);
	return ret;
}

/* ---- configuration ---- */

static int ask_config(struct virtio_device *vdev, u8 id,
		      struct twinos_msg_config *config)
{
	return ask(vdev, id, config, sizeof(*config), config, sizeof(*config));
}

static void get(struct virtio_device *vdev, unsigned int offset, void *buf,
		unsigned int size)
{
	struct twinos_msg_config config;
	unsigned int done, part;

	memset(buf, 0, size);
	for (done = 0; done < size; done += part) {
		part = min_t(unsigned int, size - done, sizeof(config.data));
		config = (struct twinos_msg_config){ .offset = offset + done,
						     .size = part };
		if (ask_config(vdev, TWINOS_MSG_GET_CONFIG, &config))
			return;
		memcpy(buf + done, config.data, part);
	}
}

static void set(struct virtio_device *vdev, unsigned int offset,
		const void *buf, unsigned int size)
{
	struct twinos_msg_config config;
	unsigned int done, part;

	for (done = 0; done < size; done += part) {
		part = min_t(unsigned int, size - done, sizeof(config.data));
		config = (struct twinos_msg_config){ .offset = offset + done,
						     .size = part };
		memcpy(config.data, buf + done, part);
		if (ask_config(vdev, TWINOS_MSG_SET_CONFIG, &config))
			return;
	}
}

static u32 generation(struct virtio_device *vdev)
{
	struct twinos_msg_config config = {};

	return ask_config(vdev, TWINOS_MSG_GET_CONFIG, &config) ?
		       0 :
		       config.generation;
}

/* ---- status and features ---- */

static u8 get_status(struct virtio_device *vdev)
{
	struct twinos_msg_status status = {};

	ask(vdev, TWINOS_MSG_GET_STATUS, NULL, 0, &status, sizeof(status));
	return status.status;
}

static void set_status(struct virtio_device *vdev, u8 value)
{
	struct twinos_msg_status status = { .status = value };

	ask(vdev, TWINOS_MSG_SET_STATUS, &status, sizeof(status), &status,
	    sizeof(status));
}

/* The answer says that nobody touches the queues any more. */
static void reset(struct virtio_device *vdev)
{
	set_status(vdev, 0);
}

static u64 get_features(struct virtio_device *vdev)
{
	struct twinos_msg_features features = {};

	ask(vdev, TWINOS_MSG_GET_FEATURES, NULL, 0, &features,
	    sizeof(features));
	return features.features;
}

static int finalize_features(struct virtio_device *vdev)
{
	struct twinos_msg_features features;

	core.transport_features(vdev);
	if (!__virtio_test_bit(vdev, VIRTIO_F_VERSION_1))
		return -EINVAL;
	features.features = vdev->features;
	return ask(vdev, TWINOS_MSG_SET_FEATURES, &features, sizeof(features),
		   NULL, 0);
}

/* ---- queues ---- */

static unsigned int bit_of(struct virtqueue *queue)
{
	return (unsigned long)queue->priv;
}

static bool notify(struct virtqueue *queue)
{
	guest_kick(bit_of(queue));
	return true;
}

static void called(void *queue)
{
	core.interrupt(0, queue);
}

static int tell_queue(struct virtio_device *vdev, struct virtqueue *queue)
{
	struct twinos_msg_vqueue vqueue = {
		.index = queue->index,
		.size = core.queue_size(queue),
		.desc = core.desc(queue),
		.driver = core.avail(queue),
		.device = core.used(queue),
	};

	return ask(vdev, TWINOS_MSG_SET_VQUEUE, &vqueue, sizeof(vqueue), NULL,
		   0);
}

static void delete_queue(struct virtqueue *queue)
{
	guest_on_call(bit_of(queue), NULL, NULL);
	core.delete_queue(queue);
}

static struct virtqueue *create_queue(struct virtio_device *vdev,
				      const struct twinos_msg_vqueue *vqueue,
				      const struct compat_vq *wanted)
{
	struct virtqueue *queue;
	int ret;

	queue = core.create_queue(vqueue->index, vqueue->size, SMP_CACHE_BYTES,
				  vdev, true, true, wanted->ctx, notify,
				  wanted->callback, wanted->name);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	queue->priv = (void *)(unsigned long)vqueue->bit;
	ret = guest_on_call(vqueue->bit, called, queue);
	if (ret) {
		core.delete_queue(queue);
		return ERR_PTR(ret);
	}
	ret = tell_queue(vdev, queue);
	if (ret) {
		delete_queue(queue);
		return ERR_PTR(ret);
	}
	return queue;
}

static struct virtqueue *find_queue(struct virtio_device *vdev, u32 index,
				    const struct compat_vq *wanted)
{
	struct twinos_msg_vqueue vqueue = { .index = index };
	int ret;

	if (index >= to_twin(vdev)->nr_queues)
		return ERR_PTR(-ENOENT);
	ret = ask(vdev, TWINOS_MSG_GET_VQUEUE, &vqueue, sizeof(vqueue), &vqueue,
		  sizeof(vqueue));
	if (ret)
		return ERR_PTR(ret);
	if (!vqueue.size || vqueue.bit < TWINOS_BIT_QUEUES)
		return ERR_PTR(-EPROTO);
	vqueue.index = index;
	return create_queue(vdev, &vqueue, wanted);
}

static void del_vqs(struct virtio_device *vdev)
{
	struct virtqueue *queue, *next;

	list_for_each_entry_safe(queue, next, &vdev->vqs, list)
		delete_queue(queue);
}

/* One without a name is not used by the driver and has no number. */
static int find_vqs(struct virtio_device *vdev, unsigned int nr,
		    struct virtqueue *queues[], COMPAT_VQS,
		    struct irq_affinity *affinity)
{
	unsigned int i, index = 0;
	struct compat_vq wanted;

	for (i = 0; i < nr; i++) {
		wanted = COMPAT_VQ(i);
		queues[i] = NULL;
		if (!wanted.name)
			continue;
		queues[i] = find_queue(vdev, index++, &wanted);
		if (IS_ERR(queues[i])) {
			del_vqs(vdev);
			return PTR_ERR(queues[i]);
		}
	}
	return 0;
}

static void synchronize_cbs(struct virtio_device *vdev)
{
	guest_calls_sync();
}

static const char *bus_name(struct virtio_device *vdev)
{
	return "twinos";
}

static const struct virtio_config_ops ops = {
	.get = get,
	.set = set,
	.generation = generation,
	.get_status = get_status,
	.set_status = set_status,
	.reset = reset,
	.find_vqs = find_vqs,
	.del_vqs = del_vqs,
	.synchronize_cbs = synchronize_cbs,
	.get_features = get_features,
	.finalize_features = finalize_features,
	.bus_name = bus_name,
};

/* ---- devices ---- */

static void release(struct device *dev)
{
	kfree(to_twin(dev_to_virtio(dev)));
}

static struct twin_virtio *alloc(struct device *parent, u16 number,
				 const struct twinos_msg_info *info)
{
	struct twin_virtio *twin = kzalloc(sizeof(*twin), GFP_KERNEL);

	if (!twin)
		return NULL;
	twin->number = number;
	twin->nr_queues = info->nr_queues;
	twin->vdev.dev.parent = parent;
	twin->vdev.dev.release = release;
	twin->vdev.config = &ops;
	twin->vdev.id.device = info->device_id;
	twin->vdev.id.vendor = info->vendor_id;
	return twin;
}

struct virtio_device *twin_virtio_add(struct device *parent, u16 number)
{
	struct twinos_msg_info info;
	struct twin_virtio *twin;
	int ret;

	ret = message_ask(TWINOS_MSG_GET_INFO, number, NULL, 0, &info,
			  sizeof(info));
	if (ret)
		return ERR_PTR(ret);
	twin = alloc(parent, number, &info);
	if (!twin)
		return ERR_PTR(-ENOMEM);
	ret = core.add(&twin->vdev);
	if (ret) {
		/* Also on failure the kernel has made a device of it. */
		put_device(&twin->vdev.dev);
		return ERR_PTR(ret);
	}
	return &twin->vdev;
}

void twin_virtio_remove(struct virtio_device *vdev)
{
	core.remove(vdev);
}

void twin_virtio_config_changed(struct virtio_device *vdev)
{
	core.config_changed(vdev);
}
