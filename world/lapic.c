// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC (SDM volume 3, chapter 11) serves both kernels in turn. Both
 * use the same vectors for their own purposes (arch/x86/include/asm/
 * irq_vectors.h): an interrupt of the kernel that has left, taken by the other
 * one, is harmless there but lost, so it is raised once more by its owner.
 */
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "lapic.h"

/* Vectors above are the kernel's own: timer, IPIs, irq_work... */
#define FIRST_OWN LOCAL_TIMER_VECTOR
#define OWN_BITS (~0U << (FIRST_OWN % 32))
#define OWN_REGISTER (FIRST_OWN / 32 * 0x10)

#define MODES (MSR_IA32_APICBASE_ENABLE | X2APIC_ENABLE)

#define TIMER_MODE (3 << 17)
#define RATIO_SHIFT 32
#define MEASURE_US 100

/* In the order in which processors got them; LVTT makes one more. */
static const u32 lvts[LAPIC_LVTS] = {
	APIC_LVT0,  APIC_LVT1,	  APIC_LVTERR,
	APIC_LVTPC, APIC_LVTTHMR, APIC_LVTCMCI,
};

/* APIC_TDCR: 0 divides by 2... 10 by 128, 11 by 1, bit 2 of it is bit 3 */
static unsigned int divide_shift(u32 divide)
{
	return (((divide & 3) | (divide & 8) >> 1) + 1) & 7;
}

static u64 ticks_of(const struct lapic *lapic, u64 tsc)
{
	return mul_u64_u64_shr(tsc, lapic->ratio,
			       RATIO_SHIFT + divide_shift(lapic->divide));
}

static u64 tsc_of(const struct lapic *lapic, u32 ticks)
{
	return div64_u64((u64)ticks << 32, lapic->ratio)
	       << divide_shift(lapic->divide);
}

static u32 timer_mode(const struct lapic *lapic)
{
	return lapic->lvtt & TIMER_MODE;
}

static bool x2apic(void)
{
	return __rdmsr(MSR_IA32_APICBASE) & X2APIC_ENABLE;
}

static u64 next_event(struct lapic *lapic, u64 now)
{
	if (lapic->lvtt & APIC_LVT_MASKED)
		return LAPIC_NEVER;
	if (timer_mode(lapic) == APIC_LVT_TIMER_TSCDEADLINE)
		return lapic->deadline ?: LAPIC_NEVER;
	if (!lapic->initial || !lapic->ratio)
		return LAPIC_NEVER;
	return now + tsc_of(lapic, lapic->current_count);
}

