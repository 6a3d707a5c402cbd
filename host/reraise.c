// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edge that the twin has taken is raised again by the chip's IPI, with which
 * the kernel itself resends one (kernel/irq/resend.c). Not by irq_inject_interrupt():
 * where the twin took an IPI of the kernel's own, after enable_irq(), that one is
 * told that the irq is being resent already, and it would be lost. A
 * level-triggered one is sent again by its IO-APIC after the EOI, as long as it is
 * asserted. Where interrupts are remapped, that takes an EOI by the pin, which only
 * the host can do (arch/x86/kernel/apic/io_apic.c: ioapic_ir_ack_level()).
 * Only irqs that are started and have an action: another one would stay in
 * service for ever.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/rcupdate.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "reraise.h"

void reraise_collect(struct reraise *reraise, struct twinos_shared *shared)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reraise->vectors); i++) {
		reraise->vectors[i] |= shared->vectors[i];
		reraise->forwarded += hweight64(shared->vectors[i]);
		shared->vectors[i] = 0;
	}
}

/* The vector of @irq on @cpu; 0 if it can't arrive there. */
static unsigned int vector_of(unsigned int irq, unsigned int cpu)
{
	struct irq_data *data = irq_get_irq_data(irq), *root = data;
	struct irq_cfg *cfg;

	if (!data || !irqd_is_started(data) || !irq_has_action(irq) ||
	    !cpumask_test_cpu(cpu, irq_data_get_effective_affinity_mask(data)))
		return 0;
	while (root->parent_data)
		root = root->parent_data;
	if (root->domain != x86_vector_domain)
		return 0;
	cfg = irqd_cfg(data);
	return cfg ? cfg->vector : 0;
}

/* @data's irq may be freed meanwhile, but is not shut down under the lock. */
static void raise_irq(struct irq_data *data)
{
	struct irq_desc *desc = irq_data_to_desc(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&desc->lock, flags);
	if (!irqd_is_started(data))
		goto unlock;
	if (!irqd_is_level_type(data))
		irq_chip_retrigger_hierarchy(data);
	else if (data->chip && data->chip->irq_eoi)
		data->chip->irq_eoi(data);
unlock:
	raw_spin_unlock_irqrestore(&desc->lock, flags);
}

static bool take(struct reraise *reraise, unsigned int vector)
{
	u64 bit = BIT_ULL(vector % 64);

	if (!(reraise->vectors[vector / 64] & bit))
		return false;
	reraise->vectors[vector / 64] &= ~bit;
	return true;
}

static unsigned int drop_rest(struct reraise *reraise)
{
	unsigned int i, dropped = 0;

	for (i = 0; i < ARRAY_SIZE(reraise->vectors); i++) {
		dropped += hweight64(reraise->vectors[i]);
		reraise->vectors[i] = 0;
	}
	return dropped;
}

/*
 * A vector without an irq may have been that of one which has just moved to
 * another vector or CPU.
 */
void reraise(struct reraise *reraise, unsigned int cpu)
{
	unsigned int irq, vector, dropped;

	if (!memchr_inv(reraise->vectors, 0, sizeof(reraise->vectors)))
		return;
	rcu_read_lock();
	for (irq = 0; irq < nr_irqs; irq++) {
		vector = vector_of(irq, cpu);
		if (!vector || !take(reraise, vector))
			continue;
		raise_irq(irq_get_irq_data(irq));
		reraise->reraised++;
	}
	rcu_read_unlock();
	dropped = drop_rest(reraise);
	reraise->unclaimed += dropped;
	if (dropped && num_online_cpus() > 1)
		reraise_all(cpu);
}

void reraise_all(unsigned int cpu)
{
	unsigned int irq;

	rcu_read_lock();
	for (irq = 0; irq < nr_irqs; irq++)
		if (vector_of(irq, cpu))
			raise_irq(irq_get_irq_data(irq));
	rcu_read_unlock();
}
