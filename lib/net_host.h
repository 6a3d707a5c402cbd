/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's end of a network card: a tap, where it leads to, and what serves the twin
 * there.
 */
#ifndef TWINOS_LIB_NET_HOST_H
#define TWINOS_LIB_NET_HOST_H

#include "dhcpd.h"
#include "nat.h"
#include "net_options.h"
#include "tap.h"

/**
 * struct twinos_net_host
 * @nat: closed if it is not wanted
 * @dhcpd: not open if there is none
 */
struct twinos_net_host {
	struct twinos_tap tap;
	struct twinos_nat nat;
	struct twinos_dhcpd dhcpd;
};

/* twinos_net_host_init() - closed */
void twinos_net_host_init(struct twinos_net_host *host);

/* twinos_net_host_open() - all that @options want; close it also on failure */
int twinos_net_host_open(struct twinos_net_host *host,
			 const struct twinos_net_options *options,
			 struct twinos_error *err);

/* twinos_net_host_start() - there may be requests from now on; 0 or -errno */
int twinos_net_host_start(struct twinos_net_host *host);
void twinos_net_host_stop(struct twinos_net_host *host);

/* twinos_net_host_close() - not while it is started */
void twinos_net_host_close(struct twinos_net_host *host);

#endif
