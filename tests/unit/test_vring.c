// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of ours against the device's side of its ring: first one step after the
 * other, in the end with a worker and at full speed, so that a lost kick shows.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_driver.h"
#include "vring.h"
#include "vworker.h"

#define INDIRECT (1ULL << VIRTIO_RING_F_INDIRECT_DESC)
#define EVENT_IDX (1ULL << VIRTIO_RING_F_EVENT_IDX)
#define NEXT VRING_DESC_F_NEXT
#define WRITE VRING_DESC_F_WRITE
#define SIZE 8

static struct fake_driver driver;
static struct twinos_vring ring;
static struct twinos_vring_chain chain;

static int init(void)
{
	return twinos_vring_init(&ring, &driver.setup, driver.queue);
}

static void begin(uint64_t features, uint32_t size)
{
	fake_driver_init(&driver, features, size);
	assert_int_equal(init(), 0);
}

static void end(void)
{
	fake_driver_free(&driver);
}

static void desc(uint16_t i, uint64_t addr, uint32_t len, uint16_t flags,
		 uint16_t next)
{
	fake_driver_desc(&driver, DRIVER_DESC, i,
			 (struct vring_desc){ addr, len, flags, next });
}

static void table(uint16_t i, uint64_t addr, uint32_t len, uint16_t flags,
		  uint16_t next)
{
	fake_driver_desc(&driver, DRIVER_TABLE, i,
			 (struct vring_desc){ addr, len, flags, next });
}

static int offer(uint16_t head)
{
	fake_driver_offer(&driver, head);
	return twinos_vring_pop(&ring, &chain);
}

/* What @head says is refused, and then all else. */
static void refused(uint16_t head)
{
	assert_int_equal(offer(head), -EBADMSG);
	desc(0, DRIVER_DATA, 1, 0, 0);
	assert_int_equal(offer(0), -EBADMSG);
	twinos_vring_push(&ring, &chain, 0);
	assert_int_equal(fake_driver_used(&driver)->idx, 0);
	end();
}

static void check_piece(const struct twinos_iovs *iovs, unsigned int i,
			uint64_t addr, size_t length)
{
	assert_true(i < iovs->nr);
	assert_ptr_equal(iovs->iov[i].iov_base, fake_driver_at(&driver, addr));
	assert_int_equal(iovs->iov[i].iov_len, length);
}

static void test_sizes(void **state)
{
	(void)state;
	fake_driver_init(&driver, 0, SIZE);
	for (uint32_t size = 0; size <= 1024; size++) {
		driver.queue->size = size;
		assert_int_equal(init(),
				 size && size <= 256 && !(size & (size - 1)) ?
					 0 :
					 -EINVAL);
	}
	driver.queue->size = 1U << 31;
	assert_int_equal(init(), -EINVAL);
	end();
}

/* Each part may end where its region ends and not one step later. */
static void check_part(uint64_t *part, uint64_t length, uint64_t align)
{
	const uint64_t good = *part;
	const uint64_t regions[] = { DRIVER_FIRST, DRIVER_SECOND,
				     DRIVER_THIRD };

	for (size_t i = 0; i < 3; i++) {
		*part = (regions[i] + DRIVER_REGION - length) & -align;
		assert_int_equal(init(), 0);
		*part += align;
		assert_int_equal(init(), -EFAULT);
		*part = regions[i];
		assert_int_equal(init(), 0);
		*part += align / 2;
		assert_int_equal(init(), -EFAULT);
		*part = regions[i] - align;
		assert_int_equal(init(), -EFAULT);
	}
	*part = -align;
	assert_int_equal(init(), -EFAULT);
	*part = 0;
	assert_int_equal(init(), -EFAULT);
	*part = good;
}

static void test_parts(void **state)
{
	(void)state;
	for (uint32_t size = 2; size <= 256; size *= 2) {
		fake_driver_init(&driver, 0, size);
		check_part(&driver.queue->desc, 16 * size, 16);
		check_part(&driver.queue->driver, 6 + 2 * size, 2);
		check_part(&driver.queue->device, 6 + 8 * size, 4);
		end();
	}
}

static void test_empty(void **state)
{
	(void)state;
	begin(0, SIZE);
	assert_int_equal(twinos_vring_pop(&ring, &chain), 0);
	desc(3, DRIVER_DATA, 1, 0, 0);
	assert_int_equal(offer(3), 1);
	assert_int_equal(chain.head, 3);
	assert_int_equal(twinos_vring_pop(&ring, &chain), 0);
	end();
}

