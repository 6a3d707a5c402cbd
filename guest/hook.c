// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the host's devices arrive at whichever kernel has the CPU. The
 * twin has no devices of its own, so the vectors that its kernel has given to
 * nobody are the host's. They lead through vector_irq[] and not through gates of
 * the IDT, which page table isolation maps twice.
 */
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/kprobes.h>
#include <asm/apic.h>
#include <asm/hw_irq.h>
#include <asm/irq_vectors.h>

#include "hook.h"
#include "lapic.h"
#include "turn.h"

static struct twinos_shared *shared;

/* One irq serves all the vectors: which it was, the local APIC knows. */
static void host_interrupt(struct irq_desc *desc)
{
	unsigned int vector = lapic_in_service();
	u64 bit = BIT_ULL(vector % 64);

	apic->write(APIC_EOI, APIC_EOI_ACK);
	if (!(shared->vectors[vector / 64] & bit)) {
		shared->vectors[vector / 64] |= bit;
		shared->forwarded++;
	}
	turn_interrupted();
}

/* Where a kprobe would go: behind the function's ENDBR, if it has one. */
static void *function_at(struct kprobe *probe)
{
	u8 *address = (u8 *)probe->addr;

#ifdef CONFIG_X86_KERNEL_IBT
	if (is_endbr(*(u32 *)(address - 4)))
		address -= 4;
#endif
	return address;
}

/* vector_irq is not exported, nor is what finds symbols that are not. */
static struct irq_desc **find_vector_irq(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	vector_irq_t __percpu *vectors;

	if (register_kprobe(&probe))
		return NULL;
	lookup = function_at(&probe);
	unregister_kprobe(&probe);
	vectors = (vector_irq_t __percpu *)lookup("vector_irq");
	return vectors ? *this_cpu_ptr(vectors) : NULL;
}

int hook_init(struct twinos_shared *handed)
{
	struct irq_desc **vectors, *desc;
	unsigned int vector;
	int irq;

	shared = handed;
	vectors = find_vector_irq();
	if (!vectors)
		return -ENOENT;
	irq = irq_alloc_desc(0);
	if (irq < 0)
		return irq;
	irq_set_chip_and_handler_name(irq, &dummy_irq_chip, host_interrupt,
				      "host");
	desc = irq_data_to_desc(irq_get_irq_data(irq));
	for (vector = FIRST_EXTERNAL_VECTOR; vector < FIRST_SYSTEM_VECTOR;
	     vector++)
		if (vectors[vector] == VECTOR_UNUSED)
			vectors[vector] = desc;
	return 0;
}
