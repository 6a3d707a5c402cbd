// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the twin. An NMI that nobody claims is the only thing that reaches
 * a twin which spins with interrupts off.
 */
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <asm/nmi.h>

#include "park.h"
#include "turn.h"

static struct twinos_handover *handover;

static void park(void)
{
	handover->going_down = 1;
	handover->parked = 1;
	turn_end_for_good(TWINOS_EXIT_DEAD);
}

static int reboot_notified(struct notifier_block *block, unsigned long action,
			   void *data)
{
	pr_info("reboot: back to the host\n");
	park();
	return NOTIFY_DONE;
}

static int panic_notified(struct notifier_block *block, unsigned long action,
			  void *data)
{
	turn_end_for_good(TWINOS_EXIT_PANIC);
	return NOTIFY_DONE;
}

static int nmi_notified(unsigned int type, struct pt_regs *regs)
{
	park();
	return NMI_HANDLED;
}

/* Last, so that everybody else has heard of it. */
static struct notifier_block reboot_block = {
	.notifier_call = reboot_notified,
	.priority = INT_MIN,
};

static struct notifier_block panic_block = {
	.notifier_call = panic_notified,
	.priority = INT_MIN,
};

int park_init(struct twinos_handover *area)
{
	int ret;

	handover = area;
	ret = register_nmi_handler(NMI_UNKNOWN, nmi_notified, 0, "twinos");
	if (ret)
		return ret;
	ret = register_reboot_notifier(&reboot_block);
	if (ret)
		return ret;
	return atomic_notifier_chain_register(&panic_notifier_list,
					      &panic_block);
}
