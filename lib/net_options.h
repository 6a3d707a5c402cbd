/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the user says of a network card:
 *
 *	tap=NAME	a tap that is there already, for this twin alone
 *	bridge=BR	a tap of the twin's own, as a port of this bridge
 *	(neither)	a tap of its own
 *	host=ADDR/LEN	the IPv4 address of the tap, which is the host's end
 *	nat		with host=: what the twin sends further than to this host goes out
 *			with this host's address (see nat.h); needs the program nft
 *	guest=ADDR	for a tap of its own with host=, whose twin can get its address by
 *			DHCP (see dhcp.h): which one, in the same net. Without it the one
 *			behind the host's
 *	no-dhcp		for such a tap: no DHCP
 *	mac=XX:...	the twin's address. Without it one that stays the same for
 *			tap=NAME on this host, as no two twins can have it at once,
 *			and a random one for a tap of its own
 *	queues=N	so many pairs of queues (1), and as many threads of the host's
 *			kernel's that carry packets; one for each CPU of the twin is enough.
 *			tap=NAME must have been made with multi_queue if it is not 1
 *	busy-poll=US	have the kernel look for packets so long before it sleeps
 */
#ifndef TWINOS_LIB_NET_OPTIONS_H
#define TWINOS_LIB_NET_OPTIONS_H

#include <net/if.h>

#include "libtwinos.h"
#include "mac.h"
#include "netif.h"
#include "vdev.h"

#define TWINOS_NET_QUEUES_MAX 8

/**
 * struct twinos_net_options - see above
 * @tap: "" if it is not given
 * @bridge: as above
 * @host: its length is 0 if it is not given
 * @nat: is given
 * @guest: what DHCP gives; 0 if there is none
 * @mac: always there
 * @queues: at least 1
 * @busy_poll: in us; 0 if it is not given
 */
struct twinos_net_options {
	char tap[IFNAMSIZ];
	char bridge[IFNAMSIZ];
	struct twinos_netif_address host;
	bool nat;
	struct in_addr guest;
	struct twinos_mac mac;
	unsigned int queues;
	unsigned int busy_poll;
};

/* twinos_net_parse() - also fills vdev->name; 0 or -errno with a line in @err */
int twinos_net_parse(struct twinos_net_options *options,
		     struct twinos_vdev *vdev, const char *text,
		     struct twinos_error *err);

#endif
