// SPDX-License-Identifier: LGPL-2.1-or-later
/* A source of entropy for a twin: virtio-rng (Virtio 1.2, 5.4) */
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "error.h"
#include "spec_value.h"
#include "vring.h"
#include "vworker.h"

#define MAX_BYTES 4096 /* of one request; a driver asks for 64 or so */

struct rng {
	struct twinos_vdev vdev;
	bool started; /* there is a worker */
	struct twinos_vring ring;
	struct twinos_vring_chain chain;
	struct twinos_vworker worker;
};

/* Not into the twin's memory itself, where others could see what is drawn for us. */
static uint32_t serve(struct twinos_iovs *in)
{
	char bytes[MAX_BYTES];
	size_t size = in->bytes < MAX_BYTES ? in->bytes : MAX_BYTES;
	ssize_t got = getrandom(bytes, size, 0);

	return got > 0 ? (uint32_t)twinos_iovs_put(in, bytes, (size_t)got) : 0;
}

static bool process(void *ctx, unsigned int queue)
{
	struct rng *rng = ctx;
	uint32_t written;

	(void)queue;
	if (twinos_vring_next(&rng->ring, &rng->chain) <= 0)
		return false;
	written = serve(&rng->chain.in);
	twinos_vring_push(&rng->ring, &rng->chain, written);
	twinos_vring_call(&rng->ring);
	return true;
}

static const struct twinos_vworker_ops worker_ops = { .process = process };

static int start(struct twinos_vdev *vdev,
		 const struct twinos_vdev_setup *setup)
{
	struct rng *rng = (struct rng *)vdev;
	int ret;

	if (!setup->queues[0].ready)
		return 0;
	ret = twinos_vring_init(&rng->ring, setup, &setup->queues[0]);
	if (!ret)
		ret = twinos_vworker_start(&rng->worker, setup->queues, 1, -1,
					   &worker_ops, rng);
	rng->started = !ret;
	return ret;
}

static void stop(struct twinos_vdev *vdev)
{
	struct rng *rng = (struct rng *)vdev;

	if (rng->started)
		twinos_vworker_stop(&rng->worker);
	rng->started = false;
}

static void free_rng(struct twinos_vdev *vdev)
{
	free(vdev);
}

static const struct twinos_vdev_ops ops = {
	.start = start,
	.stop = stop,
	.free = free_rng,
};

static void fill(struct twinos_vdev *vdev)
{
	strcpy(vdev->detail, "getrandom");
	vdev->ops = &ops;
	vdev->id = VIRTIO_ID_RNG;
	vdev->kind = "rng";
	vdev->nr_queues = 1;
	vdev->features = TWINOS_VRING_FEATURES;
}

static int parse(struct twinos_vdev *vdev, const char *text,
		 struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = { { NULL, false } };
	struct twinos_spec spec;
	int ret = twinos_spec_parse(&spec, "rng", text, NULL, keys, err);

	if (ret)
		return ret;
	ret = twinos_spec_name(&spec, vdev, err);
	twinos_spec_free(&spec);
	return ret;
}

int twinos_rng_check(const char *text, struct twinos_error *err)
{
	struct twinos_vdev vdev;

	return parse(&vdev, text, err);
}

int twinos_rng_open(const char *text, struct twinos_vdev **vdev,
		    struct twinos_error *err)
{
	struct rng *rng = calloc(1, sizeof(*rng));
	int ret = rng ? parse(&rng->vdev, text, err) :
			twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				    "out of memory");

	if (ret) {
		free(rng);
		return ret;
	}
	fill(&rng->vdev);
	*vdev = &rng->vdev;
	return 0;
}
