// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One more terminal of a twin: virtio-console (Virtio 1.2, 5.3) with a single port, whose
 * other end is a pseudo-terminal of the host's. The driver waits for its output to be
 * taken with interrupts off, so that is done at once, whether or not anybody reads it.
 */
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "error.h"
#include "hostpty.h"
#include "queue.h"
#include "spec_value.h"
#include "vring.h"
#include "vworker.h"

/* The queues of the port. */
enum { INPUT, OUTPUT, QUEUES };

#define UNREAD_SIZE \
	65536 /* bytes; beside what the pseudo-terminal itself keeps */
#define PIECE_SIZE 4096

/**
 * struct vconsole
 * @unread: what the twin has written, as far as it isn't the pseudo-terminal's yet
 * @broken: it is of no use any more: there is no input, and nobody sees the output
 * @has_input: @input is to be filled
 */
struct vconsole {
	struct twinos_vdev vdev;
	struct twinos_pty pty;
	struct twinos_queue unread;
	uint8_t unread_data[UNREAD_SIZE];
	bool broken;
	bool started;
	struct twinos_vring rings[QUEUES];
	bool has_input;
	struct twinos_vring_chain input, output;
	struct twinos_vworker worker;
};

static void watch(struct vconsole *console)
{
	short events = 0;

	if (console->has_input)
		events |= POLLIN;
	if (console->unread.nr)
		events |= POLLOUT;
	/* An fd that is polled for nothing still tells of a hang-up. */
	twinos_vworker_watch(&console->worker,
			     events && !console->broken ? console->pty.fd : -1,
			     events);
}

/* ---- from the twin ---- */

static void flush(struct vconsole *console)
{
	const uint8_t *data;
	ssize_t done = 1;
	size_t size;

	while (!console->broken && console->unread.nr && done > 0) {
		size = twinos_queue_peek(&console->unread, &data);
		done = twinos_pty_write(&console->pty, data, size);
		if (done > 0)
			twinos_queue_drop(&console->unread, (size_t)done);
	}
	console->broken |= done < 0 && done != -EAGAIN;
}

/* The oldest goes: whoever comes to look wants to see how things are. */
static void keep(struct vconsole *console, const uint8_t *data, size_t size)
{
	size_t room = twinos_queue_room(&console->unread);

	if (size > room)
		twinos_queue_drop(&console->unread, size - room);
	twinos_queue_put(&console->unread, data, size);
}

/* Of more than can be kept the end; so that nobody makes us copy gigabytes. */
static void take(struct vconsole *console, struct twinos_iovs *out)
{
	uint8_t piece[PIECE_SIZE];
	size_t size;

	if (out->bytes > UNREAD_SIZE)
		twinos_iovs_skip(out, out->bytes - UNREAD_SIZE);
	while ((size = twinos_iovs_get(out, piece, sizeof(piece))))
		keep(console, piece, size);
}

static bool process_output(struct vconsole *console)
{
	struct twinos_vring *ring = &console->rings[OUTPUT];

	if (twinos_vring_next(ring, &console->output) <= 0)
		return false;
	take(console, &console->output.out);
	twinos_vring_push(ring, &console->output, 0);
	twinos_vring_call(ring);
	flush(console);
	watch(console);
	return true;
}

/* ---- to the twin ---- */

/* Waits for room before it reads, so that whoever types waits too. */
static bool find_room(struct vconsole *console)
{
	if (!console->has_input)
		console->has_input = twinos_vring_next(&console->rings[INPUT],
						       &console->input) > 0;
	return console->has_input;
}

static ssize_t fill_room(struct vconsole *console)
{
	const struct twinos_iovs *in = &console->input.in;
	struct iovec piece;
	struct twinos_iovs front = twinos_iovs_front(in, PIECE_SIZE, &piece);

	if (!in->bytes)
		return 0;
	if (console->broken)
		return -EIO;
	return twinos_pty_read(&console->pty, front.iov, (int)front.nr);
}

