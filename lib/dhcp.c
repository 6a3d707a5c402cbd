// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdbool.h>
#include <string.h>

#include "dhcp.h"

enum { REQUEST_OP = 1, REPLY_OP, ETHERNET = 1 };

enum message {
	DISCOVER = 1,
	OFFER,
	REQUEST,
	DECLINE,
	ACK,
	NAK,
	RELEASE,
	INFORM
};

enum option {
	PAD = 0,
	MASK = 1,
	ROUTER = 3,
	NAME_SERVERS = 6,
	WANTED = 50,
	LEASE = 51,
	MESSAGE = 53,
	SERVER = 54,
	CLIENT_ID = 61,
	END = 255,
};

/* What stands before the options; numbers are in the network's order */
struct head {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64], file[128];
	uint8_t cookie[4];
};

_Static_assert(sizeof(struct head) == 240, "it is laid out without gaps");

/* Some clients drop what is shorter than BOOTP's messages were. */
#define LEAST 300

static const uint8_t cookie[] = { 99, 130, 83, 99 };

/**
 * struct request
 * @wanted: the address that it asks for; 0: not said
 * @server: whom it asks; 0: all
 * @id: what the client calls itself, an option as it stands there; NULL: nothing
 */
struct request {
	struct head head;
	uint8_t message;
	uint32_t wanted, server;
	const uint8_t *id;
};

/* ---- reading ---- */

/* Gives false where the option is not @size bytes long. */
static bool take(void *to, size_t size, const uint8_t *option)
{
	if (option[1] != size)
		return false;
	memcpy(to, option + 2, size);
	return true;
}

/* @option: its code, the length of its data, and the data, all of it there */
static bool take_option(struct request *request, const uint8_t *option)
{
	switch (option[0]) {
	case MESSAGE:
		return take(&request->message, sizeof(request->message),
			    option);
	case WANTED:
		return take(&request->wanted, sizeof(request->wanted), option);
	case SERVER:
		return take(&request->server, sizeof(request->server), option);
	case CLIENT_ID:
		request->id = option;
		return option[1];
	default:
		return true;
	}
}

/* The end may be missing, but not a part of an option. */
static bool take_options(struct request *request, const uint8_t *options,
			 size_t size)
{
	size_t at = 0;

	while (at < size && options[at] != END) {
		if (options[at] == PAD) {
			at++;
			continue;
		}
		if (size - at < 2 || size - at - 2 < options[at + 1] ||
		    !take_option(request, options + at))
			return false;
		at += 2 + (size_t)options[at + 1];
	}
	return true;
}

static bool is_from(const struct head *head, const struct twinos_mac *mac)
{
	return head->op == REQUEST_OP && head->htype == ETHERNET &&
	       head->hlen == sizeof(mac->bytes) &&
	       !memcmp(head->chaddr, mac->bytes, sizeof(mac->bytes)) &&
	       !head->giaddr;
}

static bool parse(struct request *request, const uint8_t *data, size_t size)
{
	*request = (struct request){ 0 };
	if (size < sizeof(request->head))
		return false;
	memcpy(&request->head, data, sizeof(request->head));
	return !memcmp(request->head.cookie, cookie, sizeof(cookie)) &&
	       take_options(request, data + sizeof(request->head),
			    size - sizeof(request->head));
}

/* ---- answering ---- */

/* 0: with nothing */
static uint8_t decide(const struct twinos_dhcp_offer *offer,
		      const struct request *request)
{
	uint32_t wanted = request->wanted ? request->wanted :
					    request->head.ciaddr;

	if (request->server && request->server != offer->server.addr.s_addr)
		return 0;
	switch (request->message) {
	case DISCOVER:
		return OFFER;
	case REQUEST:
		return wanted == offer->client.s_addr ? ACK : NAK;
	case INFORM:
		return request->head.ciaddr == offer->client.s_addr ? ACK : 0;
	default:
		return 0;
	}
}

/* They all fit, with an id of any length. */
static void put(struct twinos_dhcp_answer *answer, uint8_t code,
		const void *data, size_t size)
{
	uint8_t *to = answer->data + answer->size;

	*to++ = code;
	*to++ = (uint8_t)size;
	memcpy(to, data, size);
	answer->size += 2 + size;
}

static void put_net(struct twinos_dhcp_answer *answer,
		    const struct twinos_dhcp_offer *offer)
{
	const struct in_addr *router = &offer->server.addr;
	uint32_t mask = htonl(~0U << (32 - offer->server.length));

	put(answer, MASK, &mask, sizeof(mask));
	put(answer, ROUTER, router, sizeof(*router));
	if (offer->nr_name_servers)
		put(answer, NAME_SERVERS, offer->name_servers,
		    offer->nr_name_servers * sizeof(offer->name_servers[0]));
}

static void put_options(struct twinos_dhcp_answer *answer,
			const struct twinos_dhcp_offer *offer,
			const struct request *request, uint8_t message)
{
	uint32_t lease = htonl(TWINOS_DHCP_LEASE);

	put(answer, MESSAGE, &message, sizeof(message));
	put(answer, SERVER, &offer->server.addr, sizeof(offer->server.addr));
	if (request->id)
		put(answer, CLIENT_ID, request->id + 2, request->id[1]);
	if (message != NAK && request->message != INFORM)
		put(answer, LEASE, &lease, sizeof(lease));
	if (message != NAK)
		put_net(answer, offer);
	answer->data[answer->size++] = END;
}

static void put_head(struct twinos_dhcp_answer *answer,
		     const struct twinos_dhcp_offer *offer,
		     const struct request *request, uint8_t message)
{
	struct head head = {
		.op = REPLY_OP,
		.htype = ETHERNET,
		.hlen = request->head.hlen,
		.xid = request->head.xid,
		.flags = request->head.flags,
	};

	if (message == ACK)
		head.ciaddr = request->head.ciaddr;
	if (message != NAK && request->message != INFORM)
		head.yiaddr = offer->client.s_addr;
	memcpy(head.chaddr, request->head.chaddr, sizeof(head.chaddr));
	memcpy(head.cookie, cookie, sizeof(cookie));
	memcpy(answer->data, &head, sizeof(head));
	answer->size = sizeof(head);
}

void twinos_dhcp_answer(const struct twinos_dhcp_offer *offer, const void *data,
			size_t size, struct twinos_dhcp_answer *answer)
{
	struct request request;
	uint8_t message = 0;

	*answer = (struct twinos_dhcp_answer){ .to = { INADDR_BROADCAST } };
	if (parse(&request, data, size) && is_from(&request.head, &offer->mac))
		message = decide(offer, &request);
	if (!message)
		return;
	put_head(answer, offer, &request, message);
	put_options(answer, offer, &request, message);
	if (answer->size < LEAST)
		answer->size = LEAST;
	/* Who has no address yet does not answer to it either. */
	if (message == ACK && request.head.ciaddr == offer->client.s_addr)
		answer->to = offer->client;
}
