/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that serves the queues of a device as the driver kicks them. */
#ifndef TWINOS_LIB_VWORKER_H
#define TWINOS_LIB_VWORKER_H

#include <poll.h>
#include <pthread.h>

#include "vdev.h"

/*
 * twinos_vworker_process - serve one request of @queue, in the worker's thread; false:
 * there was none and the next one's kick is asked for
 */
typedef bool twinos_vworker_process(void *ctx, unsigned int queue);

/**
 * struct twinos_vworker
 * @fds: the stop eventfd, then the kicks; negative ones are left out
 * @busy: there may be more to process
 * @stopping: atomic; so that not even an endless stream of requests delays a stop
 */
struct twinos_vworker {
	twinos_vworker_process *process;
	void *ctx;
	unsigned int nr_queues;
	struct pollfd fds[1 + TWINOS_VDEV_QUEUES];
	bool busy[TWINOS_VDEV_QUEUES];
	bool stopping;
	pthread_t thread;
};

/*
 * twinos_vworker_start() - @process each ready one of @nr_queues @queues until it has
 * no more, and again after each kick. @worker stays where it is until it has stopped.
 */
int twinos_vworker_start(struct twinos_vworker *worker,
			 const struct twinos_vdev_queue *queues,
			 unsigned int nr_queues,
			 twinos_vworker_process *process, void *ctx);

/* twinos_vworker_stop() - when it returns, what was begun is done and nothing runs */
void twinos_vworker_stop(struct twinos_vworker *worker);

#endif
