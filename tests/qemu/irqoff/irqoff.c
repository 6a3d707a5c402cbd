// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqoff - loading it keeps the CPU for good, with interrupts off
 *
 * No program can do that: iopl(2) has not allowed cli since Linux 5.5.
 */
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/processor.h>

static int __init irqoff_init(void)
{
	pr_info("irqoff: off\n");
	local_irq_disable();
	for (;;)
		cpu_relax();
	return 0;
}
module_init(irqoff_init);

MODULE_DESCRIPTION("Keep a CPU with interrupts off, for tests");
MODULE_LICENSE("GPL");
