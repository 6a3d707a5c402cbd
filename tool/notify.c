// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

#define MESSAGE_MAX 512

/* Length of the address; 0: it is none. An '@' stands for the NUL of abstract ones. */
static socklen_t make_address(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	if ((*path != '/' && *path != '@') || length < 2 ||
	    length >= sizeof(address->sun_path))
		return 0;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length + 1);
	if (*path == '@')
		*address->sun_path = '\0';
	/* The NUL belongs to a path, and would belong to an abstract name. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
			   (*path == '/'));
}

static void send_message(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t length = path ? make_address(&address, path) : 0;
	int fd;

	if (!length)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, message, strlen(message), MSG_NOSIGNAL,
		      (struct sockaddr *)&address, length);
	close(fd);
}

void notify_ready(void)
{
	send_message("READY=1");
}

/* A newline would begin another word. */
void notify_status(const char *format, ...)
{
	char message[MESSAGE_MAX] = "STATUS=";
	size_t head = strlen(message);
	va_list args;

	va_start(args, format);
	vsnprintf(message + head, sizeof(message) - head, format, args);
	va_end(args);
	message[strcspn(message, "\n")] = '\0';
	send_message(message);
}

void notify_stopping(void)
{
	send_message("STOPPING=1");
}
