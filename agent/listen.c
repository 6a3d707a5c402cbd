// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>
#include <twinos/agent.h>

#include "listen.h"

#define BACKLOG 64

static int listen_at(const struct sockaddr *address, socklen_t length)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, address, length) || listen(fd, BACKLOG)) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

int listen_vsock(void)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_port = TWINOS_AGENT_PORT,
		.svm_cid = VMADDR_CID_ANY,
	};

	return listen_at((struct sockaddr *)&address, sizeof(address));
}

int listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t old;
	int ret;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	old = umask(077);
	ret = listen_at((struct sockaddr *)&address, sizeof(address));
	umask(old);
	return ret;
}

/* The host's kernel lets only root have such a port. */
static bool is_host_root(const struct sockaddr_vm *peer)
{
	return peer->svm_cid == VMADDR_CID_HOST &&
	       peer->svm_port <= TWINOS_AGENT_HOST_PORT_MAX;
}

static bool is_same_user(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) &&
	       (!peer.uid || peer.uid == geteuid());
}

bool listen_from_host(int fd)
{
	struct sockaddr_vm peer = { 0 };
	socklen_t length = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &length))
		return false;
	if (peer.svm_family == AF_UNIX)
		return is_same_user(fd);
	return peer.svm_family == AF_VSOCK && length == sizeof(peer) &&
	       is_host_root(&peer);
}
