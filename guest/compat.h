/* SPDX-License-Identifier: GPL-2.0-only */
/* As host/compat.h: every difference between the supported kernels. */
#ifndef TWINOS_GUEST_COMPAT_H
#define TWINOS_GUEST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/platform_device.h>
#include <linux/version.h>

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

#endif
