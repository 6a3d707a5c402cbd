// SPDX-License-Identifier: GPL-2.0-only
/*
 * All is done in one work item, which the host's calls start: so devices are added and
 * removed one at a time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kmod.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "bus.h"
#include "doorbell.h"
#include "message.h"
#include "virtio.h"

/* The core's module, and how often to ask for it in vain, in seconds. */
#define CORE_MODULE "virtio_ring"
#define ASK_MIN 1
#define ASK_MAX 32

static struct twinos_virtio *area;
static struct device *parent;
static unsigned int ask_again = ASK_MIN;
static bool asking; /* for the core's module, in look() */

static DEFINE_SPINLOCK(lock); /* guards devices, which calls look at */
static struct virtio_device *devices[TWINOS_VIRTIO_DEVICES];
static u32 devices_seen, config_seen[TWINOS_VIRTIO_DEVICES];

static void set_device(unsigned int number, struct virtio_device *vdev)
{
	spin_lock_irq(&lock);
	devices[number] = vdev;
	spin_unlock_irq(&lock);
}

static void add(unsigned int number)
{
	struct virtio_device *vdev = twin_virtio_add(parent, number);

	if (IS_ERR(vdev))
		pr_err("device %u: error %ld\n", number, PTR_ERR(vdev));
	else
		set_device(number, vdev);
}

static void remove(unsigned int number)
{
	struct virtio_device *vdev = devices[number];

	set_device(number, NULL);
	if (vdev)
		twin_virtio_remove(vdev);
	message_ask(TWINOS_MSG_RELEASE, number, NULL, 0, NULL, 0);
}

static void update(const struct twinos_msg_devices *now)
{
	unsigned int i;

	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++) {
		if (now->leaving & BIT_ULL(i))
			remove(i);
		else if (now->present & BIT_ULL(i) && !devices[i])
			add(i);
	}
}

/* modprobe may be there later, or somebody else loads the module. */
static bool has_core(struct delayed_work *work)
{
	if (virtio_core_get())
		return true;
	WRITE_ONCE(asking, true);
	request_module(CORE_MODULE);
	WRITE_ONCE(asking, false);
	if (virtio_core_get())
		return true;
	schedule_delayed_work(work, ask_again * HZ);
	ask_again = min(ask_again * 2, (unsigned int)ASK_MAX);
	return false;
}

static void look(struct work_struct *work)
{
	struct twinos_msg_devices now;
	int ret;

	devices_seen = READ_ONCE(area->devices_changed);
	ret = message_ask(TWINOS_MSG_GET_DEVICES, 0, NULL, 0, &now,
			  sizeof(now));
	if (ret)
		pr_err("can't get the devices: error %d\n", ret);
	else if (now.present && has_core(to_delayed_work(work)))
		update(&now);
}
static DECLARE_DELAYED_WORK(look_work, look);

static void look_at_config(unsigned int number)
{
	u32 changed = READ_ONCE(area->config_changed[number]);

	if (changed == config_seen[number])
		return;
	config_seen[number] = changed;
	spin_lock(&lock);
	if (devices[number])
		twin_virtio_config_changed(devices[number]);
	spin_unlock(&lock);
}

static void called(void *data)
{
	unsigned int i;

	message_called();
	if (READ_ONCE(area->devices_changed) != READ_ONCE(devices_seen))
		mod_delayed_work(system_wq, &look_work, 0);
	for (i = 0; i < TWINOS_VIRTIO_DEVICES; i++)
		look_at_config(i);
}

/*
 * The module's loading ends with the devices in place: drivers come after it, and find
 * them in the order in which the host has them, so that the first disk is vda. Where it
 * is us who have asked for it, to wait for us would be for ever.
 */
static int module_changed(struct notifier_block *block, unsigned long state,
			  void *data)
{
	struct module *module = data;

	if (state != MODULE_STATE_LIVE || strcmp(module->name, CORE_MODULE))
		return NOTIFY_OK;
	mod_delayed_work(system_wq, &look_work, 0);
	if (!READ_ONCE(asking))
		flush_delayed_work(&look_work);
	return NOTIFY_OK;
}
static struct notifier_block modules = { .notifier_call = module_changed };

int bus_init(struct device *dev, struct twinos_virtio *virtio)
{
	int ret;

	parent = dev;
	area = virtio;
	message_init(virtio);
	ret = guest_on_call(TWINOS_BIT_VIRTIO, called, NULL);
	if (ret)
		return ret;
	register_module_notifier(&modules);
	/* A host without devices has said nothing, and may have nobody to ask. */
	if (READ_ONCE(area->devices_changed))
		mod_delayed_work(system_wq, &look_work, 0);
	return 0;
}
