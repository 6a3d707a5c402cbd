// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"

#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The rest of the agent's own speaks of the agent: NOTIFY_SOCKET and the like. */
static const char *const kept[] = { "LANG", "TZ" };
#define NR_KEPT (sizeof(kept) / sizeof(*kept))

const char *environment_path(void)
{
	const char *path = getenv("PATH");

	return path && *path ? path : DEFAULT_PATH;
}

const char *environment_home(void)
{
	return access("/root", X_OK) ? "/" : "/root";
}

static int set_defaults(const char *path)
{
	return setenv("PATH", path, 1) ||
	       setenv("HOME", environment_home(), 1) ||
	       setenv("USER", "root", 1) || setenv("LOGNAME", "root", 1) ||
	       setenv("SHELL", "/bin/sh", 1);
}

int environment_set(char *const *additions)
{
	const char *path = environment_path(), *values[NR_KEPT];
	size_t i;

	for (i = 0; i < NR_KEPT; i++)
		values[i] = getenv(kept[i]);
	clearenv();
	if (set_defaults(path))
		return -ENOMEM;
	for (i = 0; i < NR_KEPT; i++)
		if (values[i] && setenv(kept[i], values[i], 1))
			return -ENOMEM;
	for (; additions && *additions; additions++)
		if (strchr(*additions, '=') && putenv(*additions))
			return -ENOMEM;
	return 0;
}
