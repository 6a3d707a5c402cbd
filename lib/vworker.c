// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vworker.h"

#define BURST 32 /* requests of one queue before the others have their turn */

static bool is_stopping(const struct twinos_vworker *worker)
{
	return __atomic_load_n(&worker->stopping, __ATOMIC_ACQUIRE);
}

static bool burst(struct twinos_vworker *worker, unsigned int queue)
{
	for (unsigned int i = 0; i < BURST; i++) {
		if (is_stopping(worker))
			return false;
		if (!worker->ops->process(worker->ctx, queue))
			return false;
	}
	return true;
}

static bool work(struct twinos_vworker *worker)
{
	bool more = false;

	for (unsigned int i = 0; i < worker->nr_queues; i++) {
		if (worker->busy[i])
			worker->busy[i] = burst(worker, i);
		more |= worker->busy[i];
	}
	return more;
}

/* The kick is taken off before the queue is looked at, so none can get lost. */
static void take_kick(struct pollfd *kick, bool *busy)
{
	eventfd_t count;

	if (!kick->revents)
		return;
	if (kick->revents & POLLIN && !eventfd_read(kick->fd, &count))
		*busy = true;
	else if (kick->revents & ~POLLIN)
		kick->fd = -1; /* or poll() would come back at once for ever */
	kick->revents = 0;
}

static struct pollfd *watched(struct twinos_vworker *worker)
{
	return &worker->fds[1 + worker->nr_queues];
}

/* Queues that are not ready never become busy. */
static void wake_all(struct twinos_vworker *worker)
{
	for (unsigned int i = 0; i < worker->nr_queues; i++)
		worker->busy[i] = worker->ready[i];
}

static void wait_for_work(struct twinos_vworker *worker, bool more)
{
	/* A poll() that fails tells of nothing. */
	if (poll(worker->fds, 2 + worker->nr_queues, more ? 0 : -1) < 0)
		return;
	for (unsigned int i = 0; i < worker->nr_queues; i++)
		take_kick(&worker->fds[1 + i], &worker->busy[i]);
	if (watched(worker)->revents && worker->ops->ready(worker->ctx))
		wake_all(worker);
}

static void *run(void *arg)
{
	struct twinos_vworker *worker = arg;

	while (!is_stopping(worker))
		wait_for_work(worker, work(worker));
	if (worker->ops->end)
		worker->ops->end(worker->ctx);
	return NULL;
}

/* Signals are the business of the program's own threads. */
static int start_thread(struct twinos_vworker *worker)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

static struct pollfd reads(int fd)
{
	return (struct pollfd){ .fd = fd, .events = POLLIN };
}

int twinos_vworker_start(struct twinos_vworker *worker,
			 const struct twinos_vdev_queue *queues,
			 unsigned int nr_queues, int fd,
			 const struct twinos_vworker_ops *ops, void *ctx)
{
	int ret, stop;

	stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop < 0)
		return -errno;
	*worker = (struct twinos_vworker){
		.ops = ops,
		.ctx = ctx,
		.nr_queues = nr_queues,
		.fds = { reads(stop) },
	};
	for (unsigned int i = 0; i < nr_queues; i++) {
		worker->ready[i] = worker->busy[i] = queues[i].ready;
		worker->fds[1 + i] =
			reads(queues[i].ready ? queues[i].kick : -1);
	}
	*watched(worker) = reads(fd);
	ret = start_thread(worker);
	if (ret)
		close(stop);
	return ret;
}

void twinos_vworker_watch(struct twinos_vworker *worker, int fd, short events)
{
	*watched(worker) = (struct pollfd){ .fd = fd, .events = events };
}

void twinos_vworker_stop(struct twinos_vworker *worker)
{
	__atomic_store_n(&worker->stopping, true, __ATOMIC_RELEASE);
	(void)!eventfd_write(worker->fds[0].fd, 1);
	pthread_join(worker->thread, NULL);
	close(worker->fds[0].fd);
}
