// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a twin sends to the DHCP server. The first byte says what is put in place before:
 * few inputs would come by the right cookie and station otherwise.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp.h"

#define HEAD 240

static const uint8_t good[] = { 1, 1, 6 }, cookie[] = { 99, 130, 83, 99 };

static const struct twinos_dhcp_offer offer = {
	.mac = { { 2, 0, 0, 0, 0, 1 } },
	.client = { 0x0200000a },
	.server = { { 0x0100000a }, 24 },
	.name_servers = { { 0x0300000a }, { 0x0400000a }, { 0x0500000a } },
	.nr_name_servers = 3,
};

/* Options follow one another up to an end, and what is behind it is 0. */
static void check_options(const struct twinos_dhcp_answer *answer)
{
	size_t at = HEAD;

	while (at < answer->size && answer->data[at] != 255)
		at += 2 + (size_t)answer->data[at + 1];
	if (at >= answer->size)
		abort();
	while (++at < answer->size)
		if (answer->data[at])
			abort();
}

static void check(const struct twinos_dhcp_answer *answer)
{
	if (answer->to.s_addr != INADDR_BROADCAST &&
	    answer->to.s_addr != offer.client.s_addr)
		abort();
	if (!answer->size)
		return;
	if (answer->size < 300 || answer->size > sizeof(answer->data) ||
	    answer->data[0] != 2 ||
	    memcmp(answer->data + 28, &offer.mac, sizeof(offer.mac)))
		abort();
	check_options(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twinos_dhcp_answer answer;
	uint8_t *packet;

	if (!size)
		return 0;
	/* Of its own size, so that what is read behind it is seen. */
	packet = malloc(--size);
	memcpy(packet, data + 1, size);
	if (*data && size >= HEAD) {
		memcpy(packet, good, sizeof(good));
		memset(packet + 24, 0, 4);
		memcpy(packet + 28, &offer.mac, sizeof(offer.mac));
		memcpy(packet + 236, cookie, sizeof(cookie));
	}
	twinos_dhcp_answer(&offer, packet, size, &answer);
	check(&answer);
	free(packet);
	return 0;
}
