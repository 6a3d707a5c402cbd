// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Addresses: a front end says where its own memory is, and where queues are by that. Here
 * both are the twin's physical addresses, so the daemon learns of no others.
 */
#include <errno.h>
#include <linux/vhost_types.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rings.h"
#include "vhost_user.h"

enum request {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	SET_VRING_ENABLE = 18,
	GET_CONFIG = 24,
	GET_MAX_MEM_SLOTS = 36,
	ADD_MEM_REG = 37,
};

#define BIT(n) (1ULL << (n))

/* A feature of the device: the protocol has features too. */
#define HAS_PROTOCOL BIT(30)

#define PROTOCOL_REPLY_ACK BIT(3)
#define PROTOCOL_CONFIG BIT(9)
#define PROTOCOL_MEM_SLOTS BIT(15)
#define PROTOCOL_KNOWN \
	(PROTOCOL_REPLY_ACK | PROTOCOL_CONFIG | PROTOCOL_MEM_SLOTS)

#define TABLE_REGIONS 8 /* what a daemon takes at once */

#define FLAG_VERSION 0x1
#define FLAG_VERSION_MASK 0x3
#define FLAG_REPLY 0x4
#define FLAG_NEED_REPLY 0x8

struct header {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of what follows */
};

struct region {
	uint64_t guest_address;
	uint64_t size;
	uint64_t user_address;
	uint64_t offset; /* in its fd */
};

union payload {
	uint64_t u64;
	struct vhost_vring_state state;
	struct vhost_vring_addr addr;
	struct {
		uint32_t nr;
		uint32_t padding;
		struct region regions[TABLE_REGIONS];
	} table;
	struct {
		uint64_t padding;
		struct region region;
	} slot;
	struct {
		uint32_t offset;
		uint32_t size;
		uint32_t flags;
		uint8_t bytes[TWINOS_VHOST_USER_CONFIG];
	} config;
};

_Static_assert(sizeof(struct header) == 12, "header");
_Static_assert(sizeof(struct region) == 32, "region");
_Static_assert(offsetof(union payload, table.regions) == 8, "table");
_Static_assert(offsetof(union payload, config.bytes) == 12, "config");

/* @size: of the payload that counts */
struct message {
	enum request request;
	union payload payload;
	size_t size;
	int fds[TABLE_REGIONS];
	size_t nr_fds;
};

/* ---- bytes ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_limit(struct twinos_vhost_user *link)
{
	link->until = now_ms() + link->limit_ms;
}

static int await(const struct twinos_vhost_user *link, short events)
{
	struct pollfd fd = { .fd = link->fd, .events = events };
	int64_t left = link->until - now_ms();
	int ret;

	ret = left > 0 ? poll(&fd, 1, (int)left) : 0;
	if (ret < 0)
		return errno == EINTR ? 0 : -errno;
	return ret ? 0 : -ETIMEDOUT;
}

static bool try_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void add_fds(struct msghdr *header, const int *fds, size_t nr)
{
	struct cmsghdr *control;

	header->msg_controllen = CMSG_SPACE(nr * sizeof(*fds));
	control = CMSG_FIRSTHDR(header);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(nr * sizeof(*fds));
	memcpy(CMSG_DATA(control), fds, nr * sizeof(*fds));
}

/* They go with the first byte. */
static ssize_t send_some(int fd, const char *bytes, size_t size, const int *fds,
			 size_t nr_fds)
{
	char control[CMSG_SPACE(TABLE_REGIONS * sizeof(*fds))] = { 0 };
	struct iovec iov = { (char *)bytes, size };
	struct msghdr header = { .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = nr_fds ? control : NULL };

	if (nr_fds)
		add_fds(&header, fds, nr_fds);
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_all(const struct twinos_vhost_user *link, const char *bytes,
		    size_t size, const int *fds, size_t nr_fds)
{
	ssize_t sent;
	int ret;

	while (size) {
		ret = await(link, POLLOUT);
		if (ret)
			return ret;
		sent = send_some(link->fd, bytes, size, fds, nr_fds);
		if (sent < 0 && !try_again())
			return -errno;
		if (sent <= 0)
			continue;
		bytes += sent;
		size -= (size_t)sent;
		nr_fds = 0;
	}
	return 0;
}

/* Fds that come with them are closed by the kernel: there is no room for any. */
static int receive_all(const struct twinos_vhost_user *link, void *to,
		       size_t size)
{
	char *bytes = to;
	ssize_t got;
	int ret;

	while (size) {
		ret = await(link, POLLIN);
		if (ret)
			return ret;
		got = recv(link->fd, bytes, size, MSG_DONTWAIT);
		if (!got)
			return -ECONNRESET;
		if (got < 0 && !try_again())
			return -errno;
		if (got < 0)
			continue;
		bytes += got;
		size -= (size_t)got;
	}
	return 0;
}

/* ---- messages ---- */

static int send_message(const struct twinos_vhost_user *link,
			const struct message *message, uint32_t flags)
{
	char bytes[sizeof(struct header) + sizeof(union payload)];
	const struct header header = { message->request, FLAG_VERSION | flags,
				       (uint32_t)message->size };

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &message->payload, message->size);
	return send_all(link, bytes, sizeof(header) + message->size,
			message->fds, message->nr_fds);
}

