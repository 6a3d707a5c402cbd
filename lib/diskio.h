/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done with a disk file, many things at a time by io_uring(7). Where the kernel
 * doesn't let us have that (seccomp, kernel.io_uring_disabled), each is done as it begins.
 *
 * All but twinos_diskio_cancel() is called by one thread, the one that began it all.
 */
#ifndef TWINOS_LIB_DISKIO_H
#define TWINOS_LIB_DISKIO_H

#include "diskfile.h"

struct io_uring;

/* twinos_diskio_done - @io is over; 0 or -errno; -ECANCELED: it was not all done */
typedef void twinos_diskio_done(void *ctx, struct twinos_diskfile_io *io,
				int result);

/**
 * struct twinos_diskio
 * @cancelled: atomic
 * @ring: NULL: each is done as it begins
 * @event: an eventfd, non-blocking, that is readable once something is done; -1 without
 *	a ring
 * @in_flight: what the kernel may be doing
 */
struct twinos_diskio {
	struct twinos_diskfile *file;
	twinos_diskio_done *done;
	void *ctx;
	bool cancelled;
	struct io_uring *ring;
	int event;
	unsigned int in_flight;
};

/*
 * twinos_diskio_init() - for at most @nr at a time; 0: without a ring
 * @done: is called by twinos_diskio_begin(), _submit(), _reap() and _drain()
 */
void twinos_diskio_init(struct twinos_diskio *diskio,
			struct twinos_diskfile *file, unsigned int nr,
			twinos_diskio_done *done, void *ctx);

/* twinos_diskio_destroy() - by any thread, after twinos_diskio_drain() */
void twinos_diskio_destroy(struct twinos_diskio *diskio);

/*
 * twinos_diskio_begin() - @io, which twinos_diskfile_check() has nothing against, and
 * which stays where it is until it is done
 */
void twinos_diskio_begin(struct twinos_diskio *diskio,
			 struct twinos_diskfile_io *io);

/*
 * twinos_diskio_submit() - let the kernel have all that was begun; false: it has to be
 * asked again, soon
 */
bool twinos_diskio_submit(struct twinos_diskio *diskio);

/*
 * twinos_diskio_reap() - see what is done; whatever comes later makes ->event readable.
 * False: as twinos_diskio_submit()
 */
bool twinos_diskio_reap(struct twinos_diskio *diskio);

/* twinos_diskio_look() - see what is done, without a system call; true: something was */
bool twinos_diskio_look(struct twinos_diskio *diskio);

/* twinos_diskio_cancel() - by any thread: what is begun ends soon, done or not */
void twinos_diskio_cancel(struct twinos_diskio *diskio);

/*
 * twinos_diskio_drain() - cancel, and wait for the end of what the kernel is in the
 * middle of: it touches no memory any more
 */
void twinos_diskio_drain(struct twinos_diskio *diskio);

#endif