/* Counts down for a while in one-shot mode, masked. */
static u64 measure(u32 divide)
{
	u64 start, tsc;
	u32 ticks;

	apic->write(APIC_LVTT, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic->write(APIC_TMICT, ~0U);
	start = rdtsc_ordered();
	do {
		tsc = rdtsc_ordered() - start;
	} while (tsc < (u64)tsc_khz * MEASURE_US / 1000);
	ticks = ~0U - apic->read(APIC_TMCCT);
	tsc = rdtsc_ordered() - start;
	apic->write(APIC_TMICT, 0);
	return div64_u64((u64)ticks << (RATIO_SHIFT + divide_shift(divide)),
			 tsc);
}

u64 lapic_ratio(void)
{
	u64 start = rdtsc_ordered();
	struct lapic lapic = {};

	lapic_init(&lapic, 0);
	lapic_save(&lapic);
	lapic.ratio = measure(lapic.divide);
	lapic.next = next_event(&lapic, start);
	lapic_restore(&lapic);
	return lapic.ratio;
}

void lapic_init(struct lapic *lapic, u64 ratio)
{
	lapic->ratio = ratio;
	lapic->nr_lvts = min(GET_APIC_MAXLVT(apic->read(APIC_LVR)), LAPIC_LVTS);
}

/*
 * The count is read before the interrupt is masked and the IRR after that: a
 * timer that has run down in between is in both, never in neither. One that has
 * run down before that counts as due too, although it may have been served: an
 * emulated one delivers its interrupt some time after it shows 0.
 */
static void timer_save(struct lapic *lapic)
{
	lapic->lvtt = apic->read(APIC_LVTT);
	lapic->divide = apic->read(APIC_TDCR);
	lapic->initial = apic->read(APIC_TMICT);
	lapic->current_count = apic->read(APIC_TMCCT);
	lapic->deadline = 0;
	if (timer_mode(lapic) == APIC_LVT_TIMER_TSCDEADLINE)
		lapic->deadline = __rdmsr(MSR_IA32_TSC_DEADLINE);
	lapic->next = next_event(lapic, rdtsc_ordered());

	apic->write(APIC_LVTT, lapic->lvtt | APIC_LVT_MASKED);
	apic->write(APIC_TMICT, 0);
	if (lapic->deadline)
		__wrmsr(MSR_IA32_TSC_DEADLINE, 0, 0);
}

u32 lapic_own_pending(void)
{
	return apic->read(APIC_IRR + OWN_REGISTER) & OWN_BITS;
}

void lapic_save(struct lapic *lapic)
{
	unsigned int i;

	lapic->base = __rdmsr(MSR_IA32_APICBASE);
	timer_save(lapic);
	lapic->tpr = apic->read(APIC_TASKPRI);
	lapic->ldr = apic->read(APIC_LDR);
	if (!(lapic->base & X2APIC_ENABLE))
		lapic->dfr = apic->read(APIC_DFR);
	lapic->svr = apic->read(APIC_SPIV);
	for (i = 0; i < lapic->nr_lvts; i++) {
		lapic->lvt[i] = apic->read(lvts[i]);
		if (!(lapic->lvt[i] & APIC_LVT_MASKED))
			apic->write(lvts[i], lapic->lvt[i] | APIC_LVT_MASKED);
	}
	lapic->pending = lapic_own_pending();
}

/* From x2APIC to xAPIC mode there is only the way through the disabled one. */
static void mode_restore(u64 base)
{
	u64 now = __rdmsr(MSR_IA32_APICBASE);

	if (!((now ^ base) & MODES))
		return;
	if (now & X2APIC_ENABLE) {
		now &= ~MODES;
		__wrmsr(MSR_IA32_APICBASE, now, now >> 32);
	}
	if ((base & MODES) == MODES) {
		now |= MSR_IA32_APICBASE_ENABLE;
		__wrmsr(MSR_IA32_APICBASE, now, now >> 32);
	}
	__wrmsr(MSR_IA32_APICBASE, base, base >> 32);
}

/*
 * A count that has run out is not set once more with a tiny one: a kernel that
 * gets a turn often would never see its timer fire. An interrupt in its place
 * is what it would have got.
 */
static void timer_restore(const struct lapic *lapic)
{
	u64 now = rdtsc_ordered();

	apic->write(APIC_TDCR, lapic->divide);
	apic->write(APIC_LVTT, lapic->lvtt);
	if (timer_mode(lapic) == APIC_LVT_TIMER_TSCDEADLINE) {
		/* SDM volume 3, 11.5.4.1: the LVT's write must come first. */
		asm volatile("mfence; lfence" : : : "memory");
		__wrmsr(MSR_IA32_TSC_DEADLINE, lapic->deadline,
			lapic->deadline >> 32);
		return;
	}
	if (timer_mode(lapic) == APIC_LVT_TIMER_PERIODIC)
		apic->write(APIC_TMICT, lapic->initial);
	if (lapic->next == LAPIC_NEVER)
		return;
	if (now >= lapic->next)
		lapic_self_ipi(lapic->lvtt & APIC_VECTOR_MASK);
	else if (timer_mode(lapic) == 0)
		apic->write(APIC_TMICT,
			    max_t(u64, ticks_of(lapic, lapic->next - now), 1));
}

static void raise_pending(const struct lapic *lapic)
{
	unsigned long pending = lapic->pending;
	unsigned int bit;

	for_each_set_bit(bit, &pending, 32)
		lapic_self_ipi((FIRST_OWN & ~31) + bit);
}

void lapic_restore(const struct lapic *lapic)
{
	unsigned int i;

	mode_restore(lapic->base);
	apic->write(APIC_SPIV, lapic->svr);
	if (!(lapic->base & X2APIC_ENABLE)) {
		apic->write(APIC_LDR, lapic->ldr);
		apic->write(APIC_DFR, lapic->dfr);
	}
	apic->write(APIC_TASKPRI, lapic->tpr);
	for (i = 0; i < lapic->nr_lvts; i++)
		apic->write(lvts[i], lapic->lvt[i]);
	apic->write(APIC_ESR, 0);
	timer_restore(lapic);
	raise_pending(lapic);
}

unsigned int lapic_in_service(void)
{
	unsigned int i;
	u32 bits;

	for (i = 8; i--;) {
		bits = apic->read(APIC_ISR + i * 0x10);
		if (bits)
			return i * 32 + fls(bits) - 1;
	}
	return 0;
}

static void icr_wait(void)
{
	unsigned int tries = 10000;

	while (!x2apic() && tries-- && apic->read(APIC_ICR) & APIC_ICR_BUSY)
		cpu_relax();
}

/* Not apic->send_IPI_self: some of its forms wait for ever, some not at all. */
void lapic_self_ipi(unsigned int vector)
{
	icr_wait();
	apic->icr_write(APIC_DEST_SELF | APIC_DM_FIXED | vector, 0);
}

/*
 * In x2APIC mode a write to the ICR waits for nothing that was written before (SDM
 * volume 3, 11.12.3), and in neither mode does a read wait for it.
 */
void lapic_send(u32 apic_id, unsigned int vector)
{
	unsigned long flags;

	local_irq_save(flags);
	icr_wait();
	asm volatile("mfence; lfence" : : : "memory");
	apic->icr_write(APIC_DM_FIXED | vector, apic_id);
	icr_wait();
	asm volatile("mfence; lfence" : : : "memory");
	local_irq_restore(flags);
}