static bool process_input(struct vconsole *console)
{
	struct twinos_vring *ring = &console->rings[INPUT];
	ssize_t got = -EAGAIN;

	if (find_room(console))
		got = fill_room(console);
	if (got >= 0) {
		twinos_vring_push(ring, &console->input, (uint32_t)got);
		twinos_vring_call(ring);
		console->has_input = false;
	}
	console->broken |= got < 0 && got != -EAGAIN;
	watch(console);
	return got >= 0;
}

/* ---- a device ---- */

static bool process(void *ctx, unsigned int queue)
{
	return queue == INPUT ? process_input(ctx) : process_output(ctx);
}

static bool ready(void *ctx)
{
	flush(ctx);
	watch(ctx);
	return true;
}

static const struct twinos_vworker_ops worker_ops = {
	.process = process,
	.ready = ready,
};

static int start(struct twinos_vdev *vdev,
		 const struct twinos_vdev_setup *setup)
{
	struct vconsole *console = (struct vconsole *)vdev;
	unsigned int i;
	int ret = 0;

	console->has_input = false;
	for (i = 0; i < QUEUES && !ret; i++)
		if (setup->queues[i].ready)
			ret = twinos_vring_init(&console->rings[i], setup,
						&setup->queues[i]);
	if (!ret)
		ret = twinos_vworker_start(&console->worker, setup->queues,
					   QUEUES, -1, &worker_ops, console);
	console->started = !ret;
	return ret;
}

static void stop(struct twinos_vdev *vdev)
{
	struct vconsole *console = (struct vconsole *)vdev;

	if (console->started)
		twinos_vworker_stop(&console->worker);
	console->started = false;
}

static void free_console(struct twinos_vdev *vdev)
{
	struct vconsole *console = (struct vconsole *)vdev;

	twinos_pty_close(&console->pty);
	free(console);
}

static void forked(struct twinos_vdev *vdev)
{
	twinos_pty_close(&((struct vconsole *)vdev)->pty);
}

static const struct twinos_vdev_ops ops = {
	.start = start,
	.stop = stop,
	.free = free_console,
	.forked = forked,
};

static int fill(struct vconsole *console, const struct twinos_spec *spec,
		struct twinos_error *err)
{
	struct twinos_vdev *vdev = &console->vdev;
	int ret = twinos_spec_name(spec, vdev, err);

	if (ret)
		return ret;
	ret = twinos_pty_open(&console->pty);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "extra-console: can't make a "
				   "pseudo-terminal: %s",
				   strerror(-ret));
	twinos_queue_init(&console->unread, console->unread_data, UNREAD_SIZE);
	snprintf(vdev->detail, sizeof(vdev->detail), "%s", console->pty.path);
	vdev->ops = &ops;
	vdev->id = VIRTIO_ID_CONSOLE;
	vdev->kind = "extra-console";
	vdev->nr_queues = QUEUES;
	vdev->features = TWINOS_VRING_FEATURES;
	return 0;
}

static int parse(struct twinos_spec *spec, const char *text,
		 struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = { { NULL, false } };

	return twinos_spec_parse(spec, "extra-console", text, NULL, keys, err);
}

int twinos_vconsole_check(const char *text, struct twinos_error *err)
{
	struct twinos_spec spec;
	struct twinos_vdev vdev;
	int ret = parse(&spec, text, err);

	if (ret)
		return ret;
	ret = twinos_spec_name(&spec, &vdev, err);
	twinos_spec_free(&spec);
	return ret;
}

int twinos_vconsole_open(const char *text, struct twinos_vdev **vdev,
			 struct twinos_error *err)
{
	struct vconsole *console;
	struct twinos_spec spec;
	int ret = parse(&spec, text, err);

	if (ret)
		return ret;
	console = calloc(1, sizeof(*console));
	ret = console ? fill(console, &spec, err) :
			twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				    "out of memory");
	twinos_spec_free(&spec);
	if (ret)
		free(console);
	else
		*vdev = &console->vdev;
	return ret;
}