static void test_chain(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(2, DRIVER_DATA, 16, NEXT, 7);
	desc(7, DRIVER_THIRD, DRIVER_REGION, NEXT, 0);
	desc(0, DRIVER_DATA + 0x1001, 3, NEXT | WRITE, 1);
	desc(1, DRIVER_DATA + 0x2000, 1, WRITE, 9);
	assert_int_equal(offer(2), 1);
	assert_int_equal(chain.out.nr, 2);
	assert_int_equal(chain.out.bytes, 16 + DRIVER_REGION);
	check_piece(&chain.out, 0, DRIVER_DATA, 16);
	check_piece(&chain.out, 1, DRIVER_THIRD, DRIVER_REGION);
	assert_int_equal(chain.in.nr, 2);
	assert_int_equal(chain.in.bytes, 4);
	check_piece(&chain.in, 0, DRIVER_DATA + 0x1001, 3);
	check_piece(&chain.in, 1, DRIVER_DATA + 0x2000, 1);
	end();
}

/* A driver may have put anything there; one that continues has not begun at 0. */
static void test_any_index(void **state)
{
	(void)state;
	fake_driver_init(&driver, 0, SIZE);
	fake_driver_begin_at(&driver, 65533);
	assert_int_equal(init(), 0);
	for (uint16_t i = 0; i < 3 * SIZE; i++) {
		desc(i % SIZE, DRIVER_DATA + i, 1, WRITE, 0);
		assert_int_equal(offer(i % SIZE), 1);
		check_piece(&chain.in, 0, DRIVER_DATA + i, 1);
		twinos_vring_push(&ring, &chain, i);
		assert_int_equal(fake_driver_used(&driver)->idx,
				 (uint16_t)(65533 + i + 1));
		assert_int_equal(
			fake_driver_used(&driver)->ring[(5 + i) % SIZE].id,
			i % SIZE);
		assert_int_equal(
			fake_driver_used(&driver)->ring[(5 + i) % SIZE].len, i);
	}
	end();
}

static void test_index_too_far(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, 0, 0);
	fake_driver_avail(&driver)->idx = SIZE;
	for (int i = 0; i < SIZE; i++)
		assert_int_equal(twinos_vring_pop(&ring, &chain), 1);
	assert_int_equal(twinos_vring_pop(&ring, &chain), 0);
	fake_driver_avail(&driver)->idx += SIZE + 1;
	assert_int_equal(twinos_vring_pop(&ring, &chain), -EBADMSG);
	fake_driver_avail(&driver)->idx = SIZE;
	assert_int_equal(twinos_vring_pop(&ring, &chain), -EBADMSG);
	twinos_vring_push(&ring, &chain, 0);
	assert_int_equal(fake_driver_used(&driver)->idx, 0);
	end();
}

/* More than the ring holds can't be there at once. */
static void test_too_many(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, 0, 0);
	for (int i = 0; i < SIZE; i++)
		assert_int_equal(offer(0), 1);
	twinos_vring_push(&ring, &chain, 0);
	assert_int_equal(offer(0), 1);
	assert_int_equal(twinos_vring_pop(&ring, &chain), 0);
	assert_int_equal(offer(0), -EBADMSG);
	end();
}

static void test_front(void **state)
{
	char bytes[16];
	struct iovec iov[] = { { bytes, 5 }, { bytes + 6, 3 }, { bytes, 9 } };
	const struct twinos_iovs all = { iov, 3, 17 };
	struct twinos_iovs front;
	struct iovec piece;

	(void)state;
	front = twinos_iovs_front(&all, 17, &piece);
	assert_ptr_equal(front.iov, iov);
	assert_int_equal(front.nr, 3);
	assert_int_equal(front.bytes, 17);
	front = twinos_iovs_front(&all, 16, &piece);
	assert_ptr_equal(front.iov, iov);
	assert_int_equal(front.nr, 2);
	assert_int_equal(front.bytes, 8);
	front = twinos_iovs_front(&all, 4, &piece);
	assert_ptr_equal(front.iov, &piece);
	assert_int_equal(front.nr, 1);
	assert_int_equal(front.bytes, 4);
	assert_ptr_equal(piece.iov_base, bytes);
	assert_int_equal(piece.iov_len, 4);
	assert_int_equal(iov[0].iov_len, 5);
	front = twinos_iovs_front(&(struct twinos_iovs){ 0 }, 4, &piece);
	assert_int_equal(front.nr, 0);
}

