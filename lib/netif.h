/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network interface of the host. All give 0 or -errno; -ENODEV: there is none. */
#ifndef TWINOS_LIB_NETIF_H
#define TWINOS_LIB_NETIF_H

#include <netinet/in.h>
#include <stdbool.h>

#include "mac.h"

/**
 * struct twinos_netif_address - an IPv4 address and how many bits of it are the net's
 */
struct twinos_netif_address {
	struct in_addr addr;
	unsigned int length;
};

/* twinos_netif_parse_address() - "192.168.7.1/24"; one that a host can have */
bool twinos_netif_parse_address(struct twinos_netif_address *address,
				const char *text);

/* twinos_netif_next() - the next host's address in its net; false: there is no other */
bool twinos_netif_next(const struct twinos_netif_address *address,
		       struct in_addr *next);

/* twinos_netif_has_peer() - @peer can be another host's address in its net */
bool twinos_netif_has_peer(const struct twinos_netif_address *address,
			   struct in_addr peer);

int twinos_netif_set_mac(const char *name, const struct twinos_mac *mac);

/* twinos_netif_set_address() - in place of one it has */
int twinos_netif_set_address(const char *name,
			     const struct twinos_netif_address *address);

/* twinos_netif_join() - make it a port of @bridge; -EOPNOTSUPP: that is none */
int twinos_netif_join(const char *name, const char *bridge);

/* twinos_netif_runs() - it is up, and somebody is at its other end */
bool twinos_netif_runs(const char *name);

/* twinos_netif_set_up() - unless it is up, which takes no right */
int twinos_netif_set_up(const char *name);

#endif
