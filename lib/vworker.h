/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that serves the queues of a device as the driver kicks them. */
#ifndef TWINOS_LIB_VWORKER_H
#define TWINOS_LIB_VWORKER_H

#include <poll.h>
#include <pthread.h>

#include "vdev.h"

/**
 * struct twinos_vworker_ops - all are called in the worker's thread
 * @process: serve one request of @queue; false: there was none and the next one's kick
 *	is asked for
 * @ready: what is watched is; true: there may be more to process, in any queue. NULL:
 *	nothing is watched
 * @end: at last, to finish what was begun; NULL: nothing to do
 */
struct twinos_vworker_ops {
	bool (*process)(void *ctx, unsigned int queue);
	bool (*ready)(void *ctx);
	void (*end)(void *ctx);
};

/**
 * struct twinos_vworker
 * @fds: the stop eventfd, the kicks, then what is watched; negative ones are left out
 * @ready: of the queues
 * @busy: there may be more to process
 * @stopping: atomic; so that not even an endless stream of requests delays a stop
 */
struct twinos_vworker {
	const struct twinos_vworker_ops *ops;
	void *ctx;
	unsigned int nr_queues;
	struct pollfd fds[1 + TWINOS_VDEV_QUEUES + 1];
	bool ready[TWINOS_VDEV_QUEUES];
	bool busy[TWINOS_VDEV_QUEUES];
	bool stopping;
	pthread_t thread;
};

/*
 * twinos_vworker_start() - @ops->process each ready one of @nr_queues @queues until it
 * has no more, and again after each kick. @worker stays where it is until it has
 * stopped, and so does @ops.
 * @fd: is watched as well, for what can be read at first; -1: nothing is
 */
int twinos_vworker_start(struct twinos_vworker *worker,
			 const struct twinos_vdev_queue *queues,
			 unsigned int nr_queues, int fd,
			 const struct twinos_vworker_ops *ops, void *ctx);

/*
 * twinos_vworker_watch() - from now on call @ops->ready for these @events of @fd (see
 * poll(2)); only in the worker's thread
 * @fd: -1: not for now
 */
void twinos_vworker_watch(struct twinos_vworker *worker, int fd, short events);

/* twinos_vworker_stop() - when it returns, what was begun is done and nothing runs */
void twinos_vworker_stop(struct twinos_vworker *worker);

#endif
