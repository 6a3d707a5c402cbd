/* SPDX-License-Identifier: GPL-2.0-only */
/* The host stands still: what must not happen meanwhile. */
#ifndef TWINOS_HOST_QUIET_H
#define TWINOS_HOST_QUIET_H

#include <linux/bitmap.h>
#include <linux/types.h>

#define QUIET_IRQS 256

/**
 * struct quiet - what quiet_end() restores
 * @masked: irqs, below QUIET_IRQS as all pins of IO-APICs are
 * @elcr: edge/level control of the two PICs
 * @port61: the PC speaker's gate, which calibrating a TSC uses
 */
struct quiet {
	DECLARE_BITMAP(masked, QUIET_IRQS);
	u16 elcr;
	u8 port61;
	int stall_suppress;
};

/*
 * quiet_begin() - mask this CPU's level-triggered interrupts, expect no grace
 * periods; preemption may be on, the caller is bound to the CPU
 */
void quiet_begin(struct quiet *quiet);
void quiet_end(struct quiet *quiet);

#endif