/* The one answer to @request, of @size bytes. */
static int receive(const struct twinos_vhost_user *link, enum request request,
		   union payload *payload, size_t size)
{
	struct header header;
	int ret = receive_all(link, &header, sizeof(header));

	if (ret)
		return ret;
	if (header.request != request || !(header.flags & FLAG_REPLY) ||
	    (header.flags & FLAG_VERSION_MASK) != FLAG_VERSION ||
	    header.size != size)
		return -EPROTO;
	return receive_all(link, payload, size);
}

/* The daemon has done what it was told, if it is one that says so. */
static int tell(const struct twinos_vhost_user *link,
		const struct message *message)
{
	bool answers = link->protocol & PROTOCOL_REPLY_ACK;
	union payload payload;
	int ret;

	ret = send_message(link, message, answers ? FLAG_NEED_REPLY : 0);
	if (ret || !answers)
		return ret;
	ret = receive(link, message->request, &payload, sizeof(payload.u64));
	if (ret)
		return ret;
	return payload.u64 ? -EREMOTEIO : 0;
}

static int tell_u64(const struct twinos_vhost_user *link, enum request request,
		    uint64_t value)
{
	const struct message message = { .request = request,
					 .payload.u64 = value,
					 .size = sizeof(value) };

	return tell(link, &message);
}

static int ask_u64(const struct twinos_vhost_user *link, enum request request,
		   uint64_t *value)
{
	const struct message message = { .request = request };
	union payload payload;
	int ret = send_message(link, &message, 0);

	if (!ret)
		ret = receive(link, request, &payload, sizeof(payload.u64));
	if (!ret)
		*value = payload.u64;
	return ret;
}

/* ---- the daemon ---- */

static int agree_on_protocol(struct twinos_vhost_user *link)
{
	uint64_t protocol;
	int ret = ask_u64(link, GET_PROTOCOL_FEATURES, &protocol);

	if (ret)
		return ret;
	protocol &= PROTOCOL_KNOWN;
	ret = tell_u64(link, SET_PROTOCOL_FEATURES, protocol);
	if (!ret)
		link->protocol = protocol;
	return ret;
}

int twinos_vhost_user_begin(struct twinos_vhost_user *link, int fd)
{
	const struct message own = { .request = SET_OWNER };
	int ret;

	link->fd = fd;
	link->protocol = 0;
	link->has_memory = false;
	set_limit(link);
	ret = ask_u64(link, GET_FEATURES, &link->features);
	if (ret)
		return ret;
	if (!(link->features & BIT(VIRTIO_F_VERSION_1)))
		return -EOPNOTSUPP;
	if (link->features & HAS_PROTOCOL)
		ret = agree_on_protocol(link);
	return ret ? ret : tell(link, &own);
}

