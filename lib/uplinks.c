// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplinks.h"

/* Calls @take for each line of a file until one gives false. */
static void each_line(const struct twinos_hostfs *fs, const char *path,
		      bool (*take)(const char *line, void *into), void *into)
{
	char *text = twinos_hostfs_read(fs, path), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && take(line, into))
		;
	free(text);
}

/* ---- default routes ---- */

struct names {
	char (*names)[IFNAMSIZ];
	size_t nr, max;
};

static bool has(const struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->nr; i++)
		if (!strcmp(names->names[i], name))
			return true;
	return false;
}

/* Interface, destination, gateway, flags, three counts and the mask; a header first. */
static bool take_route(const char *line, void *into)
{
	unsigned int destination, flags, mask;
	struct names *names = into;
	char name[IFNAMSIZ];

	if (sscanf(line, "%15s %8x %*x %x %*u %*u %*u %8x", name, &destination,
		   &flags, &mask) != 4 ||
	    destination || mask || !(flags & RTF_UP) || flags & RTF_REJECT ||
	    has(names, name))
		return true;
	strcpy(names->names[names->nr++], name);
	return names->nr < names->max;
}

size_t twinos_uplinks_find(const struct twinos_hostfs *fs,
			   char names[][IFNAMSIZ], size_t max)
{
	struct names found = { .names = names, .max = max };

	each_line(fs, "/proc/net/route", take_route, &found);
	return found.nr;
}

/* ---- name servers ---- */

struct servers {
	struct in_addr *servers;
	size_t nr, max;
};

static bool is_loopback(struct in_addr addr)
{
	return ntohl(addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool take_server(const char *line, void *into)
{
	struct servers *servers = into;
	char text[INET_ADDRSTRLEN];
	struct in_addr addr;

	if (sscanf(line, " nameserver %15s", text) != 1 ||
	    inet_pton(AF_INET, text, &addr) != 1 || !addr.s_addr ||
	    is_loopback(addr))
		return true;
	servers->servers[servers->nr++] = addr;
	return servers->nr < servers->max;
}

size_t twinos_uplinks_servers(const struct twinos_hostfs *fs,
			      struct in_addr *servers, size_t max)
{
	static const char *const paths[] = {
		"/etc/resolv.conf",
		"/run/systemd/resolve/resolv.conf",
	};
	struct servers found = { .servers = servers, .max = max };
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]) && !found.nr; i++)
		each_line(fs, paths[i], take_server, &found);
	return found.nr;
}