static void test_bad_heads(void **state)
{
	(void)state;
	begin(0, SIZE);
	refused(SIZE);
	begin(0, SIZE);
	refused(65535);
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, NEXT, SIZE);
	refused(0);
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, NEXT, 65535);
	refused(0);
}

static void test_loops(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, NEXT, 0);
	refused(0);
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 0, NEXT, 1);
	desc(1, DRIVER_DATA, 0, NEXT, 0);
	refused(0);
}

static void test_longest_chain(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= 256; size *= 2) {
		begin(0, size);
		for (uint16_t i = 0; i < size; i++)
			desc(i, DRIVER_DATA + i, 1, i + 1U < size ? NEXT : 0,
			     i + 1);
		assert_int_equal(offer(0), 1);
		assert_int_equal(chain.out.nr, size);
		end();
	}
}

static void test_write_before_read(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, NEXT | WRITE, 1);
	desc(1, DRIVER_DATA, 1, 0, 0);
	refused(0);
}

static void test_stray_buffers(void **state)
{
	static const struct {
		uint64_t addr;
		uint32_t len;
	} bad[] = {
		{ 0, 1 },
		{ DRIVER_FIRST - 1, 1 },
		{ DRIVER_FIRST - 1, 2 },
		{ DRIVER_END, 1 },
		{ DRIVER_END - 1, 2 },
		{ DRIVER_THIRD - 1, 2 },
		{ DRIVER_THIRD + DRIVER_REGION, 1 },
		{ DRIVER_THIRD, DRIVER_REGION + 1 },
		{ DRIVER_FIRST, UINT32_MAX },
		{ UINT64_MAX, 1 },
		{ UINT64_MAX - 15, 16 },
		{ UINT64_MAX - 0xfffff, UINT32_MAX },
		{ 1ULL << 63, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(0, SIZE);
		desc(0, bad[i].addr, bad[i].len, 0, 0);
		refused(0);
	}
}

static void test_last_bytes(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_END - 1, 1, NEXT, 1);
	desc(1, DRIVER_THIRD + DRIVER_REGION - 2, 2, NEXT, 2);
	desc(2, DRIVER_FIRST, 1, 0, 0);
	assert_int_equal(offer(0), 1);
	check_piece(&chain.out, 0, DRIVER_END - 1, 1);
	check_piece(&chain.out, 1, DRIVER_THIRD + DRIVER_REGION - 2, 2);
	check_piece(&chain.out, 2, DRIVER_FIRST, 1);
	end();
}

/* Regions may touch in the twin's memory and not in ours. */
static void test_across_regions(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_SECOND - 3, 7, NEXT | WRITE, 1);
	desc(1, DRIVER_DATA, 1, WRITE, 0);
	assert_int_equal(offer(0), 1);
	assert_int_equal(chain.in.nr, 3);
	assert_int_equal(chain.in.bytes, 8);
	check_piece(&chain.in, 0, DRIVER_SECOND - 3, 3);
	check_piece(&chain.in, 1, DRIVER_SECOND, 4);
	check_piece(&chain.in, 2, DRIVER_DATA, 1);
	end();
}

static void test_too_many_pieces(void **state)
{
	(void)state;
	begin(0, 256);
	for (uint16_t i = 0; i < 256; i++)
		desc(i, DRIVER_SECOND - 1, 2, i < 159 ? NEXT : 0, i + 1);
	assert_int_equal(offer(0), 1);
	assert_int_equal(chain.out.nr, TWINOS_VRING_PIECES);
	desc(159, DRIVER_SECOND - 1, 2, NEXT, 160);
	refused(0);
}

static void test_nothing_in_a_buffer(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, 0, 0, NEXT, 1);
	desc(1, UINT64_MAX, 0, NEXT, 2);
	desc(2, DRIVER_DATA, 1, NEXT | WRITE, 3);
	desc(3, DRIVER_DATA, 0, WRITE, 0);
	assert_int_equal(offer(0), 1);
	assert_int_equal(chain.out.nr, 0);
	assert_int_equal(chain.out.bytes, 0);
	assert_int_equal(chain.in.nr, 1);
	check_piece(&chain.in, 0, DRIVER_DATA, 1);
	end();
}

