// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "agent.h"
#include "control.h"
#include "error.h"
#include "exit.h"
#include "frame.h"
#include "output.h"
#include "watch.h"

/* As rresvport(3) has it. */
#define LOWEST_PORT 512

#define RESET_TRIES 3
#define RESET_PAUSE_US 200000

union address {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_vm vsock;
};

static int no_cid(const char *name, struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOENT,
			   "twin '%s' cannot be reached: it has no vsock; "
			   "'twinctl device add %s vsock=CID' gives it one",
			   name, name);
}

/* As lib/vsock.c describes its device. */
static bool read_cid(const json_t *device, unsigned int *cid)
{
	const char *kind, *detail;

	return !json_unpack((json_t *)device, "{s:s, s:s}", "kind", &kind,
			    "detail", &detail) &&
	       !strcmp(kind, "vsock") && sscanf(detail, "CID %u", cid) == 1;
}

int agent_find_cid(const char *name, unsigned int *cid,
		   struct twinos_error *err)
{
	json_t *answer, *device;
	bool found = false;
	size_t i;
	int fd;

	/* A name that is no twin's at all is told so. */
	fd = twinos_open(name, err);
	if (fd < 0)
		return fd;
	close(fd);
	answer = control_ask(name, json_pack("{s:s}", "order", "devices"), err);
	if (!answer)
		return -err->code;
	json_array_foreach(json_object_get(answer, "devices"), i, device)
		found = found || read_cid(device, cid);
	json_decref(answer);
	return found ? 0 : no_cid(name, err);
}

static int find_address(const char *name, union address *address,
			socklen_t *length, struct twinos_error *err)
{
	const char *path = getenv(AGENT_SOCKET_VARIABLE);

	memset(address, 0, sizeof(*address));
	if (path) {
		address->local.sun_family = AF_UNIX;
		snprintf(address->local.sun_path,
			 sizeof(address->local.sun_path), "%s", path);
		*length = sizeof(address->local);
		return 0;
	}
	address->vsock.svm_family = AF_VSOCK;
	address->vsock.svm_port = TWINOS_AGENT_PORT;
	*length = sizeof(address->vsock);
	return agent_find_cid(name, &address->vsock.svm_cid, err);
}

/* By such a port the agent knows that we are root. */
static int bind_port(int fd)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = TWINOS_AGENT_HOST_PORT_MAX,
	};

	for (; address.svm_port >= LOWEST_PORT; address.svm_port--) {
		if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
			return 0;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

static int open_socket(const union address *address)
{
	int fd = socket(address->any.sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd < 0)
		return -errno;
	ret = address->any.sa_family == AF_VSOCK ? bind_port(fd) : 0;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int wait_for(int fd, short events, int64_t until)
{
	struct pollfd poll_fd = { fd, events, 0 };
	int64_t left = until - watch_now();
	int ret;

	ret = poll(&poll_fd, 1, left < 0 ? 0 : (int)MIN(left, INT_MAX));
	if (ret < 0 && errno != EINTR)
		return -errno;
	return ret || watch_now() < until ? 0 : -ETIMEDOUT;
}

/* The kernel would give up after 2 s, and a twin that takes turns may be slower. */
static void set_patience(int fd, int64_t until)
{
	int64_t left = MAX(until - watch_now(), 1);
	struct timeval patience = { left / 1000, left % 1000 * 1000 };

	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &patience,
		   sizeof(patience));
}

static int connect_until(int fd, const union address *address, socklen_t length,
			 int64_t until)
{
	int ret, error = 0;
	socklen_t size = sizeof(error);

	if (address->any.sa_family == AF_VSOCK)
		set_patience(fd, until);
	if (!connect(fd, &address->any, length))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	ret = wait_for(fd, POLLOUT, until);
	if (ret)
		return ret;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return -errno;
	return -error;
}

static int read_hello(int fd, int64_t until, unsigned int *revision)
{
	struct twinos_frame_reader reader;
	struct twinos_frame frame;
	int ret;

	twinos_frame_reader_init(&reader);
	while (!(ret = twinos_frame_next(&reader, &frame))) {
		ret = wait_for(fd, POLLIN, until);
		if (!ret)
			ret = twinos_frame_read(&reader, fd);
		if (!ret)
			return -ECONNRESET;
		if (ret < 0 && ret != -EAGAIN)
			return ret;
	}
	return ret < 0 ? ret : twinos_frame_hello(&frame, revision);
}

static int say_hello(int fd, int64_t until, unsigned int *revision)
{
	struct twinos_frame_writer writer;
	int ret;

	twinos_frame_writer_init(&writer);
	twinos_frame_put_hello(&writer);
	ret = twinos_frame_write(&writer, fd);
	return ret ? ret : read_hello(fd, until, revision);
}

/* Whatever the reason is, that the twin is gone is the better one. */
static int no_agent(const char *name, int ret, struct twinos_error *err)
{
	bool is_test = getenv(AGENT_SOCKET_VARIABLE);
	int fd = is_test ? -1 : twinos_open(name, err);

	if (fd < 0 && !is_test)
		return fd;
	if (fd >= 0)
		close(fd);
	if (ret == -EACCES || ret == -EPERM)
		return twinos_fail(
			err, TWINOS_ERROR_SYSTEM, -ret,
			"only root may speak to the agent of a twin");
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
			   "no agent answers in twin '%s': %s; does "
			   "twinos-agent run there?",
			   name, strerror(-ret));
}

static int other_revision(const char *name, unsigned int revision,
			  struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, EPROTO,
			   "the agent in twin '%s' speaks revision %u, this "
			   "tool %u: update the older one",
			   name, revision, TWINOS_AGENT_REVISION);
}

/* A socket at which the agent has said its revision, or -errno. */
static int try_once(const union address *address, socklen_t length,
		    int64_t until, unsigned int *revision)
{
	int fd = open_socket(address);
	int ret;

	if (fd < 0)
		return fd;
	ret = connect_until(fd, address, length, until);
	if (!ret)
		ret = say_hello(fd, until, revision);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/*
 * A connection to a twin whose vsock has just come to life is reset now and then; and so
 * is each one where no agent listens, so there is an end to it.
 */
static int try_some(const union address *address, socklen_t length,
		    int64_t until, unsigned int *revision)
{
	int fd, tries = RESET_TRIES;

	for (;;) {
		fd = try_once(address, length, until, revision);
		if (fd != -ECONNRESET || !--tries || watch_now() >= until)
			return fd;
		usleep(RESET_PAUSE_US);
	}
}

int agent_connect(const char *name, int64_t until, struct twinos_error *err)
{
	unsigned int revision = 0;
	union address address;
	socklen_t length;
	int fd, ret;

	ret = find_address(name, &address, &length, err);
	if (ret)
		return ret;
	fd = try_some(&address, length, until, &revision);
	if (fd < 0)
		return no_agent(name, fd, err);
	if (revision == TWINOS_AGENT_REVISION)
		return fd;
	close(fd);
	return other_revision(name, revision, err);
}

int agent_fail(const struct twinos_error *err)
{
	if (err->code == ETIMEDOUT)
		return fail_with(EXIT_TIMED_OUT, "%s", err->text);
	return fail(err);
}
