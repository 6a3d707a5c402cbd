// SPDX-License-Identifier: GPL-2.0-only
/*
 * In dedicated mode an interrupt tells of calls and another one the host of kicks. In
 * shared mode, where the two kernels never run at once, each looks when it has the
 * CPU: this one by an irq_work, so that drivers are called as in an interrupt.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/irq_work.h>
#include <linux/spinlock.h>
#include <asm/apic.h>

#include "bell.h"
#include "doorbell.h"

static struct twinos_handover *handover;
static struct bell bell;

struct on_call {
	void (*fn)(void *data);
	void *data;
};

static DEFINE_SPINLOCK(lock); /* guards on_calls and untold */
static struct on_call on_calls[GUEST_BITS];
static u64 untold; /* calls for nobody */

static bool is_shared(void)
{
	return handover->shared.trampoline;
}

static void tell_call(unsigned int bit)
{
	if (on_calls[bit].fn)
		on_calls[bit].fn(on_calls[bit].data);
	else
		untold |= BIT_ULL(bit);
}

static void look(void)
{
	unsigned long bits, flags;
	unsigned int bit;

	spin_lock_irqsave(&lock, flags);
	bits = bell_take(&handover->call);
	for_each_set_bit(bit, &bits, GUEST_BITS)
		tell_call(bit);
	spin_unlock_irqrestore(&lock, flags);
}

static irqreturn_t rung(int irq, void *data)
{
	look();
	return IRQ_HANDLED;
}

static void look_work(struct irq_work *work)
{
	look();
}
static struct irq_work turn_work = IRQ_WORK_INIT(look_work);

void doorbell_turn_began(void)
{
	if (handover && READ_ONCE(handover->call.bits))
		irq_work_queue(&turn_work);
}

/* In xAPIC mode ids have 8 bits, and the highest means everybody. */
static bool can_reach(const void *data, u32 apic_id)
{
	return apic_id < 0xff || x2apic_enabled();
}

void guest_kick(unsigned int bit)
{
	if (!handover || bit >= GUEST_BITS)
		return;
	if (bell_set(&handover->kick, bit) && !is_shared())
		bell_ring(&handover->kick, can_reach, NULL);
}
EXPORT_SYMBOL_GPL(guest_kick);

static int set_on_call(unsigned int bit, void (*fn)(void *data), void *data)
{
	if (fn && on_calls[bit].fn)
		return -EBUSY;
	on_calls[bit] = (struct on_call){ .fn = fn, .data = data };
	if (fn && untold & BIT_ULL(bit)) {
		untold &= ~BIT_ULL(bit);
		tell_call(bit);
	}
	return 0;
}

int guest_on_call(unsigned int bit, void (*fn)(void *data), void *data)
{
	int ret;

	if (!handover)
		return -ENODEV;
	if (bit >= GUEST_BITS)
		return -EINVAL;
	spin_lock_irq(&lock);
	ret = set_on_call(bit, fn, data);
	spin_unlock_irq(&lock);
	return ret;
}
EXPORT_SYMBOL_GPL(guest_on_call);

void guest_calls_sync(void)
{
	spin_lock_irq(&lock);
	spin_unlock_irq(&lock);
}

int doorbell_init(struct twinos_handover *area)
{
	int ret = 0;

	handover = area;
	if (!is_shared())
		ret = bell_init(&bell, "twinos-doorbell", &area->call, rung,
				NULL);
	if (!ret)
		look();
	return ret;
}
