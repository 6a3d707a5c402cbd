/* SPDX-License-Identifier: GPL-2.0-only */
/* The twin's turns on the shared CPU. */
#ifndef TWINOS_GUEST_TURN_H
#define TWINOS_GUEST_TURN_H

#include <linux/types.h>
#include <twinos/handover.h>

/*
 * turn_init() - on the CPU; -ENOMEM. After it turn_end() works.
 * @page: the trampoline page, mapped
 */
int turn_init(struct twinos_shared *shared, void *page);

/*
 * turn_end() - give the CPU to the host; returns with the next turn
 * @why: TWINOS_EXIT_*
 *
 * Interrupts off, none in service.
 */
void turn_end(u32 why);

/*
 * turn_idle() - the same with TWINOS_EXIT_IDLE, for a cpuidle driver; returns at
 * once if an interrupt of this kernel's own has arrived
 */
void turn_idle(void);

/*
 * turn_idle_steal() - nanoseconds that it had to wait with an idle kernel, which takes
 * them for idle time
 */
u64 turn_idle_steal(void);

/* turn_end_for_good() - never comes back; from any context */
void turn_end_for_good(u32 why);

/*
 * turn_interrupted() - an interrupt of the host's has arrived
 *
 * In its handler, after the EOI. The turn ends once the handler has returned,
 * or when the twin has had the time that the host lets it keep.
 */
void turn_interrupted(void);

#endif
