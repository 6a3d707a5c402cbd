/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ethernet addresses. Those made here are locally administered: 02:... */
#ifndef TWINOS_LIB_MAC_H
#define TWINOS_LIB_MAC_H

#include <stdbool.h>
#include <stdint.h>

struct twinos_mac {
	uint8_t bytes[6];
};

#define TWINOS_MAC_TEXT 18 /* "02:00:00:00:00:01" with the closing NUL */

/* twinos_mac_parse() - six pairs of hexadecimal digits; of one station, not of many */
bool twinos_mac_parse(struct twinos_mac *mac, const char *text);

void twinos_mac_format(const struct twinos_mac *mac,
		       char text[TWINOS_MAC_TEXT]);

/* twinos_mac_random() - one that nobody else has, by chance; 0 or -errno */
int twinos_mac_random(struct twinos_mac *mac);

/* twinos_mac_of() - always the same for @host and @name, most likely no other's */
void twinos_mac_of(struct twinos_mac *mac, const char *host, const char *name);

/*
 * twinos_mac_peer() - for the host's end of a line whose twin's end has @mac. It is
 * high: a bridge takes the lowest address of its ports for its own, and should not
 * change it because a twin comes or goes.
 */
struct twinos_mac twinos_mac_peer(const struct twinos_mac *mac);

#endif
