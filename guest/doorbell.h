/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications to and from the host, for drivers in the twin. */
#ifndef TWINOS_GUEST_DOORBELL_H
#define TWINOS_GUEST_DOORBELL_H

#include <linux/types.h>
#include <twinos/handover.h>

#define GUEST_BITS 64

/* guest_kick() - tell the host of @bit, below GUEST_BITS; from any context */
void guest_kick(unsigned int bit);

/*
 * guest_on_call() - have @fn called whenever the host calls by @bit
 * @fn: in a hard interrupt, or where the kernel has those in threads; one call at
 *	a time; not to come back here. NULL: nobody; it does not run any more then
 *
 * A call that has come before and found nobody is told at once. -ENODEV: there is no
 * host that calls; -EINVAL: no such bit; -EBUSY: it has another one.
 */
int guest_on_call(unsigned int bit, void (*fn)(void *data), void *data);

/* guest_calls_sync() - wait for the functions that run now; not from one of them */
void guest_calls_sync(void);

/*
 * doorbell_init() - notifications go both ways from now on
 *
 * On failure, for which there is no vector left, the host can't call.
 */
int doorbell_init(struct twinos_handover *handover);

/* doorbell_turn_began() - in shared mode, interrupts off: there may be calls */
void doorbell_turn_began(void);

#endif
