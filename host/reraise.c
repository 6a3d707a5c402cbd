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

static bool may_arrive(struct irq_data *data, unsigned int cpu)
{
	return irqd_is_started(data) && irq_has_action(data->irq) &&
	       cpumask_test_cpu(cpu,
				irq_data_get_effective_affinity_mask(data));
}

/* 0: it comes by no CPU's vector. @data must be started: it has all its chips then. */
static unsigned int vector_of(struct irq_data *data)
{
	struct irq_data *root = data;
	struct irq_cfg *cfg;

	while (root->parent_data)
		root = root->parent_data;
	if (root->domain != x86_vector_domain)
		return 0;
	cfg = irqd_cfg(data);
	return cfg ? cfg->vector : 0;
}

static bool take(struct reraise *reraise, unsigned int vector)
{
	u64 bit = BIT_ULL(vector % 64);

	if (!(reraise->vectors[vector / 64] & bit))
		return false;
	reraise->vectors[vector / 64] &= ~bit;
	return true;
}

static void raise_now(struct irq_data *data)
{
	if (!irqd_is_level_type(data))
		irq_chip_retrigger_hierarchy(data);
	else if (data->chip && data->chip->irq_eoi)
		data->chip->irq_eoi(data);
}

/*
 * True if @irq was raised: if its vector is in @reraise, or that is NULL. Under the
 * lock, without which it could be shut down and lose its chips meanwhile.
 */
static bool raise_irq(unsigned int irq, unsigned int cpu,
		      struct reraise *reraise)
{
	struct irq_data *data = irq_get_irq_data(irq);
	struct irq_desc *desc;
	unsigned int vector;
	unsigned long flags;

	/* Most can't: they cost no lock. */
	if (!data || !may_arrive(data, cpu))
		return false;
	desc = irq_data_to_desc(data);
	raw_spin_lock_irqsave(&desc->lock, flags);
	vector = may_arrive(data, cpu) ? vector_of(data) : 0;
	if (vector && reraise && !take(reraise, vector))
		vector = 0;
	if (vector)
		raise_now(data);
	raw_spin_unlock_irqrestore(&desc->lock, flags);
	return vector;
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
	unsigned int irq, dropped;

	if (!memchr_inv(reraise->vectors, 0, sizeof(reraise->vectors)))
		return;
	rcu_read_lock();
	for (irq = 0; irq < nr_irqs; irq++)
		if (raise_irq(irq, cpu, reraise))
			reraise->reraised++;
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
		raise_irq(irq, cpu, NULL);
	rcu_read_unlock();
}
