// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "hostpty.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Not by its path, which others may have mounted something over. */
static int open_other(struct twinos_pty *pty)
{
	struct termios settings;

	pty->other = ioctl(pty->fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->other < 0 || tcgetattr(pty->other, &settings))
		return -errno;
	/* An echo would come back as if it had been typed. */
	cfmakeraw(&settings);
	return tcsetattr(pty->other, TCSANOW, &settings) ? -errno : 0;
}

static int open_both(struct twinos_pty *pty)
{
	pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (pty->fd < 0 || grantpt(pty->fd) || unlockpt(pty->fd))
		return -errno;
	if (ptsname_r(pty->fd, pty->path, sizeof(pty->path)))
		return -errno;
	return open_other(pty);
}

int twinos_pty_open(struct twinos_pty *pty)
{
	int ret;

	*pty = (struct twinos_pty){ .fd = -1, .other = -1 };
	ret = open_both(pty);
	if (ret)
		twinos_pty_close(pty);
	return ret;
}

void twinos_pty_close(struct twinos_pty *pty)
{
	close_fd(&pty->fd);
	close_fd(&pty->other);
}

static ssize_t result_of(ssize_t done)
{
	if (done > 0)
		return done;
	return !done || errno == EINTR ? -EAGAIN : -errno;
}

ssize_t twinos_pty_read(const struct twinos_pty *pty, const struct iovec *iov,
			int nr)
{
	return result_of(readv(pty->fd, iov, nr));
}

ssize_t twinos_pty_write(const struct twinos_pty *pty, const void *data,
			 size_t size)
{
	return result_of(write(pty->fd, data, size));
}
