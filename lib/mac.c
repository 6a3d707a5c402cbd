// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "mac.h"

#define MULTICAST 0x01
#define LOCAL 0x02

static bool parse_byte(const char *text, uint8_t *byte)
{
	char digits[3] = { text[0], text[0] ? text[1] : '\0' };

	if (!isxdigit((unsigned char)digits[0]) ||
	    !isxdigit((unsigned char)digits[1]))
		return false;
	*byte = strtoul(digits, NULL, 16);
	return true;
}

bool twinos_mac_parse(struct twinos_mac *mac, const char *text)
{
	static const struct twinos_mac none;
	size_t i;

	for (i = 0; i < sizeof(mac->bytes); i++, text += 3)
		if (!parse_byte(text, &mac->bytes[i]) ||
		    text[2] != (i < sizeof(mac->bytes) - 1 ? ':' : '\0'))
			return false;
	return !(mac->bytes[0] & MULTICAST) && memcmp(mac, &none, sizeof(none));
}

void twinos_mac_format(const struct twinos_mac *mac, char text[TWINOS_MAC_TEXT])
{
	const uint8_t *b = mac->bytes;

	snprintf(text, TWINOS_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0],
		 b[1], b[2], b[3], b[4], b[5]);
}

int twinos_mac_random(struct twinos_mac *mac)
{
	if (getrandom(mac->bytes, sizeof(mac->bytes), 0) !=
	    (ssize_t)sizeof(mac->bytes))
		return -errno;
	mac->bytes[0] = LOCAL;
	return 0;
}

/* FNV-1a, the closing NUL included: "ab" + "c" is not "a" + "bc". */
static uint64_t hash(uint64_t sum, const char *text)
{
	do {
		sum ^= (uint8_t)*text;
		sum *= 0x100000001b3;
	} while (*text++);
	return sum;
}

void twinos_mac_of(struct twinos_mac *mac, const char *host, const char *name)
{
	uint64_t sum = hash(hash(0xcbf29ce484222325, host), name);
	size_t i;

	/* Its high bits depend on all of the text. */
	mac->bytes[0] = LOCAL;
	for (i = 1; i < sizeof(mac->bytes); i++, sum <<= 8)
		mac->bytes[i] = sum >> 56;
}

struct twinos_mac twinos_mac_peer(const struct twinos_mac *mac)
{
	struct twinos_mac peer = *mac;

	peer.bytes[0] = mac->bytes[0] == 0xfe ? 0xfa : 0xfe;
	return peer;
}
