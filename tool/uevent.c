// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stamp.h"
#include "uevent.h"

/* The kernel's: UEVENT_BUFFER_SIZE of <linux/kobject.h>, and a header before it. */
#define MESSAGE_MAX 8192

/* Many for one who is not waited for: others than twins send to it too. */
#define QUEUE_BYTES (8 << 20)

#define KERNEL_GROUP 1 /* 2 is udevd's */

static const char *const state_names[] = TWINOS_STATE_NAMES;
static const char *const reason_names[] = TWINOS_REASON_NAMES;

#define COUNT(names) (sizeof(names) / sizeof(*(names)))

int uevent_open(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	const int room = QUEUE_BYTES;
	int fd, ret;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	/* Who may not have so much gets what there is. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (!bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* Processes can send there too, but none has the kernel's number. */
static int receive(int fd, char *message, size_t size)
{
	struct sockaddr_nl from = { .nl_pid = 1 };
	socklen_t length = sizeof(from);
	ssize_t got;

	do {
		got = recvfrom(fd, message, size, 0, (struct sockaddr *)&from,
			       &length);
	} while (got >= 0 ? from.nl_pid != 0 : errno == EINTR);
	return got < 0 ? -errno : (int)got;
}

int uevent_next(int fd, struct uevent *uevent)
{
	char message[MESSAGE_MAX];
	int got;

	do {
		got = receive(fd, message, sizeof(message));
		if (got < 0)
			return got == -EAGAIN ? 0 : got;
	} while (!uevent_parse(uevent, message, (size_t)got));
	uevent->time_ms = stamp_now();
	return 1;
}

/* ---- the message: a title, then KEY=VALUE, each with a NUL behind it ---- */

/* NULL: there is no such key, or the message is cut in it. */
static const char *value_of(const char *data, size_t length, const char *key)
{
	const char *end = data + length, *next;
	size_t size = strlen(key);

	for (; (next = memchr(data, '\0', (size_t)(end - data)));
	     data = next + 1)
		if (!strncmp(data, key, size) && data[size] == '=')
			return data + size + 1;
	return NULL;
}

static bool take_name(struct uevent *uevent, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	size_t length = slash ? strlen(slash + 1) : 0;

	if (!length || length >= sizeof(uevent->name))
		return false;
	memcpy(uevent->name, slash + 1, length + 1);
	return true;
}

static bool take_word(unsigned int *into, const char *const *names, size_t nr,
		      const char *word)
{
	for (*into = 0; word && *into < nr; ++*into)
		if (!strcmp(names[*into], word))
			return true;
	return false;
}

static bool take_change(struct uevent *uevent, const char *data, size_t length)
{
	return take_word(&uevent->state, state_names, COUNT(state_names),
			 value_of(data, length, "TWINOS_STATE")) &&
	       take_word(&uevent->reason, reason_names, COUNT(reason_names),
			 value_of(data, length, "TWINOS_REASON"));
}

bool uevent_parse(struct uevent *uevent, const char *data, size_t length)
{
	const char *subsystem = value_of(data, length, "SUBSYSTEM");
	const char *action = value_of(data, length, "ACTION");

	*uevent = (struct uevent){ .state = TWINOS_CREATED };
	if (!subsystem || strcmp(subsystem, "twinos") || !action ||
	    !take_name(uevent, value_of(data, length, "DEVPATH")))
		return false;
	if (!strcmp(action, "change"))
		return take_change(uevent, data, length);
	uevent->removed = !strcmp(action, "remove");
	return uevent->removed || !strcmp(action, "add");
}
