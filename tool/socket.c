// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "socket.h"

static int make(const char *path, int flags, struct sockaddr_un *address)
{
	int fd;

	_Static_assert(sizeof(address->sun_path) == SOCKET_PATH_MAX, "");
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
	return fd < 0 ? -errno : fd;
}

static int close_with_errno(int fd)
{
	int ret = -errno;

	close(fd);
	return ret;
}

int socket_listen(const char *path, int backlog)
{
	struct sockaddr_un address;
	int fd = make(path, SOCK_NONBLOCK, &address);

	if (fd < 0)
		return fd;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    chmod(path, 0600) || listen(fd, backlog))
		return close_with_errno(fd);
	return fd;
}

int socket_connect(const char *path)
{
	return socket_connect_within(path, 0);
}

int socket_connect_within(const char *path, int64_t timeout_ms)
{
	const struct timeval limit = { timeout_ms / 1000,
				       timeout_ms % 1000 * 1000 };
	struct sockaddr_un address;
	int fd = make(path, 0, &address);

	if (fd < 0)
		return fd;
	/* 0: there is no limit */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return close_with_errno(fd);
	return fd;
}
