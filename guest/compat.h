/* SPDX-License-Identifier: GPL-2.0-only */
/* As host/compat.h: every difference between the supported kernels. */
#ifndef TWINOS_GUEST_COMPAT_H
#define TWINOS_GUEST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/irq.h>
#include <linux/platform_device.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/virtio_config.h>

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

/*
 * What find_vqs() is told of each queue: its third to last parameter. 6.11 made one
 * array of three.
 */
struct compat_vq {
	const char *name;
	vq_callback_t *callback;
	bool ctx;
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define COMPAT_VQS \
	vq_callback_t *callbacks[], const char *const names[], const bool *ctx
#define COMPAT_VQ(i)                                 \
	(struct compat_vq)                           \
	{                                            \
		names[i], callbacks[i], ctx &&ctx[i] \
	}
#else
#define COMPAT_VQS struct virtqueue_info infos[]
#define COMPAT_VQ(i)                                           \
	(struct compat_vq)                                     \
	{                                                      \
		infos[i].name, infos[i].callback, infos[i].ctx \
	}
#endif

/*
 * drivers/tty/hvc/hvc_console.h, which no package of headers has. 6.8 changed the
 * types of the two functions that are used here; those behind them are NULL.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
typedef int compat_hvc_ret;
typedef char compat_hvc_char;
typedef int compat_hvc_size;
#else
typedef ssize_t compat_hvc_ret;
typedef u8 compat_hvc_char;
typedef size_t compat_hvc_size;
#endif

struct winsize;
struct hvc_struct;

struct hv_ops {
	compat_hvc_ret (*get_chars)(u32 vtermno, compat_hvc_char *buf,
				    compat_hvc_size count);
	compat_hvc_ret (*put_chars)(u32 vtermno, const compat_hvc_char *buf,
				    compat_hvc_size count);
	void *others[7]; /* flush to dtr_rts */
};

struct hvc_struct *hvc_alloc(u32 vtermno, int data, const struct hv_ops *ops,
			     int outbuf_size);
void hvc_kick(void);
void __hvc_resize(struct hvc_struct *hp, struct winsize ws);

#endif
