/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications between a twin and eventfds of the host's processes. */
#ifndef TWINOS_HOST_DOORBELL_H
#define TWINOS_HOST_DOORBELL_H

#include <linux/eventfd.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/twinos.h>
#include <twinos/handover.h>

#include "bell.h"
#include "cpu.h"

struct doorbell_call;
struct vcpu;

/* struct doorbell_seen - what the last slow looks saw of one direction */
struct doorbell_seen {
	u64 bits;
	u64 taken;
	unsigned int looks; /* that saw the same in a row */
};

/**
 * struct doorbell - both directions of a twin's notifications
 * @lock: guards @kicks, @untold and @taken; in it the lock of an eventfd is taken,
 *	never the other way round
 * @area: NULL unless the twin runs and has a handover area; read under RCU
 * @bell: the twin's way to ring here; without an irq in shared mode
 * @kicks: by bit, NULL: untied
 * @untold: kicks that have come for bits that are untied
 * @taken: how often kicks have come
 * @calls: by bit, NULL: untied; guarded by who binds, as the twin's lock does
 * @called: how often the twin was rung for calls
 * @cpus: the twin's, which may be rung
 * @vcpu: in shared mode
 * @slow: the slow look, in dedicated mode
 * @kicks_helped: how often that found kicks that nobody had looked at...
 * @calls_helped: ...or calls
 * @bad_targets: how often the twin named a CPU that is not its own, or no vector
 */
struct doorbell {
	spinlock_t lock;
	struct twinos_handover __rcu *area;
	char name[TWINOS_NAME_SIZE + 8];
	struct bell bell;
	struct eventfd_ctx *kicks[TWINOS_BITS];
	u64 untold;
	u64 taken;
	struct doorbell_call *calls[TWINOS_BITS];
	atomic64_t called;
	const struct lent_cpu *cpus;
	unsigned int nr_cpus;
	struct vcpu *vcpu;
	struct delayed_work slow;
	struct doorbell_seen kick_seen, call_seen;
	u64 kicks_helped, calls_helped;
	atomic64_t bad_targets;
};

/* doorbell_init() - @name is the twin's */
void doorbell_init(struct doorbell *doorbell, const char *name);

/*
 * doorbell_bind_kick(), doorbell_bind_call() - see struct twinos_bind
 *
 * The caller serialises them with each other and with doorbell_untie().
 */
int doorbell_bind_kick(struct doorbell *doorbell,
		       const struct twinos_bind *arg);
int doorbell_bind_call(struct doorbell *doorbell,
		       const struct twinos_bind *arg);

/* doorbell_untie() - all eventfds */
void doorbell_untie(struct doorbell *doorbell);

/* doorbell_clear() - in the handover area, before the twin runs */
void doorbell_clear(struct twinos_handover *area);

/*
 * doorbell_start() - notifications go both ways from now on, in dedicated mode
 *
 * The CPUs are the twin's, and stay so until doorbell_stop(). -ENOMEM, -ENOSPC: there
 * is no vector left.
 */
int doorbell_start(struct doorbell *doorbell, struct twinos_handover *area,
		   const struct lent_cpu *cpus, unsigned int nr_cpus);

/* doorbell_start_shared() - the same in shared mode; @vcpu has its thread */
void doorbell_start_shared(struct doorbell *doorbell,
			   struct twinos_handover *area, struct vcpu *vcpu);

/*
 * doorbell_stop() - nothing is told any more, and the handover area not touched;
 * nothing to do if it was not started. Sleeps.
 *
 * Dedicated: once the twin's cores are halted, since who rings at a vector that is
 * gone makes the kernel warn, and before they are given back.
 */
void doorbell_stop(struct doorbell *doorbell);

/* doorbell_look() - signal the kicks that have come; any context */
void doorbell_look(struct doorbell *doorbell);

/* doorbell_is_called() - there are calls that the twin has not taken */
bool doorbell_is_called(struct doorbell *doorbell);

#endif
