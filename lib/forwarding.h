/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * That this host forwards the IPv4 packets that come in by one interface
 * (net.ipv4.conf.NAME.forwarding), which is on as long as somebody holds it.
 *
 * Holders are counted over all processes, by locks on a file for each interface that
 * also remembers how it was before. The last one sets that again, unless the whole host
 * has become a router in the meantime.
 */
#ifndef TWINOS_LIB_FORWARDING_H
#define TWINOS_LIB_FORWARDING_H

#include <net/if.h>

/**
 * struct twinos_forwarding - a hold
 * @fd: of the file; the hold is given up when its last copy is closed, but how it was
 *	before is set by twinos_forwarding_drop() alone, or by the next holder's
 * @name: of the interface
 */
struct twinos_forwarding {
	int fd;
	char name[IFNAMSIZ];
};

/* twinos_forwarding_hold() - 0 or -errno, -ENODEV: there is no such interface */
int twinos_forwarding_hold(struct twinos_forwarding *forwarding,
			   const char *name);

/*
 * twinos_forwarding_drop() - also where the interface has gone. Nothing but system calls:
 * it may be called in the child of a process with threads.
 */
void twinos_forwarding_drop(struct twinos_forwarding *forwarding);

#endif
