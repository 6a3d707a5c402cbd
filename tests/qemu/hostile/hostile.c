// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile - in a twin: drive its virtio devices as no driver would
 *
 * Devices that no driver uses are brought to life with rings full of nonsense, which goes
 * on changing while the host reads them; messages are made up; bits are kicked. What a
 * back end may write to is a buffer of our own, so that it is the host that is tested and
 * not the rest of this kernel.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <asm/barrier.h>

#include <twinos/handover.h>

#include "doorbell.h"

#define BUFFER_ORDER 6 /* 256 KiB */
#define BUFFER_SIZE (PAGE_SIZE << BUFFER_ORDER)
#define QUEUES 3
#define SCRIBBLES 400

static ulong area;
module_param(area, ulong, 0);
MODULE_PARM_DESC(area, "physical address of the handover area");
static uint seed = 1;
module_param(seed, uint, 0);
MODULE_PARM_DESC(seed, "what happens follows from it");

static struct twinos_virtio *virtio;
static u8 *buffer;
static u64 buffer_at;
static struct rnd_state rnd;
static u32 token, unanswered;

static u32 any(u32 below)
{
	return prandom_u32_state(&rnd) % below;
}

/* Most of the time in the buffer, now and then where nothing of a twin's is. */
static u64 any_address(u32 align)
{
	static const u64 outside[] = { 0,	   0x1000,     0x100000,
				       0x1000000,  0x80000000, 0xfee00000,
				       1ULL << 40, 1ULL << 63, ~0ULL - 4095 };

	if (!any(8))
		return outside[any(ARRAY_SIZE(outside))] +
		       (any(2) ? any(64) : 0);
	return buffer_at + any(BUFFER_SIZE / align) * align;
}

/* ---- messages ---- */

static bool is_answered(void)
{
	return smp_load_acquire(&virtio->answer.token) == token;
}

static bool wait_for_answer(void)
{
	int tries;

	for (tries = 0; tries < 5000 && !is_answered(); tries++)
		usleep_range(200, 400);
	return is_answered();
}

static void write_message(u8 id, u16 device, const void *data, u32 size)
{
	struct twinos_msg *message = &virtio->message;

	message->id = id;
	message->device = device;
	message->size = any(8) ? size : prandom_u32_state(&rnd);
	memcpy(message->payload, data, size);
	smp_store_release(&message->token, ++token);
	guest_kick(TWINOS_BIT_VIRTIO);
}

/* Now and then the guest module writes a message of its own over ours: try again. */
static u32 send(u8 id, u16 device, const void *data, u32 size)
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		write_message(id, device, data, size);
		if (wait_for_answer())
			return virtio->answer.result;
	}
	unanswered++;
	return TWINOS_MSG_FAILED;
}

static void send_nonsense(void)
{
	u8 payload[TWINOS_MSG_PAYLOAD];

	prandom_bytes_state(&rnd, payload, sizeof(payload));
	send(any(4) ? any(16) : any(256), any(4) ? any(6) : any(65536), payload,
	     sizeof(payload));
}

static void set_status(u16 device, u32 value)
{
	struct twinos_msg_status status = { value };

	send(TWINOS_MSG_SET_STATUS, device, &status, sizeof(status));
}

static u64 offered(u16 device)
{
	struct twinos_msg_features features = {};

	if (send(TWINOS_MSG_GET_FEATURES, device, NULL, 0))
		return 0;
	memcpy(&features, virtio->answer.payload, sizeof(features));
	return features.features;
}

/* ---- rings ---- */

static void fill_descriptor(struct vring_desc *desc)
{
	desc->addr = cpu_to_le64(any_address(1));
	desc->len = cpu_to_le32(any(8) ? any(8192) : prandom_u32_state(&rnd));
	desc->flags = cpu_to_le16(any(8));
	desc->next = cpu_to_le16(any(8) ? any(256) : any(65536));
}

/* Anything may be a descriptor: an indirect table, too. */
static void scribble(void)
{
	u32 at = any(BUFFER_SIZE / 16) * 16;

	if (any(3)) {
		fill_descriptor((struct vring_desc *)(buffer + at));
		return;
	}
	*(u16 *)(buffer + at + any(8) * 2) = any(4) ? any(256) : any(65536);
}

static void set_queue(u16 device, u32 index)
{
	struct twinos_msg_vqueue vqueue = {
		.index = any(16) ? index : prandom_u32_state(&rnd),
		.size = any(16) ? 1 << any(9) : prandom_u32_state(&rnd),
		.desc = any_address(16),
		.driver = any_address(4),
		.device = any_address(4),
	};

	send(TWINOS_MSG_SET_VQUEUE, device, &vqueue, sizeof(vqueue));
}

static void kick_all(void)
{
	unsigned int bit;

	for (bit = TWINOS_BIT_QUEUES; bit < GUEST_BITS; bit++)
		guest_kick(bit);
}

static void live(u16 device)
{
	u64 features = offered(device);
	u32 i;

	if (any(2))
		features &= ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX);
	if (any(2))
		features &= ~BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
	set_status(device, 0);
	set_status(device,
		   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	send(TWINOS_MSG_SET_FEATURES, device, &features, sizeof(features));
	set_status(device, 11);
	for (i = 0; i < QUEUES; i++)
		set_queue(device, i);
	set_status(device, 15);
	for (i = 0; i < SCRIBBLES; i++) {
		scribble();
		if (!any(40)) {
			kick_all();
			usleep_range(100, 1000);
		}
	}
}

static int rounds(void *data)
{
	u32 done;

	for (done = 1; !kthread_should_stop(); done++) {
		if (any(4))
			live(any(5));
		else
			send_nonsense();
		if (done % 50 == 0)
			pr_info("TWIN hostile rounds=%u unanswered=%u\n", done,
				unanswered);
		cond_resched();
	}
	return 0;
}

static int __init hostile_init(void)
{
	struct twinos_handover *handover;

	handover = memremap(area, TWINOS_HANDOVER_SIZE, MEMREMAP_WB);
	buffer = (u8 *)__get_free_pages(GFP_KERNEL, BUFFER_ORDER);
	if (!handover || !buffer || handover->magic != TWINOS_HANDOVER_MAGIC)
		return -ENXIO;
	virtio = &handover->virtio;
	token = READ_ONCE(virtio->answer.token) + 1000;
	buffer_at = virt_to_phys(buffer);
	prandom_seed_state(&rnd, seed);
	prandom_bytes_state(&rnd, buffer, BUFFER_SIZE);
	return PTR_ERR_OR_ZERO(kthread_run(rounds, NULL, "hostile"));
}

module_init(hostile_init);
MODULE_DESCRIPTION("Drive virtio devices as no driver would");
MODULE_LICENSE("GPL");
