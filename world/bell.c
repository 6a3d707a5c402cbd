// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interrupt that no device sends, from the vectors that the kernel gives to
 * devices. So it is moved when its CPU goes offline, and by whoever writes to
 * /proc/irq; each time its new target is published. One that was sent to the old
 * target meanwhile is served there, since a kernel keeps the old vector until an
 * interrupt has come by the new one (arch/x86/kernel/apic/vector.c). Which it makes
 * come at once.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>
#include <asm/smp.h>
#include <asm/sync_bitops.h>

#include "bell.h"
#include "compat.h"
#include "lapic.h"

/* A target that goes on changing is not worth more. */
#define RING_TRIES 3

static_assert(offsetof(struct twinos_handover, nr_times) == 496);
static_assert(offsetof(struct twinos_handover, beating) == 512);
static_assert(sizeof(struct twinos_times) == 64);
static_assert(offsetof(struct twinos_handover, kick) == 1600);
static_assert(offsetof(struct twinos_handover, call) == 1792);
static_assert(offsetof(struct twinos_handover, console) == 2048);
static_assert(offsetof(struct twinos_handover, virtio) == 3456);
static_assert(offsetof(struct twinos_virtio, devices_changed) == 384);
static_assert(sizeof(struct twinos_handover) == TWINOS_HANDOVER_SIZE);
static_assert(offsetof(struct twinos_doorbell, target) == 64);
static_assert(offsetof(struct twinos_doorbell, bad) == 128);
static_assert(sizeof(struct twinos_doorbell) == 192);

/* What the irq core knows of as destination may be a logical id. */
static void publish(struct irq_data *data)
{
	struct bell *bell = irq_data_get_irq_chip_data(data);
	unsigned int cpu =
		cpumask_first(irq_data_get_effective_affinity_mask(data));
	struct irq_cfg *cfg = irqd_cfg(data);
	u64 target = 0;

	if (cfg && cpu < nr_cpu_ids)
		target = cfg->vector | (u64)cpu_physical_id(cpu)
					       << TWINOS_TARGET_ID_SHIFT;
	WRITE_ONCE(bell->side->target, target);
}

/* Who has read the old target may not have rung: the handler looks. */
static int set_affinity(struct irq_data *data, const struct cpumask *mask,
			bool force)
{
	int ret = irq_chip_set_affinity_parent(data, mask, force);

	if (ret < 0)
		return ret;
	publish(data);
	irq_chip_retrigger_hierarchy(data);
	return ret;
}

/* The irq core calls it without asking; an edge more does no harm. */
static void mask_nothing(struct irq_data *data)
{
}

static struct irq_chip chip = {
	.name = "TwinOS",
	.irq_ack = irq_chip_ack_parent,
	.irq_mask = mask_nothing,
	.irq_unmask = mask_nothing,
	.irq_set_affinity = set_affinity,
	.irq_retrigger = irq_chip_retrigger_hierarchy,
};

static int domain_alloc(struct irq_domain *domain, unsigned int irq,
			unsigned int nr, void *arg)
{
	int ret = irq_domain_alloc_irqs_parent(domain, irq, nr, arg);

	if (ret)
		return ret;
	irq_domain_set_info(domain, irq, 0, &chip, domain->host_data,
			    handle_edge_irq, NULL, NULL);
	return 0;
}

static int domain_activate(struct irq_domain *domain, struct irq_data *data,
			   bool reserve)
{
	if (!reserve)
		publish(data);
	return 0;
}

static void domain_deactivate(struct irq_domain *domain, struct irq_data *data)
{
	struct bell *bell = domain->host_data;

	WRITE_ONCE(bell->side->target, 0);
}

static const struct irq_domain_ops domain_ops = {
	.alloc = domain_alloc,
	.free = irq_domain_free_irqs_common,
	.activate = domain_activate,
	.deactivate = domain_deactivate,
};

static int domain_create(struct bell *bell)
{
	bell->fwnode = irq_domain_alloc_named_fwnode(bell->name);
	if (!bell->fwnode)
		return -ENOMEM;
	bell->domain = irq_domain_create_hierarchy(
		x86_vector_domain, 0, 1, bell->fwnode, &domain_ops, bell);
	if (bell->domain)
		return 0;
	irq_domain_free_fwnode(bell->fwnode);
	return -ENOMEM;
}

static void domain_remove(struct bell *bell)
{
	irq_domain_remove(bell->domain);
	irq_domain_free_fwnode(bell->fwnode);
}

int bell_init(struct bell *bell, const char *name, struct twinos_doorbell *side,
	      irq_handler_t handler, void *data)
{
	struct irq_alloc_info info = {};
	int irq, ret;

	bell->name = name;
	bell->side = side;
	bell->data = data;
	ret = domain_create(bell);
	if (ret)
		return ret;
	irq = irq_domain_alloc_irqs(bell->domain, 1, NUMA_NO_NODE, &info);
	if (irq <= 0) {
		ret = irq ?: -ENOSPC;
		goto remove_domain;
	}
	compat_irq_moves_at_once(irq);
	ret = request_irq(irq, handler, 0, name, data);
	if (ret)
		goto dispose_irq;
	bell->irq = irq;
	return 0;

dispose_irq:
	irq_dispose_mapping(irq);
remove_domain:
	domain_remove(bell);
	return ret;
}

void bell_exit(struct bell *bell)
{
	if (!bell->irq)
		return;
	free_irq(bell->irq, bell->data);
	irq_dispose_mapping(bell->irq);
	domain_remove(bell);
	bell->irq = 0;
}

bool bell_set(struct twinos_doorbell *side, unsigned int bit)
{
	return !sync_test_and_set_bit(bit, (unsigned long *)&side->bits);
}

/* xchg() has its lock prefix in itself, which nobody patches out. */
u64 bell_take(struct twinos_doorbell *side)
{
	u64 bits = xchg(&side->bits, 0);

	if (bits)
		WRITE_ONCE(side->taken, side->taken + 1);
	return bits;
}

static bool is_good(u64 target)
{
	u64 vector = target & TWINOS_TARGET_VECTOR;

	return vector >= TWINOS_TARGET_FIRST_VECTOR && (u32)target == vector;
}

bool bell_ring(struct twinos_doorbell *side,
	       bool (*may_ring)(const void *data, u32 apic_id),
	       const void *data)
{
	u64 target = READ_ONCE(side->target), rung = 0;
	unsigned int tries;
	u32 apic_id;

	for (tries = RING_TRIES; target && target != rung && tries; tries--) {
		apic_id = target >> TWINOS_TARGET_ID_SHIFT;
		if (!is_good(target) || !may_ring(data, apic_id)) {
			WRITE_ONCE(side->bad, side->bad + 1);
			return false;
		}
		lapic_send(apic_id, target & TWINOS_TARGET_VECTOR);
		rung = target;
		target = READ_ONCE(side->target);
	}
	return true;
}
