/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IPv4 masquerading: what comes in by one interface goes out with this host's address,
 * and nobody out there reaches what is behind it. It is done by a table of rules of its
 * own, "twinos_" and the interface's name, that the program nft makes.
 *
 * Where this host does not forward (net.ipv4.ip_forward is 0) that is turned on as well,
 * but for the interface and those of the default routes alone.
 *
 * A child of ours, the keeper, undoes it all as soon as we are gone, however we end.
 */
#ifndef TWINOS_LIB_NAT_H
#define TWINOS_LIB_NAT_H

#include <sys/types.h>

#include "libtwinos.h"

/**
 * struct twinos_nat
 * @keeper: 0: there is none, and no masquerading
 * @end: a socket to the keeper, for which a byte or its end is the end of all
 */
struct twinos_nat {
	pid_t keeper;
	int end;
};

int twinos_nat_open(struct twinos_nat *nat, const char *interface,
		    struct twinos_error *err);

/* twinos_nat_close() - also of one that is all 0 */
void twinos_nat_close(struct twinos_nat *nat);

#endif
