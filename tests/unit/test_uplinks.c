// SPDX-License-Identifier: GPL-2.0-only
/* Where this host's network leads to, as its files tell. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_root.h"
#include "uplinks.h"

#define HEAD                                          \
	"Iface\tDestination\tGateway \tFlags\tRefCnt" \
	"\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

static struct twinos_hostfs fs;
static char names[2][IFNAMSIZ];
static struct in_addr servers[3];

static int open_root(void **state)
{
	(void)state;
	return twinos_hostfs_open(&fs, fake_root_make());
}

static int close_root(void **state)
{
	(void)state;
	twinos_hostfs_close(&fs);
	fake_root_remove();
	return 0;
}

static size_t uplinks(const char *text)
{
	fake_root_put("/proc/net/route", text);
	return twinos_uplinks_find(&fs, names, 2);
}

static void no_uplinks(void **state)
{
	(void)state;
	assert_int_equal(twinos_uplinks_find(&fs, names, 2), 0);
	assert_int_equal(uplinks(""), 0);
	assert_int_equal(uplinks(HEAD), 0);
	/* A net, half of all, a route that is down, one that rejects */
	assert_int_equal(
		uplinks(HEAD
			"eth0\t0000090A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
			"eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
			"eth0\t00000000\t0200090A\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"
			"*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n"),
		0);
}

static void some_uplinks(void **state)
{
	(void)state;
	assert_int_equal(
		uplinks(HEAD
			"eth0\t00000000\t0200090A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
			"eth0\t00000000\t0300090A\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
			"wlan0.5\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
			"ppp0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0"),
		2);
	assert_string_equal(names[0], "eth0");
	assert_string_equal(names[1], "wlan0.5");
}

static size_t find_servers(void)
{
	return twinos_uplinks_servers(&fs, servers, 3);
}

static const char *server(size_t i)
{
	return inet_ntoa(servers[i]);
}

static void name_servers(void **state)
{
	(void)state;
	assert_int_equal(find_servers(), 0);
	fake_root_put("/etc/resolv.conf", "# nameserver 9.9.9.9\n"
					  "search example.org\n"
					  "nameserver 10.0.0.1 # ours\n"
					  "nameserver fe80::1%eth0\n"
					  "nameserver 0.0.0.0\n"
					  "nameserver 10.0.0\n"
					  "\tnameserver\t10.0.0.2");
	assert_int_equal(find_servers(), 2);
	assert_string_equal(server(0), "10.0.0.1");
	assert_string_equal(server(1), "10.0.0.2");
	fake_root_put("/etc/resolv.conf",
		      "nameserver 10.0.0.1\nnameserver 10.0.0.2\n"
		      "nameserver 10.0.0.3\nnameserver 10.0.0.4\n");
	assert_int_equal(find_servers(), 3);
}

static void local_name_servers(void **state)
{
	(void)state;
	fake_root_put("/etc/resolv.conf", "nameserver 127.0.0.53\n");
	assert_int_equal(find_servers(), 0);
	fake_root_put("/run/systemd/resolve/resolv.conf",
		      "nameserver 10.0.0.7\n");
	assert_int_equal(find_servers(), 1);
	assert_string_equal(server(0), "10.0.0.7");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_root, close_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_uplinks),
		TEST(some_uplinks),
		TEST(name_servers),
		TEST(local_name_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
