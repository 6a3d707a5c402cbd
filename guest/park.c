// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the twin. In shared mode it gives the CPU to the host for good, and
 * an NMI that nobody claims is the only thing that reaches one which spins with
 * interrupts off. In dedicated mode the host takes the cores once it has seen
 * that the twin is parked; until then this CPU waits.
 */
#include <linux/irqflags.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <asm/irqflags.h>
#include <asm/nmi.h>

#include "park.h"
#include "turn.h"

static struct twinos_handover *handover;

static bool is_shared(void)
{
	return handover->shared.trampoline;
}

/* Not a plain endless loop: objtool wants to be told of those in its source. */
static void wait_for_end(void)
{
	local_irq_disable();
	while (READ_ONCE(handover->parked))
		native_halt();
}

void park(u32 life)
{
	if (handover->life != TWINOS_LIFE_PANICKED)
		WRITE_ONCE(handover->life, life);
	WRITE_ONCE(handover->going_down, 1);
	WRITE_ONCE(handover->parked, 1);
	if (is_shared())
		turn_end_for_good(TWINOS_EXIT_DEAD);
	else
		wait_for_end();
}

static int reboot_notified(struct notifier_block *block, unsigned long action,
			   void *data)
{
	pr_info("reboot: back to the host\n");
	park(action == SYS_RESTART ? TWINOS_LIFE_REBOOTING :
				     TWINOS_LIFE_HALTED);
	return NOTIFY_DONE;
}

static int panic_notified(struct notifier_block *block, unsigned long action,
			  void *data)
{
	WRITE_ONCE(handover->life, TWINOS_LIFE_PANICKED);
	if (is_shared())
		turn_end_for_good(TWINOS_EXIT_PANIC);
	return NOTIFY_DONE;
}

static int nmi_notified(unsigned int type, struct pt_regs *regs)
{
	park(TWINOS_LIFE_HUNG);
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

/* In dedicated mode an NMI may be the platform's, and is the kernel's to judge. */
int park_init(struct twinos_handover *area)
{
	int ret = 0;

	handover = area;
	if (is_shared())
		ret = register_nmi_handler(NMI_UNKNOWN, nmi_notified, 0,
					   "twinos");
	if (ret)
		return ret;
	ret = register_reboot_notifier(&reboot_block);
	if (ret)
		return ret;
	return atomic_notifier_chain_register(&panic_notifier_list,
					      &panic_block);
}
