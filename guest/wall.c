// SPDX-License-Identifier: GPL-2.0-only
/* The wall clock is the host's: both count the same TSC from then on. */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "wall.h"

/* Deferrable: an idle twin is not woken for it. */
#define LOOK_EVERY (10 * HZ)
#define TOLERANCE_NS (5 * NSEC_PER_MSEC)

static const struct twinos_shared *shared;

static u64 host_wall_ns(void)
{
	return shared->wall_ns +
	       mul_u64_u32_div(rdtsc_ordered() - shared->wall_tsc,
			       NSEC_PER_MSEC, tsc_khz);
}

/* Interrupts off, or a turn that ends in between would count as a difference. */
static bool is_wrong(u64 *host)
{
	unsigned long flags;
	s64 difference;

	local_irq_save(flags);
	*host = host_wall_ns();
	difference = ktime_get_real_ns() - *host;
	local_irq_restore(flags);
	return abs(difference) > TOLERANCE_NS;
}

static void look(struct work_struct *work)
{
	struct timespec64 now;
	u64 host;

	if (is_wrong(&host)) {
		now = ns_to_timespec64(host);
		do_settimeofday64(&now);
	}
	schedule_delayed_work(to_delayed_work(work), LOOK_EVERY);
}
static DECLARE_DEFERRABLE_WORK(look_work, look);

void wall_init(const struct twinos_shared *handed)
{
	shared = handed;
	look(&look_work.work);
}
