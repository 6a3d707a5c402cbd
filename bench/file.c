// SPDX-License-Identifier: GPL-2.0-only
/*
 * file PATH read|write seq|random SIZE DEPTH SECONDS - so many bytes at a time, past the
 * page cache, always DEPTH requests under way; prints one line
 *
 * A file system without O_DIRECT, such as tmpfs, is used as it is: each request is then
 * done when it is given to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#include "samples.h"
#include "usage.h"

#define MAX_DEPTH 64
#define ALIGNMENT 4096

/**
 * struct load - what is to be done
 * @next: block for sequential access
 * @state: of the random numbers
 */
struct load {
	int fd;
	bool write, random;
	size_t size, depth;
	unsigned int seconds;
	uint64_t nr_blocks, next, state;
	aio_context_t context;
};

/* struct request - its place in the array is how an event knows it */
struct request {
	struct iocb iocb;
	int64_t began;
	void *data;
};

static struct samples samples;

static int die(const char *what)
{
	fprintf(stderr, "file: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* xorshift64 */
static uint64_t next_random(struct load *load)
{
	load->state ^= load->state << 13;
	load->state ^= load->state >> 7;
	load->state ^= load->state << 17;
	return load->state;
}

static uint64_t next_block(struct load *load)
{
	uint64_t n = load->random ? next_random(load) : load->next++;

	return n % load->nr_blocks;
}

static void begin(struct load *load, struct request *request)
{
	struct iocb *list[] = { &request->iocb };

	request->iocb = (struct iocb){
		.aio_data = (uintptr_t)request,
		.aio_lio_opcode = load->write ? IOCB_CMD_PWRITE :
						IOCB_CMD_PREAD,
		.aio_fildes = load->fd,
		.aio_buf = (uintptr_t)request->data,
		.aio_nbytes = load->size,
		.aio_offset = next_block(load) * load->size,
	};
	request->began = usage_clock(CLOCK_MONOTONIC);
	if (syscall(SYS_io_submit, load->context, 1, list) != 1)
		die("can't begin a request");
}

static struct request *end(const struct load *load,
			   const struct io_event *event)
{
	struct request *request = (void *)(uintptr_t)event->data;

	if (event->res != (long long)load->size) {
		errno = event->res < 0 ? -event->res : EIO;
		die("a request has failed");
	}
	samples_add(&samples, usage_clock(CLOCK_MONOTONIC) - request->began);
	return request;
}

static long wait_events(const struct load *load, struct io_event *events)
{
	long n = syscall(SYS_io_getevents, load->context, 1, load->depth,
			 events, NULL);

	return n > 0 ? n : die("no events");
}

/* Returns when nothing is under way any more. */
static void run(struct load *load, int64_t until)
{
	struct io_event events[MAX_DEPTH];
	size_t under_way = load->depth;
	struct request *request;
	long i, n;

	while (under_way) {
		n = wait_events(load, events);
		for (i = 0; i < n; i++) {
			request = end(load, &events[i]);
			if (usage_clock(CLOCK_MONOTONIC) < until)
				begin(load, request);
			else
				under_way--;
		}
	}
}

static void begin_all(struct load *load)
{
	static struct request requests[MAX_DEPTH];
	size_t i;

	if (syscall(SYS_io_setup, load->depth, &load->context))
		die("no context");
	for (i = 0; i < load->depth; i++) {
		requests[i].data = aligned_alloc(ALIGNMENT, load->size);
		if (!requests[i].data)
			die("no memory");
		memset(requests[i].data, 0x5a, load->size);
		begin(load, &requests[i]);
	}
}

static int open_file(const char *path, bool write)
{
	int flags = write ? O_RDWR : O_RDONLY;
	int fd = open(path, flags | O_DIRECT);

	if (fd < 0 && errno == EINVAL)
		fd = open(path, flags);
	return fd >= 0 ? fd : die(path);
}

static int measure(struct load *load)
{
	struct usage began = usage_now(), usage;

	begin_all(load);
	run(load, began.wall_ns + load->seconds * 1000000000LL);
	usage = usage_since(&began);
	printf("bytes=%llu ", (unsigned long long)samples.nr * load->size);
	samples_print(&samples);
	printf("wall_ns=%lld cpu_ns=%lld busy_ns=%lld\n",
	       (long long)usage.wall_ns, (long long)usage.cpu_ns,
	       (long long)usage.busy_ns);
	return 0;
}

int main(int argc, char **argv)
{
	struct load load = { .state = 88172645463325252 };
	off_t length;

	if (argc != 7)
		return 2;
	load.write = !strcmp(argv[2], "write");
	load.random = !strcmp(argv[3], "random");
	load.size = strtoul(argv[4], NULL, 0);
	load.depth = strtoul(argv[5], NULL, 0);
	load.seconds = strtoul(argv[6], NULL, 0);
	if (!load.size || load.size % ALIGNMENT || !load.depth ||
	    load.depth > MAX_DEPTH)
		return 2;
	load.fd = open_file(argv[1], load.write);
	length = lseek(load.fd, 0, SEEK_END);
	load.nr_blocks = length / load.size;
	if (length < 0 || !load.nr_blocks)
		die("too short");
	return measure(&load);
}