int twinos_vhost_user_config(struct twinos_vhost_user *link, uint8_t *config,
			     size_t size)
{
	struct message message = { .request = GET_CONFIG };
	union payload answer;
	int ret;

	if (!(link->protocol & PROTOCOL_CONFIG))
		return -EOPNOTSUPP;
	message.payload.config.size = (uint32_t)size;
	message.size = offsetof(union payload, config.bytes) + size;
	set_limit(link);
	ret = send_message(link, &message, 0);
	if (!ret)
		ret = receive(link, GET_CONFIG, &answer, message.size);
	if (ret)
		return ret;
	if (answer.config.offset || answer.config.size != size)
		return -EPROTO;
	memcpy(config, answer.config.bytes, size);
	return 0;
}

/* ---- memory ---- */

static struct region describe(const struct twinos_twinmem_region *region)
{
	return (struct region){ .guest_address = region->start,
				.size = region->length,
				.user_address = region->start };
}

static void close_fds(const struct message *message)
{
	size_t i;

	for (i = 0; i < message->nr_fds; i++)
		close(message->fds[i]);
}

static int add_fd(struct message *message, const struct twinos_twinmem *memory,
		  size_t i)
{
	int fd = memory->get_fd ? memory->get_fd(memory, i) : -EOPNOTSUPP;

	if (fd < 0)
		return fd;
	message->fds[message->nr_fds++] = fd;
	return 0;
}

static int tell_table(const struct twinos_vhost_user *link,
		      const struct twinos_twinmem *memory)
{
	struct message message = { .request = SET_MEM_TABLE };
	size_t i;
	int ret = 0;

	message.payload.table.nr = (uint32_t)memory->nr;
	message.size = offsetof(union payload, table.regions[memory->nr]);
	for (i = 0; i < memory->nr && !ret; i++) {
		message.payload.table.regions[i] =
			describe(&memory->regions[i]);
		ret = add_fd(&message, memory, i);
	}
	if (!ret)
		ret = tell(link, &message);
	close_fds(&message);
	return ret;
}

static int tell_slot(const struct twinos_vhost_user *link,
		     const struct twinos_twinmem *memory, size_t i)
{
	struct message message = {
		.request = ADD_MEM_REG,
		.payload.slot.region = describe(&memory->regions[i]),
		.size = sizeof(message.payload.slot),
	};
	int ret = add_fd(&message, memory, i);

	if (!ret)
		ret = tell(link, &message);
	close_fds(&message);
	return ret;
}

static int tell_slots(const struct twinos_vhost_user *link,
		      const struct twinos_twinmem *memory)
{
	uint64_t max;
	size_t i;
	int ret;

	if (!(link->protocol & PROTOCOL_MEM_SLOTS))
		return -E2BIG;
	ret = ask_u64(link, GET_MAX_MEM_SLOTS, &max);
	if (!ret && memory->nr > max)
		ret = -E2BIG;
	for (i = 0; i < memory->nr && !ret; i++)
		ret = tell_slot(link, memory, i);
	return ret;
}

/* It stays where it is for as long as the connection lasts. */
static int tell_memory(struct twinos_vhost_user *link,
		       const struct twinos_twinmem *memory)
{
	int ret;

	if (link->has_memory)
		return 0;
	ret = memory->nr <= TABLE_REGIONS ? tell_table(link, memory) :
					    tell_slots(link, memory);
	link->has_memory = !ret;
	return ret;
}

/* ---- queues ---- */

static int tell_state(const struct twinos_vhost_user *link,
		      enum request request, unsigned int index,
		      unsigned int value)
{
	const struct message message = {
		.request = request,
		.payload.state = { .index = index, .num = value },
		.size = sizeof(message.payload.state),
	};

	return tell(link, &message);
}

static int tell_address(const struct twinos_vhost_user *link,
			unsigned int index,
			const struct twinos_vdev_queue *queue)
{
	const struct message message = {
		.request = SET_VRING_ADDR,
		.payload.addr = { .index = index,
				  .desc_user_addr = queue->desc,
				  .avail_user_addr = queue->driver,
				  .used_user_addr = queue->device },
		.size = sizeof(message.payload.addr),
	};

	return tell(link, &message);
}

