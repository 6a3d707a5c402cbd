// SPDX-License-Identifier: GPL-2.0-only
/* The address that a twin asks for: what is a good request, and what it gets. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp.h"

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

#define CIADDR 12
#define YIADDR 16
#define GIADDR 24
#define CHADDR 28
#define COOKIE 236
#define OPTIONS 240

static const uint8_t ours[] = { 10, 77, 0, 1 }, its[] = { 10, 77, 0, 2 },
		     others[] = { 10, 77, 0, 3 };

static struct twinos_dhcp_offer offer;
static struct twinos_dhcp_answer answer;
static uint8_t packet[TWINOS_DHCP_MAX + 256];
static size_t size;

static void put(uint8_t code, const void *data, size_t length)
{
	packet[size++] = code;
	packet[size++] = (uint8_t)length;
	memcpy(packet + size, data, length);
	size += length;
}

/* One with nothing but its type so far */
static void begin(uint8_t type)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99 };

	memset(packet, 0, sizeof(packet));
	packet[0] = 1;
	packet[1] = 1;
	packet[2] = 6;
	memcpy(packet + 4, "XID", 4);
	packet[10] = 0x80;
	memcpy(packet + CHADDR, offer.mac.bytes, 6);
	memcpy(packet + COOKIE, cookie, sizeof(cookie));
	size = OPTIONS;
	put(53, &type, 1);
}

static void ask(void)
{
	twinos_dhcp_answer(&offer, packet, size, &answer);
}

static const uint8_t *option(uint8_t code, size_t length)
{
	const uint8_t *at = answer.data + OPTIONS;

	for (; *at != 255; at += 2 + at[1]) {
		assert_true(at < answer.data + answer.size);
		if (*at != code)
			continue;
		assert_int_equal(at[1], length);
		return at + 2;
	}
	return NULL;
}

static void is_addr(const void *got, const uint8_t *wanted)
{
	assert_non_null(got);
	assert_memory_equal(got, wanted, 4);
}

static void answers(uint8_t type)
{
	ask();
	assert_in_range(answer.size, 300, TWINOS_DHCP_MAX);
	assert_int_equal(answer.data[0], 2);
	assert_memory_equal(answer.data + 4, packet + 4, 4);
	assert_memory_equal(answer.data + 10, packet + 10, 2);
	assert_memory_equal(answer.data + CHADDR, packet + CHADDR, 16);
	assert_int_equal(*option(53, 1), type);
	is_addr(option(54, 4), ours);
}

static void gives(uint8_t type)
{
	static const uint8_t lease[] = { 0, 0, 14, 16 },
			     mask[] = { 255, 255, 255, 0 };

	answers(type);
	is_addr(answer.data + YIADDR, its);
	is_addr(option(51, 4), lease);
	is_addr(option(1, 4), mask);
	is_addr(option(3, 4), ours);
}

static void refuses(void)
{
	static const uint8_t none[4];

	answers(NAK);
	is_addr(answer.data + YIADDR, none);
	assert_null(option(51, 4));
	assert_null(option(3, 4));
	assert_int_equal(answer.to.s_addr, INADDR_BROADCAST);
}

static void is_silent(void)
{
	ask();
	assert_int_equal(answer.size, 0);
}

static int set_up(void **state)
{
	(void)state;
	offer = (struct twinos_dhcp_offer){ .mac = { { 2, 0, 0, 0, 0, 1 } } };
	memcpy(&offer.client, its, sizeof(its));
	memcpy(&offer.server.addr, ours, sizeof(ours));
	offer.server.length = 24;
	return 0;
}

static void first_time(void **state)
{
	(void)state;
	begin(DISCOVER);
	gives(OFFER);
	assert_int_equal(answer.to.s_addr, INADDR_BROADCAST);
	assert_null(option(6, 4));
	begin(REQUEST);
	put(50, its, 4);
	put(54, ours, 4);
	gives(ACK);
	assert_int_equal(answer.to.s_addr, INADDR_BROADCAST);
	begin(DISCOVER);
	put(50, others, 4);
	gives(OFFER);
}

