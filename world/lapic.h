/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWINOS_WORLD_LAPIC_H
#define TWINOS_WORLD_LAPIC_H

#include <linux/types.h>

#define LAPIC_LVTS 6 /* without the timer's */
#define LAPIC_NEVER (~0ULL)

/**
 * struct lapic - one kernel's use of the CPU's local APIC
 * @ratio: ticks of its timer, undivided, in 2^32 ticks of the TSC
 * @nr_lvts: how many of @lvt this CPU has
 * @base: IA32_APIC_BASE: xAPIC or x2APIC mode
 * @next: TSC of the timer's next interrupt; LAPIC_NEVER: none
 * @pending: vectors from LAPIC_FIRST_OWN on that had arrived and not been taken
 *	when the kernel left
 * The rest are registers.
 */
struct lapic {
	u64 ratio;
	unsigned int nr_lvts;
	u64 base;
	u64 next;
	u64 deadline;
	u32 pending;
	u32 tpr, ldr, dfr, svr;
	u32 lvt[LAPIC_LVTS];
	u32 lvtt, divide, initial, current_count;
};

/*
 * lapic_ratio() - measure the timer against the TSC, for struct twinos_shared
 *
 * On the CPU, interrupts off. Stops the timer for a tenth of a millisecond and
 * lets it go on after that. 0 if the timer does not count.
 */
u64 lapic_ratio(void);

/* lapic_init() - on the CPU; @ratio: of lapic_ratio(), 0 to measure it */
void lapic_init(struct lapic *lapic, u64 ratio);

/*
 * lapic_save() - and stop the timer and mask all local interrupts
 * lapic_restore() - and make vectors arrive that did so before, or that the
 * timer would have raised meanwhile
 */
void lapic_save(struct lapic *lapic);
void lapic_restore(const struct lapic *lapic);

/* lapic_own_pending() - as in &struct lapic.pending, now */
u32 lapic_own_pending(void);

/* lapic_in_service() - the vector that is being handled; 0 if there is none */
unsigned int lapic_in_service(void);

/* lapic_self_ipi() - make @vector arrive */
void lapic_self_ipi(unsigned int vector);

/*
 * lapic_send() - make @vector arrive at the CPU with this physical APIC id
 *
 * All that was written before is seen by who handles it, and what is read after it
 * is read after it was sent. From any context.
 */
void lapic_send(u32 apic_id, unsigned int vector);

#endif
