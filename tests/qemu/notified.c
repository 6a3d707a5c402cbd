// SPDX-License-Identifier: GPL-2.0-only
/* notified PATH - print what comes to a datagram socket there, a line each, as systemd. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	char message[1024];
	ssize_t got;
	int fd = argc == 2 ? listen_at(argv[1]) : -1;

	if (fd < 0) {
		perror("notified");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((got = recv(fd, message, sizeof(message), 0)) >= 0)
		printf("%.*s\n", (int)got, message);
	return 1;
}
