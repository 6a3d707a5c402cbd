// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "diskio.h"

static bool is_cancelled(const struct twinos_diskio *diskio)
{
	return __atomic_load_n(&diskio->cancelled, __ATOMIC_ACQUIRE);
}

void twinos_diskio_cancel(struct twinos_diskio *diskio)
{
	__atomic_store_n(&diskio->cancelled, true, __ATOMIC_RELEASE);
}

/* ---- without a ring ---- */

static void do_now(struct twinos_diskio *diskio, struct twinos_diskfile_io *io)
{
	ssize_t result;
	int ret = 1;

	while (ret > 0) {
		result = is_cancelled(diskio) ?
				 -ECANCELED :
				 twinos_diskfile_try(diskio->file, io);
		ret = twinos_diskfile_advance(diskio->file, io, result);
	}
	diskio->done(diskio->ctx, io, ret);
}

/* ---- with one ---- */

static void close_ring(struct twinos_diskio *diskio)
{
	if (diskio->event >= 0)
		close(diskio->event);
	diskio->event = -1;
	io_uring_queue_exit(diskio->ring);
	free(diskio->ring);
	diskio->ring = NULL;
}

static void open_ring(struct twinos_diskio *diskio, unsigned int nr)
{
	diskio->ring = malloc(sizeof(*diskio->ring));
	if (!diskio->ring)
		return;
	if (io_uring_queue_init(nr, diskio->ring, 0)) {
		free(diskio->ring);
		diskio->ring = NULL;
		return;
	}
	/* A child's mapping would keep it after we have closed it. */
	io_uring_ring_dontfork(diskio->ring);
	diskio->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (diskio->event < 0 ||
	    io_uring_register_eventfd(diskio->ring, diskio->event))
		close_ring(diskio);
}

static void prepare(const struct twinos_diskio *diskio,
		    struct io_uring_sqe *sqe, struct twinos_diskfile_io *io)
{
	struct twinos_iovs step = twinos_diskfile_step(io);
	int fd = diskio->file->fd;

	switch (io->op) {
	case TWINOS_DISKFILE_READ:
		io_uring_prep_readv(sqe, fd, step.iov, step.nr, io->offset);
		break;
	case TWINOS_DISKFILE_WRITE:
		io_uring_prep_writev(sqe, fd, step.iov, step.nr, io->offset);
		if (io->sync)
			sqe->rw_flags = RWF_DSYNC;
		break;
	case TWINOS_DISKFILE_FLUSH:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	}
	io_uring_sqe_set_data(sqe, io);
}

/* The ring is as long as the user has promised to need. */
static bool queue_step(struct twinos_diskio *diskio,
		       struct twinos_diskfile_io *io)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(diskio->ring);

	if (!sqe)
		return false;
	prepare(diskio, sqe, io);
	diskio->in_flight++;
	return true;
}

/* Without a cookie, so that its own end is of no interest. */
static void queue_cancel(struct twinos_diskio *diskio)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(diskio->ring);

	if (!sqe)
		return;
	io_uring_prep_cancel64(
		sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
	io_uring_sqe_set_data(sqe, NULL);
}

static void step_is_over(struct twinos_diskio *diskio,
			 struct twinos_diskfile_io *io, int result)
{
	int ret = twinos_diskfile_advance(diskio->file, io, result);

	diskio->in_flight--;
	if (ret > 0 && (is_cancelled(diskio) || !queue_step(diskio, io)))
		ret = -ECANCELED;
	if (ret <= 0)
		diskio->done(diskio->ctx, io, ret);
}

static bool reap(struct twinos_diskio *diskio)
{
	struct twinos_diskfile_io *io;
	struct io_uring_cqe *cqe;
	bool any = false;
	int result;

	while (!io_uring_peek_cqe(diskio->ring, &cqe)) {
		io = io_uring_cqe_get_data(cqe);
		result = cqe->res;
		io_uring_cqe_seen(diskio->ring, cqe);
		if (io)
			step_is_over(diskio, io, result);
		any = true;
	}
	return any;
}

/* ---- both ---- */

void twinos_diskio_init(struct twinos_diskio *diskio,
			struct twinos_diskfile *file, unsigned int nr,
			twinos_diskio_done *done, void *ctx)
{
	*diskio = (struct twinos_diskio){
		.file = file,
		.done = done,
		.ctx = ctx,
		.event = -1,
	};
	if (nr)
		open_ring(diskio, nr);
}

void twinos_diskio_destroy(struct twinos_diskio *diskio)
{
	if (diskio->ring)
		close_ring(diskio);
}

void twinos_diskio_begin(struct twinos_diskio *diskio,
			 struct twinos_diskfile_io *io)
{
	if (!diskio->ring)
		do_now(diskio, io);
	else if (!queue_step(diskio, io))
		diskio->done(diskio->ctx, io, -EBUSY);
}

/* What is done at once, from the cache, needs no wake-up. */
bool twinos_diskio_submit(struct twinos_diskio *diskio)
{
	if (!diskio->ring)
		return true;
	io_uring_submit(diskio->ring);
	reap(diskio);
	return !io_uring_sq_ready(diskio->ring);
}

bool twinos_diskio_reap(struct twinos_diskio *diskio)
{
	eventfd_t count;

	if (!diskio->ring)
		return true;
	(void)!eventfd_read(diskio->event, &count);
	reap(diskio);
	return !io_uring_sq_ready(diskio->ring) || twinos_diskio_submit(diskio);
}

bool twinos_diskio_look(struct twinos_diskio *diskio)
{
	return diskio->ring && reap(diskio);
}

void twinos_diskio_drain(struct twinos_diskio *diskio)
{
	twinos_diskio_cancel(diskio);
	if (!diskio->ring)
		return;
	if (diskio->in_flight)
		queue_cancel(diskio);
	while (diskio->in_flight) {
		io_uring_submit_and_wait(diskio->ring, 1);
		reap(diskio);
	}
}
