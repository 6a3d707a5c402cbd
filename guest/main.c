// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinos_guest.ko: the twin's side of the handover area. On a shared CPU the
 * host stands still from the jump until this module is there, so loading it
 * ends the twin's first turn. On CPUs of its own a twin can do without it; with
 * it, the host learns at once how the twin is, and no restart resets the machine.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/platform_device.h>
#include <linux/preempt.h>

#include "beat.h"
#include "bus.h"
#include "console.h"
#include "doorbell.h"
#include "hook.h"
#include "idle.h"
#include "net.h"
#include "park.h"
#include "times.h"
#include "turn.h"
#include "wall.h"

static bool is_valid(const struct twinos_handover *handover)
{
	return handover->magic == TWINOS_HANDOVER_MAGIC &&
	       handover->revision == TWINOS_HANDOVER_REVISION &&
	       handover->size == TWINOS_HANDOVER_SIZE;
}

static struct twinos_handover *find_handover(struct platform_device *device)
{
	struct resource *area;
	struct twinos_handover *handover;

	area = platform_get_resource(device, IORESOURCE_MEM, 0);
	if (!area || resource_size(area) != TWINOS_HANDOVER_SIZE)
		return NULL;
	handover = devm_memremap(&device->dev, area->start,
				 TWINOS_HANDOVER_SIZE, MEMREMAP_WB);
	return IS_ERR(handover) ? NULL : handover;
}

static void call_host(u32 why)
{
	unsigned long flags;

	local_irq_save(flags);
	turn_end(why);
	local_irq_restore(flags);
}

/* Whatever is written: returns with the twin's next turn. */
static ssize_t yield_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	call_host(TWINOS_EXIT_CALL);
	return count;
}
static DEVICE_ATTR_WO(yield);

/*
 * In both modes. A kernel without kprobes has no net, and must not restart after
 * a panic then; one without a heartbeat only can't be told to hang.
 */
static void show_life(struct device *dev, struct twinos_handover *handover)
{
	int ret = net_init();

	if (ret)
		pr_warn("a forced restart resets the machine (%d)\n", ret);
	else
		panic_timeout = handover->panic_timeout;
	ret = times_init(handover);
	if (ret)
		pr_warn("nobody is told how busy the CPUs are (%d)\n", ret);
	ret = beat_init(handover);
	if (ret)
		pr_warn("no heartbeat (%d)\n", ret);
	ret = doorbell_init(handover);
	if (ret)
		pr_warn("the host can't call (%d)\n", ret);
	else
		ret = bus_init(dev, &handover->virtio);
	if (ret)
		pr_warn("no virtio devices (%d)\n", ret);
	ret = console_init(handover);
	if (ret)
		pr_warn("no terminal (%d)\n", ret);
	WRITE_ONCE(handover->life, TWINOS_LIFE_UP);
}

/*
 * From turn_init() on there is a way back to the host. A twin that can't do the
 * rest takes it for good: without it, it would never let go of the CPU.
 */
static int share(struct device *dev, struct twinos_handover *handover)
{
	struct twinos_shared *shared = &handover->shared;
	void *page;
	int ret;

	page = memremap(shared->trampoline, PAGE_SIZE, MEMREMAP_WB);
	if (!page)
		return -ENOMEM;
	ret = turn_init(shared, page);
	if (ret)
		return ret;
	ret = hook_init(shared);
	if (!ret)
		ret = park_init(handover);
	if (!ret)
		ret = idle_init();
	if (ret) {
		pr_err("can't share the CPU (%d)\n", ret);
		turn_end_for_good(TWINOS_EXIT_DEAD);
	}
	call_host(TWINOS_EXIT_READY);
	wall_init(shared);
	if (device_create_file(dev, &dev_attr_yield))
		pr_warn("no file to yield the CPU by\n");
	pr_info("shares its CPU with the host\n");
	return 0;
}

static int take_post(struct device *dev, struct twinos_handover *handover)
{
	int ret = handover->shared.trampoline ? share(dev, handover) :
						park_init(handover);

	if (!ret)
		show_life(dev, handover);
	return ret;
}

static int probe(struct platform_device *device)
{
	struct twinos_handover *handover = find_handover(device);

	if (!handover || !is_valid(handover))
		return -ENODEV;
	return take_post(&device->dev, handover);
}

static const struct acpi_device_id ids[] = { { TWINOS_HANDOVER_HID }, {} };
MODULE_DEVICE_TABLE(acpi, ids);

static struct platform_driver twinos_guest = {
	.probe = probe,
	.driver = {
		.name = "twinos_guest",
		.acpi_match_table = ids,
		.suppress_bind_attrs = true,
	},
};

/* There is no way to unload it: the host relies on it until the twin's end. */
builtin_platform_driver(twinos_guest);
MODULE_DESCRIPTION("The twin's side of TwinOS");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
/* TWINOS_HANDOVER_MARK */
MODULE_INFO(twinos_handover, __stringify(TWINOS_HANDOVER_REVISION));
