/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A terminal that we play: what is written to one end is read at the other, which
 * programs open by its path. It is transparent at first, and nothing of it waits.
 */
#ifndef TWINOS_LIB_HOSTPTY_H
#define TWINOS_LIB_HOSTPTY_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/**
 * struct twinos_pty
 * @fd: our end, for poll(2)
 * @other: the other one, which we have open as well, so that it never counts as closed,
 *	not even after a hang-up (vhangup(2) of a getty)
 * @path: of the other one
 */
struct twinos_pty {
	int fd;
	int other;
	char path[32];
};

/* twinos_pty_open() - 0 or -errno */
int twinos_pty_open(struct twinos_pty *pty);
void twinos_pty_close(struct twinos_pty *pty);

/*
 * twinos_pty_read() - what was written at the other end; -EAGAIN: nothing so far.
 * twinos_pty_write() - for the other end; -EAGAIN: there is no room.
 * Both: how many bytes, or -errno, after which it is of no use any more.
 */
ssize_t twinos_pty_read(const struct twinos_pty *pty, const struct iovec *iov,
			int nr);
ssize_t twinos_pty_write(const struct twinos_pty *pty, const void *data,
			 size_t size);

#endif
