// SPDX-License-Identifier: GPL-2.0-only
/*
 * The safety net below every restart: all that resets the machine without
 * asking anybody goes through one function (arch/x86/kernel/reboot.c), which is
 * not exported and is never entered here.
 */
#include <linux/kprobes.h>

#include "net.h"
#include "park.h"

static int restart_entered(struct kprobe *probe, struct pt_regs *regs)
{
	park(TWINOS_LIFE_REBOOTING);
	return 0;
}

static struct kprobe restart_probe = {
	.symbol_name = "native_machine_emergency_restart",
	.pre_handler = restart_entered,
};

int net_init(void)
{
	return register_kprobe(&restart_probe);
}
