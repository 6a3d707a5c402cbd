// SPDX-License-Identifier: GPL-2.0-only
/* Network cards and sockets of twins: what can be said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mac.h"
#include "net_options.h"
#include "netif.h"
#include "vdev.h"

static struct twinos_error err;
static struct twinos_net_options options;
static struct twinos_vdev vdev;

static void accept_net(const char *text)
{
	memset(&vdev, 0, sizeof(vdev));
	if (twinos_net_parse(&options, &vdev, text, &err))
		fail_msg("'%s': %s", text, err.text);
}

static void refuse_net(const char *text, const char *part)
{
	memset(&err, 0, sizeof(err));
	assert_int_not_equal(twinos_net_parse(&options, &vdev, text, &err), 0);
	assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
	if (!strstr(err.text, part))
		fail_msg("'%s': '%s' lacks '%s'", text, err.text, part);
}

static const char *mac_text(const struct twinos_mac *mac)
{
	static char text[TWINOS_MAC_TEXT];

	twinos_mac_format(mac, text);
	return text;
}

static void all_options(void **state)
{
	(void)state;
	accept_net(
		"tap=tap0,mac=52:54:00:AB:cd:ef,busy-poll=50,host=10.1.2.3/8,name=lan");
	assert_string_equal(options.tap, "tap0");
	assert_string_equal(options.bridge, "");
	assert_string_equal(mac_text(&options.mac), "52:54:00:ab:cd:ef");
	assert_int_equal(options.busy_poll, 50);
	assert_int_equal(ntohl(options.host.addr.s_addr), 0x0a010203);
	assert_int_equal(options.host.length, 8);
	assert_string_equal(vdev.name, "lan");
	accept_net("bridge=br0");
	assert_string_equal(options.bridge, "br0");
	assert_string_equal(vdev.name, "");
}

static void nat(void **state)
{
	(void)state;
	accept_net("host=10.1.2.3/8");
	assert_false(options.nat);
	accept_net("nat,host=10.1.2.3/8");
	assert_true(options.nat);
	accept_net("tap=a,host=10.1.2.3/8,nat");
	refuse_net("nat", "nat needs host=");
	refuse_net("bridge=b,nat", "nat needs host=");
	refuse_net("host=10.1.2.3/8,nat=y", "takes no value");
}

static void is_guest(const char *text, uint32_t guest)
{
	accept_net(text);
	assert_int_equal(ntohl(options.guest.s_addr), guest);
}

static void guests(void **state)
{
	(void)state;
	is_guest("host=10.0.0.1/24", 0x0a000002);
	is_guest("host=10.0.0.254/24", 0x0a000001);
	is_guest("host=10.0.0.255/24", 0x0a000001);
	is_guest("host=10.0.0.0/24", 0x0a000001);
	is_guest("host=10.0.0.5/30", 0x0a000006);
	is_guest("host=10.0.0.6/30", 0x0a000005);
	is_guest("host=10.0.0.4/31", 0x0a000005);
	is_guest("host=10.0.0.5/31", 0x0a000004);
	is_guest("host=10.0.0.1/32", 0);
	is_guest("host=10.0.0.1/24,guest=10.0.0.77", 0x0a00004d);
	is_guest("guest=10.0.0.4,host=10.0.0.5/31", 0x0a000004);
	is_guest("host=10.0.0.1/24,no-dhcp", 0);
	is_guest("host=10.0.0.1/24,tap=a", 0);
	is_guest("", 0);
}

static void bad_guests(void **state)
{
	(void)state;
	refuse_net("guest=10.0.0.2", "guest= is for DHCP");
	refuse_net("guest=10.0.0.2,tap=a,host=10.0.0.1/24", "is for DHCP");
	refuse_net("guest=10.0.0.2,host=10.0.0.1/24,no-dhcp", "is for DHCP");
	refuse_net("guest=10.0.0.1,host=10.0.0.1/24", "the twin's address");
	refuse_net("guest=10.0.1.2,host=10.0.0.1/24", "the twin's address");
	refuse_net("guest=10.0.0.0,host=10.0.0.1/24", "the twin's address");
	refuse_net("guest=10.0.0.255,host=10.0.0.1/24", "the twin's address");
	refuse_net("guest=10.0.0.2/24,host=10.0.0.1/24", "the twin's address");
	refuse_net("guest=127.0.0.1,host=126.0.0.1/1", "the twin's address");
	refuse_net("guest=x,host=10.0.0.1/24", "the twin's address");
}

static void no_options(void **state)
{
	(void)state;
	accept_net("");
	assert_int_equal(options.queues, 1);
	assert_string_equal(options.tap, "");
	assert_string_equal(options.bridge, "");
	assert_int_equal(options.busy_poll, 0);
	assert_int_equal(options.host.length, 0);
	assert_string_equal(vdev.name, "");
}

static void bad_words(void **state)
{
	(void)state;
	refuse_net("tap0", "'tap0' is not known");
	refuse_net("tap", "needs a value");
	refuse_net("tap=", "needs a value");
	refuse_net("tap=a,tap=b", "given twice");
	refuse_net("queue=2", "is not known");
	refuse_net("tap=a,bridge=b", "not both");
	refuse_net("bridge=b,host=10.0.0.1/8", "not both");
	refuse_net("tap=0123456789abcdef", "too long");
	refuse_net("bridge=0123456789abcdef", "too long");
	accept_net("tap=0123456789abcde");
}

static void bad_numbers(void **state)
{
	(void)state;
	refuse_net("busy-poll=0", "from 1 to 10000");
	refuse_net("busy-poll=10001", "from 1 to 10000");
	refuse_net("busy-poll=99999999999999999999999", "from 1 to 10000");
	refuse_net("busy-poll=-1", "can't be busy-poll");
	refuse_net("busy-poll= 1", "can't be busy-poll");
	refuse_net("busy-poll=1us", "can't be busy-poll");
	accept_net("busy-poll=10000");
	refuse_net("queues=0", "from 1 to 8");
	refuse_net("queues=9", "from 1 to 8");
	refuse_net("queues=2,queues=2", "given twice");
	accept_net("queues=8");
	assert_int_equal(options.queues, 8);
}

static void bad_names(void **state)
{
	(void)state;
	refuse_net("name=.a", "a device's name");
	refuse_net("name=-a", "a device's name");
	refuse_net("name=a/b", "a device's name");
	refuse_net("name=0123456789abcdef0123456789abcdef", "a device's name");
	accept_net("name=0123456789abcdef0123456789abcde");
}

static void hosts(void **state)
{
	static const char *const bad[] = {
		"10.0.0.1",	"10.0.0.1/",
		"10.0.0.1/0",	"10.0.0.1/33",
		"10.0.0.1/1x",	"10.0.0.1/-1",
		"10.0.0.1/024", "10.0.0/8",
		"10.0.0.256/8", "/8",
		"0.0.0.1/8",	"127.0.0.1/8",
		"224.0.0.1/8",	"255.255.255.255/32",
		"::1/64",	"111.111.111.1111111/8",
	};
	struct twinos_netif_address address;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (twinos_netif_parse_address(&address, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	assert_true(twinos_netif_parse_address(&address, "192.168.7.1/32"));
	assert_int_equal(address.length, 32);
	assert_true(twinos_netif_parse_address(&address, "223.255.255.255/1"));
	refuse_net("host=10.0.0.1", "can't be the host's address");
}

static void macs(void **state)
{
	static const char *const bad[] = {
		"",
		"02",
		"02:00:00:00:00",
		"02:00:00:00:00:1",
		"02:00:00:00:00:01:",
		"02:00:00:00:00:01:02",
		"02-00-00-00-00-01",
		"02:00:00:00:00:0g",
		"02:00:00:00:00:+1",
		"02:00:00:00:00: 1",
		"0x:00:00:00:00:01",
		"01:00:00:00:00:01",
		"ff:ff:ff:ff:ff:ff",
		"00:00:00:00:00:00",
	};
	struct twinos_mac mac;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (twinos_mac_parse(&mac, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	assert_true(twinos_mac_parse(&mac, "00:00:00:00:00:01"));
	assert_string_equal(mac_text(&mac), "00:00:00:00:00:01");
	refuse_net("mac=01:00:00:00:00:01", "can't be one station's address");
}

static void made_macs(void **state)
{
	struct twinos_mac one, other;

	(void)state;
	twinos_mac_of(&one, "host", "tap0");
	twinos_mac_of(&other, "host", "tap0");
	assert_memory_equal(&one, &other, sizeof(one));
	assert_int_equal(one.bytes[0], 0x02);
	twinos_mac_of(&other, "host", "tap1");
	assert_memory_not_equal(&one, &other, sizeof(one));
	twinos_mac_of(&other, "hos", "ttap0");
	assert_memory_not_equal(&one, &other, sizeof(one));
	assert_int_equal(twinos_mac_random(&one), 0);
	assert_int_equal(twinos_mac_random(&other), 0);
	assert_int_equal(one.bytes[0], 0x02);
	assert_memory_not_equal(&one, &other, sizeof(one));
}

static void given_macs(void **state)
{
	struct twinos_mac first;

	(void)state;
	accept_net("tap=tap0");
	first = options.mac;
	accept_net("tap=tap0,name=other");
	assert_memory_equal(&first, &options.mac, sizeof(first));
	accept_net("name=same");
	first = options.mac;
	accept_net("name=same");
	assert_memory_not_equal(&first, &options.mac, sizeof(first));
}

static void peer_macs(void **state)
{
	struct twinos_mac mac = { { 0x02, 0, 0, 0, 0, 1 } }, peer;

	(void)state;
	peer = twinos_mac_peer(&mac);
	assert_string_equal(mac_text(&peer), "fe:00:00:00:00:01");
	peer = twinos_mac_peer(&peer);
	assert_string_equal(mac_text(&peer), "fa:00:00:00:00:01");
}

static void refuse_vsock(const char *text, const char *part)
{
	struct twinos_vdev *sock = NULL;

	memset(&err, 0, sizeof(err));
	assert_int_not_equal(twinos_vsock_open(text, &sock, &err), 0);
	assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
	assert_null(sock);
	if (!strstr(err.text, part))
		fail_msg("'%s': '%s' lacks '%s'", text, err.text, part);
}

/* Whether there is a vhost_vsock here to open is another question. */
static void accept_vsock(const char *text)
{
	struct twinos_vdev *sock;

	if (!twinos_vsock_open(text, &sock, &err)) {
		assert_string_equal(sock->detail, "CID 4294967294");
		sock->ops->free(sock);
	} else {
		assert_int_equal(err.kind, TWINOS_ERROR_SYSTEM);
	}
}

