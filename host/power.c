// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleeping machine loses what a twin's core holds, and nobody saves it. One
 * that goes down stops its other CPUs by an interrupt, which a twin would take
 * for one of its own kernel's.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "cpu.h"
#include "power.h"
#include "twin.h"

static int power_notified(struct notifier_block *block, unsigned long action,
			  void *data)
{
	if (action != PM_SUSPEND_PREPARE && action != PM_HIBERNATION_PREPARE)
		return NOTIFY_DONE;
	if (!cpus_in_use())
		return NOTIFY_DONE;
	pr_warn("no suspend while a twin runs: stop it first\n");
	return NOTIFY_BAD;
}

static int reboot_notified(struct notifier_block *block, unsigned long action,
			   void *data)
{
	twins_stop();
	return NOTIFY_DONE;
}

static struct notifier_block power_block = {
	.notifier_call = power_notified,
};

static struct notifier_block reboot_block = {
	.notifier_call = reboot_notified,
};

int power_init(void)
{
	int ret = register_pm_notifier(&power_block);

	if (ret)
		return ret;
	ret = register_reboot_notifier(&reboot_block);
	if (ret)
		unregister_pm_notifier(&power_block);
	return ret;
}

void power_exit(void)
{
	unregister_reboot_notifier(&reboot_block);
	unregister_pm_notifier(&power_block);
}
