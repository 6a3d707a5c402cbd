/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DHCP server for the one station at the other end of an interface. */
#ifndef TWINOS_LIB_DHCPD_H
#define TWINOS_LIB_DHCPD_H

#include <pthread.h>
#include <stdbool.h>

#include "dhcp.h"
#include "libtwinos.h"

/**
 * struct twinos_dhcpd
 * @offer: what it has to give
 * @names: also the name servers that this host asks, as they are at each answer
 * @socket: bound to the interface; -1: it is not open
 * @end: while it runs, an eventfd that ends it
 */
struct twinos_dhcpd {
	struct twinos_dhcp_offer offer;
	bool names;
	int socket;
	int end;
	pthread_t thread;
};

/* twinos_dhcpd_open() - take the port, with ->offer and ->names filled */
int twinos_dhcpd_open(struct twinos_dhcpd *dhcpd, const char *interface,
		      struct twinos_error *err);

/* twinos_dhcpd_start() - a thread that answers; 0 or -errno */
int twinos_dhcpd_start(struct twinos_dhcpd *dhcpd);

/* twinos_dhcpd_stop() - after a start */
void twinos_dhcpd_stop(struct twinos_dhcpd *dhcpd);

/* twinos_dhcpd_close() - not while it runs; also of one that is not open */
void twinos_dhcpd_close(struct twinos_dhcpd *dhcpd);

#endif
