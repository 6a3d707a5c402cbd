// SPDX-License-Identifier: GPL-2.0-only
/*
 * A level-triggered interrupt that a booting twin gets would come again after
 * each of its EOIs, for ever.
 */
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/nmi.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>

#include "quiet.h"

#define ELCR 0x4d0
#define PORT61 0x61

/* Exported, but declared in kernel/rcu/rcu.h only. */
extern int rcu_cpu_stall_suppress;

static bool is_ours_to_mask(struct irq_data *data)
{
	return data && irqd_is_started(data) && irqd_is_level_type(data) &&
	       !irqd_irq_masked(data) && data->chip && data->chip->irq_mask &&
	       data->chip->irq_unmask &&
	       cpumask_test_cpu(raw_smp_processor_id(),
				irq_data_get_effective_affinity_mask(data));
}

/* Behind the irq core's back: for its users nothing has changed. */
static bool irq_chip_set(unsigned int irq, bool mask)
{
	struct irq_data *data = irq_get_irq_data(irq);
	struct irq_desc *desc;
	unsigned long flags;
	bool done = false;

	if (!data)
		return false;
	desc = irq_data_to_desc(data);
	raw_spin_lock_irqsave(&desc->lock, flags);
	if (is_ours_to_mask(data)) {
		if (mask)
			data->chip->irq_mask(data);
		else
			data->chip->irq_unmask(data);
		done = true;
	}
	raw_spin_unlock_irqrestore(&desc->lock, flags);
	return done;
}

static void irqs_mask(struct quiet *quiet)
{
	unsigned int irq;

	bitmap_zero(quiet->masked, QUIET_IRQS);
	rcu_read_lock();
	for (irq = 0; irq < QUIET_IRQS; irq++)
		if (irq_chip_set(irq, true))
			__set_bit(irq, quiet->masked);
	rcu_read_unlock();
}

static void irqs_unmask(struct quiet *quiet)
{
	unsigned int irq;

	rcu_read_lock();
	for_each_set_bit(irq, quiet->masked, QUIET_IRQS)
		irq_chip_set(irq, false);
	rcu_read_unlock();
}

void quiet_begin(struct quiet *quiet)
{
	irqs_mask(quiet);
	quiet->elcr = inb(ELCR) | inb(ELCR + 1) << 8;
	quiet->port61 = inb(PORT61);
	quiet->stall_suppress = rcu_cpu_stall_suppress;
	WRITE_ONCE(rcu_cpu_stall_suppress, 1);
}

void quiet_end(struct quiet *quiet)
{
	if ((inb(ELCR) | inb(ELCR + 1) << 8) != quiet->elcr) {
		outb(quiet->elcr, ELCR);
		outb(quiet->elcr >> 8, ELCR + 1);
	}
	/* Bits 0 and 1 only: the others are read-only. */
	outb((inb(PORT61) & ~3) | (quiet->port61 & 3), PORT61);
	touch_softlockup_watchdog();
	WRITE_ONCE(rcu_cpu_stall_suppress, quiet->stall_suppress);
	irqs_unmask(quiet);
}
