// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon that answers anything: what a good one would, with bytes exchanged, three of
 * the input for each of these, where and what. The first byte says in how many pieces
 * the memory is, and the second where the daemon ends.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost_user.h"

#define LENGTH 0x10000
#define START 0x100000

static char memory[LENGTH] __attribute__((aligned(4096)));

static int get_fd(const struct twinos_twinmem *twinmem, size_t i)
{
	(void)twinmem;
	(void)i;
	return memfd_create("region", MFD_CLOEXEC);
}

static struct twinos_twinmem make_twinmem(size_t nr)
{
	struct twinos_twinmem twinmem = { .get_fd = get_fd };

	for (; twinmem.nr < nr; twinmem.nr++)
		twinmem.regions[twinmem.nr] = (struct twinos_twinmem_region){
			.start = START + twinmem.nr * 2 * LENGTH,
			.length = LENGTH,
			.data = memory,
		};
	return twinmem;
}

static void use(struct twinos_vhost_user *link, int fd, size_t nr_regions)
{
	const struct twinos_twinmem twinmem = make_twinmem(nr_regions);
	struct twinos_vdev_setup setup = {
		.features = UINT64_MAX,
		.memory = &twinmem,
		.queues[0] = { .ready = true,
			       .size = 64,
			       .desc = START,
			       .driver = START + 0x2000,
			       .device = START + 0x3000 },
	};
	uint8_t config[TWINOS_VHOST_USER_CONFIG];

	setup.queues[0].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	setup.queues[0].call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!twinos_vhost_user_begin(link, fd)) {
		twinos_vhost_user_config(link, config, sizeof(config));
		if (!twinos_vhost_user_start(link, &setup, 1))
			twinos_vhost_user_stop(link, &setup, 1);
	}
	twinos_vhost_user_end(link, 0);
	close(setup.queues[0].kick);
	close(setup.queues[0].call);
}

/* What is expected for 3 pieces of memory, and for 9. */
static const uint8_t few[] = {
	1, 15, 3, 24, 2, 5, 8, 10, 9, 13, 12, 18, 18, 11
};
static const uint8_t many[] = { 1,  15, 3,  24, 2,  36, 37, 37, 37, 37, 37, 37,
				37, 37, 37, 8,	10, 9,	13, 12, 18, 18, 11 };

#define HEADER 12
#define CONFIG_SIZE (HEADER + TWINOS_VHOST_USER_CONFIG)

struct stream {
	uint8_t bytes[1024];
	size_t size;
};

static void add_u32(struct stream *stream, uint32_t value)
{
	memcpy(stream->bytes + stream->size, &value, sizeof(value));
	stream->size += sizeof(value);
}

static void add_u64(struct stream *stream, uint64_t value)
{
	memcpy(stream->bytes + stream->size, &value, sizeof(value));
	stream->size += sizeof(value);
}

/* 1 and 15: features; 36: slots; 24: configuration; all others: it is done. */
static void add_answer(struct stream *stream, uint8_t request)
{
	add_u32(stream, request);
	add_u32(stream, 5);
	add_u32(stream, request == 24 ? CONFIG_SIZE : 8);
	if (request != 24) {
		add_u64(stream, request == 1 || request == 15 ? UINT64_MAX :
				request == 36		      ? 32 :
								0);
		return;
	}
	add_u32(stream, 0);
	add_u32(stream, TWINOS_VHOST_USER_CONFIG);
	stream->size += CONFIG_SIZE - 8;
}

static void make_stream(struct stream *stream, bool is_few)
{
	const uint8_t *requests = is_few ? few : many;
	size_t i, nr = is_few ? sizeof(few) : sizeof(many);

	for (i = 0; i < nr; i++)
		add_answer(stream, requests[i]);
}

static void spoil(struct stream *stream, const uint8_t *data, size_t size)
{
	for (; size >= 3; data += 3, size -= 3)
		stream->bytes[(data[0] << 8 | data[1]) % stream->size] =
			data[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twinos_vhost_user link = { .fd = -1, .limit_ms = 20 };
	struct stream stream = { .size = 0 };
	int fds[2];

	if (size < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return 0;
	make_stream(&stream, data[0] & 1);
	spoil(&stream, data + 2, size - 2);
	if (send(fds[0], stream.bytes, stream.size * (data[1] + 1U) / 256, 0) <
	    0)
		abort();
	shutdown(fds[0], SHUT_WR);
	use(&link, fds[1], data[0] & 1 ? 3 : 9);
	close(fds[0]);
	return 0;
}
