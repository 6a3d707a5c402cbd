// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "error.h"
#include "net_host.h"

static int join(const char *tap, const char *bridge, struct twinos_error *err)
{
	int ret = twinos_netif_join(tap, bridge);

	switch (ret) {
	case 0:
		return 0;
	case -ENODEV:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENODEV,
				   "there is no bridge '%s'", bridge);
	case -EOPNOTSUPP:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, EOPNOTSUPP,
				   "'%s' is no bridge", bridge);
	default:
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "bridge '%s': can't add a tap: %s", bridge,
				   strerror(-ret));
	}
}

static int connect_tap(const char *name,
		       const struct twinos_net_options *options,
		       struct twinos_error *err)
{
	const struct twinos_mac peer = twinos_mac_peer(&options->mac);
	int ret = 0;

	/* What others have made keeps its own. */
	if (!*options->tap)
		ret = twinos_netif_set_mac(name, &peer);
	/* Before it is up, so that no route comes to be for the wrong net. */
	if (!ret && options->host.length)
		ret = twinos_netif_set_address(name, &options->host);
	if (!ret && *options->bridge) {
		ret = join(name, options->bridge, err);
		if (ret)
			return ret;
	}
	if (!ret)
		ret = twinos_netif_set_up(name);
	if (!ret)
		return 0;
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
			   "tap '%s': can't set it up: %s", name,
			   strerror(-ret));
}

static int open_dhcpd(struct twinos_net_host *host,
		      const struct twinos_net_options *options,
		      struct twinos_error *err)
{
	host->dhcpd.offer = (struct twinos_dhcp_offer){
		.mac = options->mac,
		.client = options->guest,
		.server = options->host,
	};
	host->dhcpd.names = options->nat;
	return twinos_dhcpd_open(&host->dhcpd, host->tap.name, err);
}

void twinos_net_host_init(struct twinos_net_host *host)
{
	*host = (struct twinos_net_host){ .dhcpd.socket = -1 };
}

int twinos_net_host_open(struct twinos_net_host *host,
			 const struct twinos_net_options *options,
			 struct twinos_error *err)
{
	int ret;

	ret = twinos_tap_open(&host->tap, *options->tap ? options->tap : NULL,
			      options->queues, err);
	if (!ret)
		ret = connect_tap(host->tap.name, options, err);
	if (!ret && options->guest.s_addr)
		ret = open_dhcpd(host, options, err);
	if (!ret && options->nat)
		ret = twinos_nat_open(&host->nat, host->tap.name, err);
	return ret;
}

int twinos_net_host_start(struct twinos_net_host *host)
{
	return host->dhcpd.socket < 0 ? 0 : twinos_dhcpd_start(&host->dhcpd);
}

void twinos_net_host_stop(struct twinos_net_host *host)
{
	if (host->dhcpd.socket >= 0)
		twinos_dhcpd_stop(&host->dhcpd);
}

void twinos_net_host_close(struct twinos_net_host *host)
{
	twinos_dhcpd_close(&host->dhcpd);
	twinos_nat_close(&host->nat);
	twinos_tap_close(&host->tap);
}