/* A huge region, of which no byte is touched. */
static void test_too_many_bytes(void **state)
{
	(void)state;
	begin(0, SIZE);
	driver.memory.regions[driver.memory.nr++] =
		(struct twinos_twinmem_region){ 1ULL << 40, 1ULL << 40,
						(char *)4096 };
	desc(0, 1ULL << 40, UINT32_MAX - 1, NEXT, 1);
	desc(1, 1ULL << 40, 1, 0, 0);
	assert_int_equal(offer(0), 1);
	assert_int_equal(chain.out.bytes, UINT32_MAX);
	desc(1, 1ULL << 40, 2, 0, 0);
	assert_int_equal(offer(0), -EBADMSG);
	driver.memory.nr--;
	end();
}

static void indirect(uint16_t i, uint32_t nr, uint16_t flags)
{
	desc(i, DRIVER_TABLE, nr * 16, VRING_DESC_F_INDIRECT | flags, 0);
}

static void test_indirect(void **state)
{
	(void)state;
	begin(INDIRECT, SIZE);
	desc(5, DRIVER_DATA, 1, NEXT, 1);
	indirect(1, 3, WRITE);
	table(0, DRIVER_DATA + 1, 2, NEXT, 2);
	table(2, DRIVER_DATA + 3, 3, WRITE, 0);
	assert_int_equal(offer(5), 1);
	assert_int_equal(chain.out.nr, 2);
	check_piece(&chain.out, 0, DRIVER_DATA, 1);
	check_piece(&chain.out, 1, DRIVER_DATA + 1, 2);
	assert_int_equal(chain.in.nr, 1);
	check_piece(&chain.in, 0, DRIVER_DATA + 3, 3);
	end();
}

/* Before a request could be longer than the ring: the driver chose a short one. */
static void test_long_indirect(void **state)
{
	(void)state;
	begin(INDIRECT, SIZE);
	for (uint16_t i = 0; i < 512; i++)
		table(i, DRIVER_DATA, 1, i < 255 ? NEXT : 0, i + 1);
	indirect(0, 512, 0);
	assert_int_equal(offer(0), 1);
	assert_int_equal(chain.out.nr, 256);
	table(255, DRIVER_DATA, 1, NEXT, 256);
	refused(0);
}

static void test_indirect_loop(void **state)
{
	(void)state;
	begin(INDIRECT, SIZE);
	indirect(0, 2, 0);
	table(0, DRIVER_DATA, 0, NEXT, 1);
	table(1, DRIVER_DATA, 0, NEXT, 0);
	refused(0);
}

static void begin_indirect(uint64_t features, uint32_t nr, uint16_t flags)
{
	begin(features, SIZE);
	indirect(0, nr, flags);
	table(0, DRIVER_DATA, 1, 0, 0);
	table(1, DRIVER_DATA, 1, 0, 0);
}

static void test_bad_indirect(void **state)
{
	(void)state;
	begin_indirect(INDIRECT, 1, 0);
	assert_int_equal(offer(0), 1);
	end();
	begin_indirect(0, 1, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, NEXT);
	refused(0);
	begin_indirect(INDIRECT, 0, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, 0);
	table(0, DRIVER_TABLE + 16, 16, VRING_DESC_F_INDIRECT, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, 0);
	table(0, DRIVER_DATA, 1, NEXT, 1);
	refused(0);
	/* The ring's own table, which leads to itself. */
	begin_indirect(INDIRECT, 1, 0);
	desc(0, DRIVER_DESC, 16, VRING_DESC_F_INDIRECT, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, 0);
	desc(0, DRIVER_TABLE, 17, VRING_DESC_F_INDIRECT, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, 0);
	desc(0, DRIVER_TABLE, 15, VRING_DESC_F_INDIRECT, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, 0);
	desc(0, DRIVER_END - 16, 32, VRING_DESC_F_INDIRECT, 0);
	refused(0);
	begin_indirect(INDIRECT, 1, 0);
	desc(0, UINT64_MAX - 15, 16, VRING_DESC_F_INDIRECT, 0);
	refused(0);
}

/* An indirect table needs no alignment. */
static void test_unaligned_indirect(void **state)
{
	(void)state;
	begin(INDIRECT, SIZE);
	desc(0, DRIVER_TABLE + 1, 16, VRING_DESC_F_INDIRECT, 0);
	fake_driver_desc(&driver, DRIVER_TABLE + 1, 0,
			 (struct vring_desc){ DRIVER_DATA, 5, 0, 0 });
	assert_int_equal(offer(0), 1);
	check_piece(&chain.out, 0, DRIVER_DATA, 5);
	end();
}

