/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to the host about virtio devices, each with its answer. */
#ifndef TWINOS_GUEST_MESSAGE_H
#define TWINOS_GUEST_MESSAGE_H

#include <linux/types.h>
#include <twinos/handover.h>

void message_init(struct twinos_virtio *area);

/*
 * message_ask() - send a message and wait for its answer; sleeps
 * @data: what it says
 * @answer: what came back; NULL: nothing is wanted
 *
 * -ENODEV: there is no such device; -EINVAL, -EIO: the host says no; -EPROTO: its
 * answer is too short; -ETIMEDOUT: it does not answer, and an answer that comes later
 * will be ignored.
 */
int message_ask(u8 id, u16 device, const void *data, u32 size, void *answer,
		u32 answer_size);

/* message_called() - the host has called; any context */
void message_called(void);

#endif
