// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostfs.h"
#include "netif.h"

static bool parse_length(const char *text, unsigned int *length)
{
	if (!*text || strlen(text) > 2 || text[strspn(text, "0123456789")])
		return false;
	*length = strtoul(text, NULL, 10);
	return *length >= 1 && *length <= 32;
}

/* Not "this net", loopback, multicast or reserved. */
static bool can_be_hosts(struct in_addr addr)
{
	unsigned int first = ntohl(addr.s_addr) >> 24;

	return first && first != 127 && first < 224;
}

bool twinos_netif_parse_address(struct twinos_netif_address *address,
				const char *text)
{
	const char *slash = strchr(text, '/');
	char addr[INET_ADDRSTRLEN] = "";

	if (!slash || slash - text >= (ptrdiff_t)sizeof(addr))
		return false;
	memcpy(addr, text, slash - text);
	return inet_pton(AF_INET, addr, &address->addr) == 1 &&
	       can_be_hosts(address->addr) &&
	       parse_length(slash + 1, &address->length);
}

/* Nets of two have neither an address of their own nor one of all. */
static void hosts(const struct twinos_netif_address *address, uint32_t *first,
		  uint32_t *last)
{
	uint32_t mask = ~0u << (32 - address->length);
	uint32_t edge = address->length < 31;

	*first = (ntohl(address->addr.s_addr) & mask) + edge;
	*last = (ntohl(address->addr.s_addr) | ~mask) - edge;
}

bool twinos_netif_has_peer(const struct twinos_netif_address *address,
			   struct in_addr peer)
{
	uint32_t first, last, addr = ntohl(peer.s_addr);

	hosts(address, &first, &last);
	return addr >= first && addr <= last &&
	       peer.s_addr != address->addr.s_addr && can_be_hosts(peer);
}

bool twinos_netif_next(const struct twinos_netif_address *address,
		       struct in_addr *next)
{
	uint32_t first, last, addr = ntohl(address->addr.s_addr);

	hosts(address, &first, &last);
	next->s_addr = htonl(addr < last ? addr + 1 : first);
	return twinos_netif_has_peer(address, *next);
}

static int name_request(struct ifreq *request, const char *name)
{
	*request = (struct ifreq){ 0 };
	if (strlen(name) >= sizeof(request->ifr_name))
		return -ENODEV;
	strcpy(request->ifr_name, name);
	return 0;
}

/* A socket is only the way to the kernel: any of the family does. */
static int call(unsigned long number, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, number, request) ? -errno : 0;
	close(fd);
	return ret;
}

int twinos_netif_set_mac(const char *name, const struct twinos_mac *mac)
{
	struct ifreq request;
	int ret = name_request(&request, name);

	if (ret)
		return ret;
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac->bytes, sizeof(mac->bytes));
	return call(SIOCSIFHWADDR, &request);
}

static int set_inet(unsigned long number, const char *name, struct in_addr addr)
{
	struct sockaddr_in inet = { .sin_family = AF_INET, .sin_addr = addr };
	struct ifreq request;
	int ret = name_request(&request, name);

	if (ret)
		return ret;
	memcpy(&request.ifr_addr, &inet, sizeof(inet));
	return call(number, &request);
}

int twinos_netif_set_address(const char *name,
			     const struct twinos_netif_address *address)
{
	struct in_addr mask = { htonl(~0u << (32 - address->length)) };
	int ret = set_inet(SIOCSIFADDR, name, address->addr);

	return ret ? ret : set_inet(SIOCSIFNETMASK, name, mask);
}

int twinos_netif_join(const char *name, const char *bridge)
{
	struct ifreq request;
	int ret = name_request(&request, bridge);

	if (ret)
		return ret;
	request.ifr_ifindex = if_nametoindex(name);
	if (!request.ifr_ifindex)
		return -errno;
	return call(SIOCBRADDIF, &request);
}

bool twinos_netif_runs(const char *name)
{
	char path[sizeof("/sys/class/net//carrier") + IFNAMSIZ];
	struct twinos_hostfs fs;
	uint64_t carrier = 0;

	if (strlen(name) >= IFNAMSIZ || twinos_hostfs_open(&fs, "/"))
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", name);
	/* There is an error instead of a number while it is down. */
	if (twinos_hostfs_number(&fs, path, &carrier))
		carrier = 0;
	twinos_hostfs_close(&fs);
	return carrier;
}

int twinos_netif_set_up(const char *name)
{
	struct ifreq request;
	int ret = name_request(&request, name);

	if (!ret)
		ret = call(SIOCGIFFLAGS, &request);
	if (ret || request.ifr_flags & IFF_UP)
		return ret;
	request.ifr_flags |= IFF_UP;
	return call(SIOCSIFFLAGS, &request);
}
