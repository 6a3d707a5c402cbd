// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/wait.h>

#include <asm/barrier.h>

#include "doorbell.h"
#include "message.h"

/* A back end that has to be opened first may take seconds. */
#define ANSWER_MS 30000

static struct twinos_virtio *area;
static DEFINE_MUTEX(one_at_a_time); /* guards area->message and last_token */
static DECLARE_WAIT_QUEUE_HEAD(answered);
static u32 last_token;

void message_init(struct twinos_virtio *virtio)
{
	area = virtio;
}

void message_called(void)
{
	wake_up(&answered);
}

static void send(u8 id, u16 device, const void *data, u32 size)
{
	struct twinos_msg *message = &area->message;

	message->id = id;
	message->device = device;
	message->result = 0;
	message->size = size;
	memcpy(message->payload, data, size);
	/* 0 is none. */
	if (!++last_token)
		last_token++;
	smp_store_release(&message->token, last_token);
	guest_kick(TWINOS_BIT_VIRTIO);
}

static int to_errno(u32 result)
{
	switch (result) {
	case TWINOS_MSG_OK:
		return 0;
	case TWINOS_MSG_NO_DEVICE:
		return -ENODEV;
	case TWINOS_MSG_INVALID:
		return -EINVAL;
	}
	return -EIO;
}

static int take_answer(void *data, u32 size)
{
	const struct twinos_msg *answer = &area->answer;

	if (answer->result)
		return to_errno(answer->result);
	if (answer->size < size)
		return -EPROTO;
	memcpy(data, answer->payload, size);
	return 0;
}

static bool is_answered(void)
{
	return smp_load_acquire(&area->answer.token) == last_token;
}

static int ask(u8 id, u16 device, const void *data, u32 size, void *answer,
	       u32 answer_size)
{
	send(id, device, data, size);
	if (!wait_event_timeout(answered, is_answered(),
				msecs_to_jiffies(ANSWER_MS)))
		return -ETIMEDOUT;
	return take_answer(answer, answer_size);
}

int message_ask(u8 id, u16 device, const void *data, u32 size, void *answer,
		u32 answer_size)
{
	int ret;

	if (max(size, answer_size) > TWINOS_MSG_PAYLOAD)
		return -EINVAL;
	mutex_lock(&one_at_a_time);
	ret = ask(id, device, data, size, answer, answer_size);
	mutex_unlock(&one_at_a_time);
	return ret;
}
