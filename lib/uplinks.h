/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of this host's network others are to be led to: its way out, its name servers. */
#ifndef TWINOS_LIB_UPLINKS_H
#define TWINOS_LIB_UPLINKS_H

#include <net/if.h>
#include <netinet/in.h>

#include "hostfs.h"

/*
 * twinos_uplinks_find() - the interfaces of its default routes, each once, at most @max
 * of them; returns how many
 */
size_t twinos_uplinks_find(const struct twinos_hostfs *fs,
			   char names[][IFNAMSIZ], size_t max);

/*
 * twinos_uplinks_servers() - its IPv4 name servers that others can ask as well, at most
 * @max of them; returns how many. One on its loopback is of no use to others: those that
 * systemd-resolved asks for us are.
 */
size_t twinos_uplinks_servers(const struct twinos_hostfs *fs,
			      struct in_addr *servers, size_t max);

#endif