static void push(void)
{
	chain.head = 0;
	twinos_vring_push(&ring, &chain, 0);
}

static bool called(void)
{
	eventfd_t count;

	twinos_vring_call(&ring);
	return !eventfd_read(driver.queue->call, &count);
}

static void test_call_by_flag(void **state)
{
	(void)state;
	begin(0, SIZE);
	*fake_driver_used_event(&driver) = 100;
	push();
	assert_true(called());
	push();
	assert_true(called());
	fake_driver_avail(&driver)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	push();
	assert_false(called());
	end();
}

static void test_call_by_event(void **state)
{
	(void)state;
	fake_driver_init(&driver, EVENT_IDX, SIZE);
	fake_driver_begin_at(&driver, 65534);
	assert_int_equal(init(), 0);
	fake_driver_avail(&driver)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	*fake_driver_used_event(&driver) = 1000;
	push();
	assert_true(called()); /* nobody knows of earlier ones */
	*fake_driver_used_event(&driver) = 65535;
	push();
	assert_true(called());
	push();
	assert_false(called());
	*fake_driver_used_event(&driver) = 3;
	push();
	push();
	assert_false(called());
	push();
	push();
	assert_true(called());
	end();
}

static void test_kicks_by_flag(void **state)
{
	(void)state;
	begin(0, SIZE);
	desc(0, DRIVER_DATA, 1, 0, 0);
	fake_driver_offer(&driver, 0);
	assert_int_equal(twinos_vring_next(&ring, &chain), 1);
	assert_int_equal(fake_driver_used(&driver)->flags,
			 VRING_USED_F_NO_NOTIFY);
	assert_int_equal(twinos_vring_next(&ring, &chain), 0);
	assert_int_equal(fake_driver_used(&driver)->flags, 0);
	assert_int_equal(*fake_driver_avail_event(&driver), 0);
	end();
}

static void test_kicks_by_event(void **state)
{
	(void)state;
	begin(EVENT_IDX, SIZE);
	desc(0, DRIVER_DATA, 1, 0, 0);
	fake_driver_offer(&driver, 0);
	fake_driver_offer(&driver, 0);
	assert_int_equal(twinos_vring_next(&ring, &chain), 1);
	assert_int_equal(twinos_vring_next(&ring, &chain), 1);
	assert_int_equal(*fake_driver_avail_event(&driver), 0);
	assert_int_equal(twinos_vring_next(&ring, &chain), 0);
	assert_int_equal(*fake_driver_avail_event(&driver), 2);
	assert_int_equal(fake_driver_used(&driver)->flags, 0);
	end();
}

static void protect_used(int prot)
{
	if (mprotect(fake_driver_at(&driver, DRIVER_USED), 4096, prot))
		abort();
}

static void offer_late(int signal)
{
	(void)signal;
	protect_used(PROT_READ | PROT_WRITE);
	fake_driver_offer(&driver, 0);
}

/* The driver adds one just before the device says that it wants a kick for it. */
static void check_late(uint64_t features)
{
	const struct sigaction late = { .sa_handler = offer_late };
	struct sigaction old;

	begin(features, SIZE);
	desc(0, DRIVER_DATA, 1, 0, 0);
	sigaction(SIGSEGV, &late, &old);
	protect_used(PROT_READ);
	assert_int_equal(twinos_vring_next(&ring, &chain), 1);
	sigaction(SIGSEGV, &old, NULL);
	end();
}

static void test_late(void **state)
{
	(void)state;
	check_late(EVENT_IDX);
	check_late(0);
}

/* Each request is one byte there and back. */
static bool echo(void *ctx, unsigned int queue)
{
	uint8_t byte = 0;

	assert_ptr_equal(ctx, &ring);
	assert_int_equal(queue, 0);
	if (twinos_vring_next(&ring, &chain) <= 0)
		return false;
	twinos_iovs_get(&chain.out, &byte, 1);
	byte++;
	twinos_vring_push(&ring, &chain,
			  (uint32_t)twinos_iovs_put(&chain.in, &byte, 1));
	twinos_vring_call(&ring);
	return true;
}

static void send_echo(uint16_t head, uint8_t byte)
{
	uint64_t at = DRIVER_DATA + 2 * head;

	desc(head, at, 1, NEXT, head + 1);
	desc(head + 1, at + 1, 1, WRITE, 0);
	*(uint8_t *)fake_driver_at(&driver, at) = byte;
	fake_driver_offer(&driver, head);
}

