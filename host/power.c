// SPDX-License-Identifier: GPL-2.0-only
/* A sleeping machine loses what a twin's core holds, and nobody saves it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/suspend.h>

#include "cpu.h"
#include "power.h"

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

static struct notifier_block power_block = {
	.notifier_call = power_notified,
};

int power_init(void)
{
	return register_pm_notifier(&power_block);
}

void power_exit(void)
{
	unregister_pm_notifier(&power_block);
}
