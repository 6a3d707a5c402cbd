/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts of the host's that arrived while the twin had the CPU. */
#ifndef TWINOS_HOST_RERAISE_H
#define TWINOS_HOST_RERAISE_H

#include <linux/types.h>
#include <twinos/handover.h>

/**
 * struct reraise
 * @vectors: to be raised again
 * @forwarded: how many the twin has told of so far
 * @reraised: how many of them were raised again
 * @unclaimed: how many belonged to no irq of the host's
 */
struct reraise {
	u64 vectors[4];
	u64 forwarded;
	u64 reraised;
	u64 unclaimed;
};

/* reraise_collect() - take over what the twin has written; interrupts off */
void reraise_collect(struct reraise *reraise, struct twinos_shared *shared);

/* reraise() - raise on @cpu, on which we are, what was collected */
void reraise(struct reraise *reraise, unsigned int cpu);

/* reraise_all() - raise every irq of @cpu, because any may have been lost */
void reraise_all(unsigned int cpu);

#endif
