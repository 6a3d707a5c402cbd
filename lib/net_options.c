// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "error.h"
#include "hostfs.h"
#include "net_options.h"
#include "spec_value.h"

static int parse_interface(const struct twinos_spec *spec, const char *key,
			   char name[IFNAMSIZ], struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, key);

	if (!text)
		return 0;
	if (strlen(text) >= IFNAMSIZ)
		return twinos_spec_fail(
			spec, key,
			"is too long for an interface: up to 15 characters",
			err);
	strcpy(name, text);
	return 0;
}

static int parse_host(struct twinos_net_options *options,
		      const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, "host");

	if (!text || twinos_netif_parse_address(&options->host, text))
		return 0;
	return twinos_spec_fail(
		spec, "host", "can't be the host's address: as 192.168.7.1/24",
		err);
}

static bool has_dhcp(const struct twinos_net_options *options,
		     const struct twinos_spec *spec)
{
	return options->host.length && !*options->tap &&
	       !twinos_spec_has(spec, "no-dhcp");
}

/* In a net that has room for this host alone nobody asks for an address. */
static int parse_guest(struct twinos_net_options *options,
		       const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, "guest");

	if (!has_dhcp(options, spec))
		return text ? twinos_fail(
				      err, TWINOS_ERROR_USAGE, EINVAL,
				      "net: guest= is for DHCP, which needs a tap of the twin's own with host=ADDR/LEN") :
			      0;
	if (!text) {
		if (!twinos_netif_next(&options->host, &options->guest))
			options->guest.s_addr = 0;
		return 0;
	}
	if (inet_pton(AF_INET, text, &options->guest) == 1 &&
	    twinos_netif_has_peer(&options->host, options->guest))
		return 0;
	return twinos_spec_fail(
		spec, "guest",
		"can't be the twin's address: another one in the host's net",
		err);
}

/* What tells this host from others; "" where nothing does. */
static void machine_id(char *id, size_t size)
{
	struct twinos_hostfs fs;

	*id = '\0';
	if (twinos_hostfs_open(&fs, "/"))
		return;
	twinos_hostfs_line(&fs, "/etc/machine-id", id, size);
	twinos_hostfs_close(&fs);
}

static int make_mac(struct twinos_net_options *options,
		    struct twinos_error *err)
{
	char id[64];
	int ret;

	if (*options->tap) {
		machine_id(id, sizeof(id));
		twinos_mac_of(&options->mac, id, options->tap);
		return 0;
	}
	ret = twinos_mac_random(&options->mac);
	if (!ret)
		return 0;
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
			   "net: no random numbers: %s", strerror(-ret));
}

static int parse_mac(struct twinos_net_options *options,
		     const struct twinos_spec *spec, struct twinos_error *err)
{
	const char *text = twinos_spec_get(spec, "mac");

	if (!text)
		return make_mac(options, err);
	if (twinos_mac_parse(&options->mac, text))
		return 0;
	return twinos_spec_fail(
		spec, "mac",
		"can't be one station's address: as 02:00:00:00:00:01", err);
}

static int check_together(const struct twinos_net_options *options,
			  struct twinos_error *err)
{
	if (*options->tap && *options->bridge)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"net: tap= or bridge=, not both: 'ip link set %s master %s' joins them",
			options->tap, options->bridge);
	if (options->host.length && *options->bridge)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"net: host= or bridge=, not both: the address is to be the bridge's");
	if (options->nat && !options->host.length)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"net: nat needs host=ADDR/LEN, by which the twin reaches this host");
	return 0;
}

static int parse_values(struct twinos_net_options *options,
			struct twinos_vdev *vdev,
			const struct twinos_spec *spec,
			struct twinos_error *err)
{
	uint64_t queues = 1;
	int ret;

	ret = parse_interface(spec, "tap", options->tap, err);
	if (!ret)
		ret = parse_interface(spec, "bridge", options->bridge, err);
	if (!ret)
		ret = parse_host(options, spec, err);
	if (!ret)
		ret = parse_guest(options, spec, err);
	if (!ret)
		ret = parse_mac(options, spec, err);
	if (!ret)
		ret = twinos_spec_number(spec, "queues", 1,
					 TWINOS_NET_QUEUES_MAX, &queues, err);
	if (!ret)
		ret = twinos_spec_busy_poll(spec, &options->busy_poll, err);
	if (!ret)
		ret = twinos_spec_name(spec, vdev, err);
	options->queues = (unsigned int)queues;
	options->nat = twinos_spec_has(spec, "nat");
	return ret ? ret : check_together(options, err);
}

int twinos_net_parse(struct twinos_net_options *options,
		     struct twinos_vdev *vdev, const char *text,
		     struct twinos_error *err)
{
	static const struct twinos_spec_key keys[] = {
		{ "tap", false }, { "bridge", false }, { "host", false },
		{ "nat", true },  { "guest", false },  { "no-dhcp", true },
		{ "mac", false }, { "queues", false }, { "busy-poll", false },
		{ NULL, false },
	};
	struct twinos_spec spec;
	int ret;

	*options = (struct twinos_net_options){ 0 };
	ret = twinos_spec_parse(&spec, "net", text, NULL, keys, err);
	if (ret)
		return ret;
	ret = parse_values(options, vdev, &spec, err);
	twinos_spec_free(&spec);
	return ret;
}
