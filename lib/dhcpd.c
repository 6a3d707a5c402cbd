// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dhcpd.h"
#include "error.h"
#include "uplinks.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68

#define REQUEST_MAX 1500 /* what is longer is cut, and nobody's request */

static int set_option(int fd, int option)
{
	const int yes = 1;

	return setsockopt(fd, SOL_SOCKET, option, &yes, sizeof(yes)) ? -errno :
								       0;
}

/*
 * Without checksums: clients read packets from below the kernel, where one that a tap
 * has left for a device to fill in would be taken for a wrong one.
 */
static int bind_to(int fd, const char *interface)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(SERVER_PORT) };
	int ret;

	ret = set_option(fd, SO_BROADCAST);
	if (!ret)
		ret = set_option(fd, SO_REUSEADDR);
	if (!ret)
		ret = set_option(fd, SO_NO_CHECK);
	if (ret)
		return ret;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)))
		return -errno;
	return 0;
}

int twinos_dhcpd_open(struct twinos_dhcpd *dhcpd, const char *interface,
		      struct twinos_error *err)
{
	int ret;

	dhcpd->socket =
		socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = dhcpd->socket < 0 ? -errno : bind_to(dhcpd->socket, interface);
	if (!ret)
		return 0;
	twinos_dhcpd_close(dhcpd);
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, -ret,
		"net: can't serve DHCP on tap '%s': %s; no-dhcp leaves it out",
		interface, strerror(-ret));
}

/* ---- the thread ---- */

static void find_names(struct twinos_dhcp_offer *offer)
{
	struct twinos_hostfs fs;

	if (twinos_hostfs_open(&fs, "/"))
		return;
	offer->nr_name_servers = twinos_uplinks_servers(
		&fs, offer->name_servers, TWINOS_DHCP_NAME_SERVERS);
	twinos_hostfs_close(&fs);
}

static void send_answer(const struct twinos_dhcpd *dhcpd,
			const struct twinos_dhcp_answer *answer)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(CLIENT_PORT),
				  .sin_addr = answer->to };

	/* It asks again if it gets none. */
	(void)!sendto(dhcpd->socket, answer->data, answer->size, MSG_DONTWAIT,
		      (struct sockaddr *)&to, sizeof(to));
}

static void answer_one(const struct twinos_dhcpd *dhcpd)
{
	struct twinos_dhcp_offer offer = dhcpd->offer;
	struct twinos_dhcp_answer answer;
	char request[REQUEST_MAX];
	ssize_t got;

	got = recv(dhcpd->socket, request, sizeof(request), 0);
	if (got < 0)
		return;
	if (dhcpd->names)
		find_names(&offer);
	twinos_dhcp_answer(&offer, request, (size_t)got, &answer);
	if (answer.size)
		send_answer(dhcpd, &answer);
}

static void *serve(void *ctx)
{
	const struct twinos_dhcpd *dhcpd = ctx;
	struct pollfd fds[] = {
		{ .fd = dhcpd->socket, .events = POLLIN },
		{ .fd = dhcpd->end, .events = POLLIN },
	};

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			answer_one(dhcpd);
	}
	return NULL;
}

/* Signals are the business of the program's own threads. */
static int start_thread(struct twinos_dhcpd *dhcpd)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&dhcpd->thread, NULL, serve, dhcpd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

int twinos_dhcpd_start(struct twinos_dhcpd *dhcpd)
{
	int ret;

	dhcpd->end = eventfd(0, EFD_CLOEXEC);
	if (dhcpd->end < 0)
		return -errno;
	ret = start_thread(dhcpd);
	if (ret)
		close(dhcpd->end);
	return ret;
}

void twinos_dhcpd_stop(struct twinos_dhcpd *dhcpd)
{
	(void)!eventfd_write(dhcpd->end, 1);
	pthread_join(dhcpd->thread, NULL);
	close(dhcpd->end);
}

void twinos_dhcpd_close(struct twinos_dhcpd *dhcpd)
{
	if (dhcpd->socket >= 0)
		close(dhcpd->socket);
	dhcpd->socket = -1;
}