static void receive_echo(uint16_t head, uint8_t byte)
{
	struct vring_used_elem used;
	uint64_t at = DRIVER_DATA + 2 * head;

	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(used.id, head);
	assert_int_equal(used.len, 1);
	assert_int_equal(*(uint8_t *)fake_driver_at(&driver, at + 1),
			 (uint8_t)(byte + 1));
}

static void race(uint64_t features)
{
	const struct twinos_vworker_ops ops = { .process = echo };
	struct twinos_vworker worker;
	unsigned int burst;

	fake_driver_init(&driver, features, SIZE);
	fake_driver_begin_at(&driver, 60000);
	assert_int_equal(init(), 0);
	send_echo(0, 0); /* served without a kick */
	assert_int_equal(twinos_vworker_start(&worker, driver.setup.queues, 1,
					      -1, &ops, &ring),
			 0);
	receive_echo(0, 0);
	driver.next_kick++;
	for (unsigned int i = 0; i < 30000; i++) {
		burst = 1 + i % 4;
		for (unsigned int k = 0; k < burst; k++) {
			send_echo(2 * k, i + k);
			fake_driver_kick(&driver);
		}
		for (unsigned int k = 0; k < burst; k++)
			receive_echo(2 * k, i + k);
	}
	twinos_vworker_stop(&worker);
	print_message("%u kicks\n", driver.nr_kicks);
	end();
}

static void test_race(void **state)
{
	(void)state;
	race(EVENT_IDX);
	race(0);
}

static bool endless(void *ctx, unsigned int queue)
{
	__atomic_add_fetch((unsigned int *)ctx + queue, 1, __ATOMIC_RELAXED);
	return true;
}

/* A queue that never runs dry starves no other and delays no stop. */
static void test_endless(void **state)
{
	struct twinos_vdev_queue queues[] = {
		{ .ready = true, .kick = eventfd(0, 0) },
		{ .ready = false, .kick = -1 },
		{ .ready = true, .kick = eventfd(0, 0) },
	};
	const struct twinos_vworker_ops ops = { .process = endless };
	unsigned int counts[3] = { 0 };
	struct twinos_vworker worker;

	(void)state;
	assert_int_equal(
		twinos_vworker_start(&worker, queues, 3, -1, &ops, counts), 0);
	while (!__atomic_load_n(&counts[0], __ATOMIC_RELAXED) ||
	       !__atomic_load_n(&counts[2], __ATOMIC_RELAXED))
		;
	twinos_vworker_stop(&worker);
	assert_int_equal(counts[1], 0);
	close(queues[0].kick);
	close(queues[2].kick);
}

static bool nothing(void *ctx, unsigned int queue)
{
	sigset_t *blocked = ctx;

	(void)queue;
	pthread_sigmask(SIG_BLOCK, NULL, blocked);
	return false;
}

static void test_signals(void **state)
{
	struct twinos_vdev_queue queue = { .ready = true,
					   .kick = eventfd(0, 0) };
	const struct twinos_vworker_ops ops = { .process = nothing };
	struct twinos_vworker worker;
	sigset_t theirs, ours;

	(void)state;
	sigemptyset(&theirs);
	assert_int_equal(
		twinos_vworker_start(&worker, &queue, 1, -1, &ops, &theirs), 0);
	while (!__atomic_load_n((unsigned long *)&theirs, __ATOMIC_RELAXED))
		;
	twinos_vworker_stop(&worker);
	pthread_sigmask(SIG_BLOCK, NULL, &ours);
	assert_int_equal(sigismember(&theirs, SIGTERM), 1);
	assert_int_equal(sigismember(&ours, SIGTERM), 0);
	close(queue.kick);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_any_index),
		cmocka_unit_test(test_index_too_far),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_bad_heads),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_longest_chain),
		cmocka_unit_test(test_write_before_read),
		cmocka_unit_test(test_stray_buffers),
		cmocka_unit_test(test_last_bytes),
		cmocka_unit_test(test_across_regions),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_nothing_in_a_buffer),
		cmocka_unit_test(test_too_many_bytes),
		cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_long_indirect),
		cmocka_unit_test(test_indirect_loop),
		cmocka_unit_test(test_bad_indirect),
		cmocka_unit_test(test_unaligned_indirect),
		cmocka_unit_test(test_call_by_flag),
		cmocka_unit_test(test_call_by_event),
		cmocka_unit_test(test_kicks_by_flag),
		cmocka_unit_test(test_kicks_by_event),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