static void vsock_options(void **state)
{
	(void)state;
	refuse_vsock("", "a CID is needed");
	refuse_vsock("name=a", "a CID is needed");
	refuse_vsock("2", "from 3 to 4294967294");
	refuse_vsock("4294967295", "from 3 to 4294967294");
	refuse_vsock("cid=0", "from 3 to 4294967294");
	refuse_vsock("0x10", "can't be cid");
	refuse_vsock("3,cid=4", "given twice");
	refuse_vsock("3,x", "is not known");
	refuse_vsock("3,name=a b", "a device's name");
	refuse_vsock("automatic", "can't be cid");
	accept_vsock("auto");
	accept_vsock("name=s,cid=auto");
	accept_vsock("4294967294");
	accept_vsock("cid=4294967294,name=s");
	accept_vsock("name=s,cid=4294967294");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_options), cmocka_unit_test(nat),
		cmocka_unit_test(guests),      cmocka_unit_test(bad_guests),
		cmocka_unit_test(no_options),  cmocka_unit_test(bad_words),
		cmocka_unit_test(bad_numbers), cmocka_unit_test(bad_names),
		cmocka_unit_test(hosts),       cmocka_unit_test(macs),
		cmocka_unit_test(made_macs),   cmocka_unit_test(given_macs),
		cmocka_unit_test(peer_macs),   cmocka_unit_test(vsock_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