static void again(void **state)
{
	(void)state;
	/* After a reboot, and while it has the address */
	begin(REQUEST);
	put(50, its, 4);
	gives(ACK);
	begin(REQUEST);
	memcpy(packet + CIADDR, its, 4);
	gives(ACK);
	assert_int_equal(answer.to.s_addr, offer.client.s_addr);
	is_addr(answer.data + CIADDR, its);
}

static void wrong_addresses(void **state)
{
	(void)state;
	begin(REQUEST);
	put(50, others, 4);
	refuses();
	begin(REQUEST);
	memcpy(packet + CIADDR, others, 4);
	refuses();
	begin(REQUEST);
	refuses();
	begin(REQUEST);
	put(50, others, 4);
	put(54, ours, 4);
	refuses();
	begin(REQUEST);
	put(50, its, 4);
	put(54, others, 4);
	is_silent();
}

static void only_information(void **state)
{
	static const uint8_t none[4];

	(void)state;
	begin(INFORM);
	is_silent();
	memcpy(packet + CIADDR, its, 4);
	answers(ACK);
	is_addr(answer.data + YIADDR, none);
	assert_null(option(51, 4));
	is_addr(option(3, 4), ours);
	assert_int_equal(answer.to.s_addr, offer.client.s_addr);
}

static void name_servers(void **state)
{
	(void)state;
	memcpy(&offer.name_servers[0], others, 4);
	memcpy(&offer.name_servers[1], ours, 4);
	offer.nr_name_servers = 2;
	begin(DISCOVER);
	gives(OFFER);
	is_addr(option(6, 8), others);
	is_addr(option(6, 8) + 4, ours);
}

/* RFC 6842: a client is told what it calls itself. */
static void client_ids(void **state)
{
	uint8_t id[255];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)i;
	offer.nr_name_servers = TWINOS_DHCP_NAME_SERVERS;
	begin(DISCOVER);
	put(61, id, sizeof(id));
	gives(OFFER);
	assert_memory_equal(option(61, sizeof(id)), id, sizeof(id));
	begin(DISCOVER);
	put(61, id, 0);
	is_silent();
}

static void spoil(size_t at, uint8_t value)
{
	begin(DISCOVER);
	packet[at] = value;
	is_silent();
}

static void bad_heads(void **state)
{
	(void)state;
	spoil(0, 2);
	spoil(1, 6);
	spoil(2, 16);
	spoil(CHADDR + 5, 2);
	spoil(GIADDR, 10);
	spoil(COOKIE, 0);
}

static void other_messages(void **state)
{
	static const uint8_t types[] = { 0,   OFFER,   DECLINE, ACK,
					 NAK, RELEASE, 9,	255 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		begin(types[i]);
		put(50, its, 4);
		is_silent();
	}
	begin(DISCOVER);
	size = OPTIONS;
	is_silent();
}

static void bad_options(void **state)
{
	(void)state;
	begin(DISCOVER);
	put(50, its, 3);
	is_silent();
	begin(DISCOVER);
	put(54, ours, 0);
	is_silent();
	begin(DISCOVER);
	put(53, ours, 4);
	is_silent();
	/* What stands behind the end does not count. */
	begin(DISCOVER);
	packet[size++] = 0;
	packet[size++] = 255;
	put(50, its, 3);
	gives(OFFER);
}

static void short_ones(void **state)
{
	size_t whole, i;

	(void)state;
	begin(REQUEST);
	put(50, its, 4);
	for (whole = size, i = 0; i < whole; i++) {
		size = i;
		ask();
		/* Cut between two options it is a request for nothing. */
		if (i == OPTIONS + 3)
			assert_int_equal(*option(53, 1), NAK);
		else
			assert_int_equal(answer.size, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_time),      TEST(again),
		TEST(wrong_addresses), TEST(only_information),
		TEST(name_servers),    TEST(client_ids),
		TEST(bad_heads),       TEST(other_messages),
		TEST(bad_options),     TEST(short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
