/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications between two kernels that run at once: see struct twinos_doorbell. */
#ifndef TWINOS_WORLD_BELL_H
#define TWINOS_WORLD_BELL_H

#include <linux/interrupt.h>
#include <linux/types.h>
#include <twinos/handover.h>

/**
 * struct bell - the interrupt by which the other kernel rings at this one
 * @side: the direction that this kernel receives
 * @irq: 0: there is none
 * @name: as /proc/interrupts shows it
 * @data: for the handler
 */
struct bell {
	struct twinos_doorbell *side;
	struct fwnode_handle *fwnode;
	struct irq_domain *domain;
	unsigned int irq;
	const char *name;
	void *data;
};

/*
 * bell_init() - an interrupt, with its target in @side from now on
 * @name: not used by any other bell; valid until bell_exit()
 * @handler: is also called whenever the target has changed; looks at the bits
 *
 * Sleeps. The caller looks once at the bits after it.
 */
int bell_init(struct bell *bell, const char *name, struct twinos_doorbell *side,
	      irq_handler_t handler, void *data);

/* bell_exit() - the handler does not run any more; nothing to do without an irq */
void bell_exit(struct bell *bell);

/* bell_set() - true: the bit was clear, and so the sender must ring */
bool bell_set(struct twinos_doorbell *side, unsigned int bit);

/* bell_take() - the receiver's: all bits that are set, which then are not */
u64 bell_take(struct twinos_doorbell *side);

/*
 * bell_ring() - the sender's: send the interrupt that @side asks for
 * @may_ring: this kernel may and can send one to this physical APIC id
 *
 * False: it asks for one that can't be sent. No interrupt wanted is no mistake.
 */
bool bell_ring(struct twinos_doorbell *side,
	       bool (*may_ring)(const void *data, u32 apic_id),
	       const void *data);

#endif
