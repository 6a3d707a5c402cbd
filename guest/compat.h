/* SPDX-License-Identifier: GPL-2.0-only */
/* As host/compat.h: every difference between the supported kernels. */
#ifndef TWINOS_GUEST_COMPAT_H
#define TWINOS_GUEST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/irq.h>
#include <linux/platform_device.h>
#include <linux/timer.h>
#include <linux/version.h>

/* 6.2 has the new name, 6.15 dropped the old one. */
static inline void compat_timer_delete_sync(struct timer_list *timer)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	del_timer_sync(timer);
#else
	timer_delete_sync(timer);
#endif
}

/* 6.13 replaced hrtimer_init(), which sets no function. */
static inline void
compat_hrtimer_setup(struct hrtimer *timer,
		     enum hrtimer_restart (*function)(struct hrtimer *),
		     clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#else
	hrtimer_setup(timer, function, clock, mode);
#endif
}

/* 6.15 made it the default and dropped the flag. */
static inline void compat_irq_moves_at_once(unsigned int irq)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
#endif
}

#endif
