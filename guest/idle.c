// SPDX-License-Identifier: GPL-2.0-only
/* The only idle state of a twin on a shared CPU: the host's turn. */
#include <linux/context_tracking.h>
#include <linux/cpuidle.h>
#include <linux/module.h>

#include "idle.h"
#include "lapic.h"
#include "turn.h"

/* As mwait would, it returns at once if there is an interrupt of its own. */
static int enter(struct cpuidle_device *dev, struct cpuidle_driver *drv,
		 int index)
{
	if (lapic_own_pending())
		return index;
	ct_idle_enter();
	turn_end(TWINOS_EXIT_IDLE);
	ct_idle_exit();
	return index;
}

static struct cpuidle_driver driver = {
	.name = "twinos",
	.owner = THIS_MODULE,
	.states = {
		{
			.name = "HOST",
			.desc = "the host's turn",
			.flags = CPUIDLE_FLAG_RCU_IDLE,
			.enter = enter,
		},
	},
	.state_count = 1,
};

int idle_init(void)
{
	return cpuidle_register(&driver, NULL);
}
