// SPDX-License-Identifier: GPL-2.0-only
/* What a user says of a network card. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net_options.h"
#include "spec_value.h"

static void check(const struct twinos_net_options *options,
		  const struct twinos_vdev *vdev)
{
	char text[TWINOS_MAC_TEXT];
	struct twinos_mac mac;

	if (options->busy_poll > TWINOS_BUSY_POLL_MAX ||
	    options->host.length > 32 || !options->queues ||
	    options->queues > TWINOS_NET_QUEUES_MAX ||
	    strnlen(vdev->name, sizeof(vdev->name)) == sizeof(vdev->name))
		abort();
	if (*options->bridge && (*options->tap || options->host.length))
		abort();
	if (options->nat && !options->host.length)
		abort();
	if (options->guest.s_addr &&
	    !twinos_netif_has_peer(&options->host, options->guest))
		abort();
	twinos_mac_format(&options->mac, text);
	if (!twinos_mac_parse(&mac, text) ||
	    memcmp(&mac, &options->mac, sizeof(mac)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct twinos_net_options options;
	struct twinos_vdev vdev = { 0 };
	struct twinos_error err = { 0 };

	if (!twinos_net_parse(&options, &vdev, text, &err))
		check(&options, &vdev);
	else if (!*err.text)
		abort();
	free(text);
	return 0;
}
