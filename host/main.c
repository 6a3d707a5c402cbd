// SPDX-License-Identifier: GPL-2.0-only
/* twinos.ko: a second, unmodified Linux beside the running one. */
#include <linux/init.h>
#include <linux/module.h>

#include "cpu.h"
#include "ioctl.h"
#include "power.h"
#include "range.h"
#include "recall.h"
#include "sysfs.h"

static int __init twinos_init(void)
{
	int ret;

	ret = cpus_init();
	if (ret)
		return ret;
	ret = power_init();
	if (ret)
		goto exit_cpus;
	ret = recall_init();
	if (ret)
		goto exit_power;
	ret = sysfs_init();
	if (ret)
		goto exit_recall;
	ret = ioctl_init();
	if (ret)
		goto exit_sysfs;
	return 0;

exit_sysfs:
	sysfs_exit();
exit_recall:
	recall_exit();
exit_power:
	power_exit();
exit_cpus:
	cpus_exit();
	return ret;
}

static void __exit twinos_exit(void)
{
	ioctl_exit();
	sysfs_exit();
	recall_exit();
	power_exit();
	cpus_exit();
	ranges_exit();
}

module_init(twinos_init);
module_exit(twinos_exit);
MODULE_DESCRIPTION("Start a second, coexisting Linux beside this one");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
