/* SPDX-License-Identifier: GPL-2.0-only */
/* Fetching the CPU from a twin that does not give it back. */
#ifndef TWINOS_HOST_RECALL_H
#define TWINOS_HOST_RECALL_H

#include <linux/hrtimer.h>
#include <linux/smp.h>
#include <linux/types.h>

/**
 * struct recall - a watch over a twin's turns, by another CPU
 * @timer: looks, on another CPU than the twin's
 * @move: sets it there
 * @moving: it will
 * @turn: the turn seen last
 * @since: jiffies when it was seen first, or when the last step was taken
 * @limit: how long a turn may last, in jiffies
 * @step: what was tried on it so far
 * @can_init: INIT does not send the CPU to the firmware
 */
struct recall {
	struct hrtimer timer;
	call_single_data_t move;
	u64 turn;
	unsigned long since;
	unsigned long limit;
	enum { RECALL_NOTHING, RECALL_NMI, RECALL_INIT, RECALL_LOST } step;
	bool can_init;
	bool watching;
	bool moving;
};

struct vcpu;

int recall_init(void);
void recall_exit(void);

/*
 * recall_begin() - watch @vcpu's turns, if there is another CPU to do it
 * recall_set_limit() - how long they may last, in milliseconds
 * recall_end() - watch no more
 *
 * A twin that exceeds the limit is sent an NMI, for which its module comes back
 * for good, and then, unless it is on the boot CPU, an INIT. In its first turn it
 * has no module yet, and the INIT comes at once.
 */
void recall_begin(struct vcpu *vcpu);
void recall_set_limit(struct vcpu *vcpu, unsigned int ms);
void recall_end(struct vcpu *vcpu);

/*
 * recall_wait() - until the twin is not in its turn
 *
 * ->over is set, so that no new one begins. Sleeps. -EIO: the CPU is lost.
 */
int recall_wait(struct vcpu *vcpu);

#endif
