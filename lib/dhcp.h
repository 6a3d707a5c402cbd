/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a DHCP server (RFC 2131) answers that has one address, for one station. Requests
 * are hostile: nothing but a good one gets an answer, and an answer goes nowhere but to
 * that station.
 */
#ifndef TWINOS_LIB_DHCP_H
#define TWINOS_LIB_DHCP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "mac.h"
#include "netif.h"

#define TWINOS_DHCP_NAME_SERVERS 3
#define TWINOS_DHCP_LEASE 3600 /* s */
/* What every station takes, without the headers of IP and UDP */
#define TWINOS_DHCP_MAX (576 - 28)

/**
 * struct twinos_dhcp_offer
 * @mac: of the station
 * @client: its address
 * @server: ours, which is its way out too, and how many bits of it are the net's
 * @name_servers: @nr_name_servers of them
 */
struct twinos_dhcp_offer {
	struct twinos_mac mac;
	struct in_addr client;
	struct twinos_netif_address server;
	struct in_addr name_servers[TWINOS_DHCP_NAME_SERVERS];
	size_t nr_name_servers;
};

/**
 * struct twinos_dhcp_answer
 * @to: the station's address, if it has it already, or all stations
 * @size: of @data; 0: there is no answer
 */
struct twinos_dhcp_answer {
	struct in_addr to;
	size_t size;
	uint8_t data[TWINOS_DHCP_MAX];
};

/* twinos_dhcp_answer() - @request: what came by UDP, @size bytes of it */
void twinos_dhcp_answer(const struct twinos_dhcp_offer *offer,
			const void *request, size_t size,
			struct twinos_dhcp_answer *answer);

#endif