static int tell_fd(const struct twinos_vhost_user *link, enum request request,
		   unsigned int index, int fd)
{
	const struct message message = {
		.request = request,
		.payload.u64 = index,
		.size = sizeof(message.payload.u64),
		.fds = { fd },
		.nr_fds = 1,
	};

	return tell(link, &message);
}

static int enable(const struct twinos_vhost_user *link, unsigned int index,
		  bool on)
{
	/* Without features of the protocol a queue is so by itself. */
	if (!(link->features & HAS_PROTOCOL))
		return 0;
	return tell_state(link, SET_VRING_ENABLE, index, on);
}

static int start_queue(const struct twinos_vhost_user *link, unsigned int index,
		       const struct twinos_vdev_queue *queue,
		       const struct twinos_twinmem *memory)
{
	struct twinos_rings rings;
	int ret;

	if (!twinos_rings_find(&rings, memory, queue))
		return -EINVAL;
	ret = tell_state(link, SET_VRING_NUM, index, queue->size);
	if (!ret)
		ret = tell_state(link, SET_VRING_BASE, index,
				 twinos_rings_base(&rings));
	if (!ret)
		ret = tell_address(link, index, queue);
	if (!ret)
		ret = tell_fd(link, SET_VRING_CALL, index, queue->call);
	if (!ret)
		ret = tell_fd(link, SET_VRING_KICK, index, queue->kick);
	if (!ret)
		ret = enable(link, index, true);
	/* For what was queued before. */
	if (!ret)
		(void)!eventfd_write(queue->kick, 1);
	return ret;
}

int twinos_vhost_user_start(struct twinos_vhost_user *link,
			    const struct twinos_vdev_setup *setup,
			    unsigned int nr)
{
	uint64_t features = setup->features & link->features;
	unsigned int i;
	int ret;

	set_limit(link);
	ret = tell_u64(link, SET_FEATURES,
		       features | (link->features & HAS_PROTOCOL));
	if (!ret)
		ret = tell_memory(link, setup->memory);
	for (i = 0; i < nr && !ret; i++)
		if (setup->queues[i].ready)
			ret = start_queue(link, i, &setup->queues[i],
					  setup->memory);
	return ret;
}

/* How far it has come is in the ring as well. */
static int stop_queue(const struct twinos_vhost_user *link, unsigned int index)
{
	const struct message message = {
		.request = GET_VRING_BASE,
		.payload.state = { .index = index },
		.size = sizeof(message.payload.state),
	};
	union payload answer;
	int ret = enable(link, index, false);

	if (!ret)
		ret = send_message(link, &message, 0);
	if (!ret)
		ret = receive(link, GET_VRING_BASE, &answer,
			      sizeof(answer.state));
	return ret;
}

int twinos_vhost_user_stop(struct twinos_vhost_user *link,
			   const struct twinos_vdev_setup *setup,
			   unsigned int nr)
{
	unsigned int i;
	int ret = 0;

	set_limit(link);
	for (i = 0; i < nr && !ret; i++)
		if (setup->queues[i].ready)
			ret = stop_queue(link, i);
	return ret;
}

/* ---- the end ---- */

static bool has_left(int fd, int wait_ms)
{
	struct pollfd hangup = { .fd = fd };

	return poll(&hangup, 1, wait_ms) > 0 && hangup.revents & POLLHUP;
}

bool twinos_vhost_user_is_lost(const struct twinos_vhost_user *link)
{
	return link->fd >= 0 && has_left(link->fd, 0);
}

/* Not left to the close: a child of ours may have the fd too. */
void twinos_vhost_user_end(struct twinos_vhost_user *link, int wait_ms)
{
	if (link->fd < 0)
		return;
	shutdown(link->fd, SHUT_WR);
	has_left(link->fd, wait_ms);
	shutdown(link->fd, SHUT_RDWR);
	close(link->fd);
	link->fd = -1;
}
