// SPDX-License-Identifier: GPL-2.0-only
/* The only idle state of a twin on a shared CPU: the host's turn. */
#include <linux/cpuidle.h>
#include <linux/module.h>

#include "idle.h"
#include "turn.h"

static int enter(struct cpuidle_device *dev, struct cpuidle_driver *drv,
		 int index)
{
	turn_idle();
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
