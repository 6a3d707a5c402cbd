// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "environment.h"
#include "poweroff.h"

static char *const systemctl[] = { (char[]){ "systemctl" },
				   (char[]){ "--no-block" },
				   (char[]){ "poweroff" }, NULL };
static char *const poweroff[] = { (char[]){ "poweroff" }, NULL };

static bool is_there(const char *dir, size_t length, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.*s/%s", (int)length, dir, name);
	return !access(path, X_OK);
}

static bool can_be_found(const char *name)
{
	const char *dir = environment_path();
	size_t length;

	for (;; dir += length + 1) {
		length = strcspn(dir, ":");
		if (length && is_there(dir, length, name))
			return true;
		if (!dir[length])
			return false;
	}
}

/* systemctl may be installed where another init runs. */
char *const *poweroff_command(void)
{
	if (!access("/run/systemd/system", F_OK) && can_be_found("systemctl"))
		return systemctl;
	return can_be_found("poweroff") ? poweroff : NULL;
}

int poweroff_now(void)
{
	sync();
	reboot(RB_POWER_OFF);
	return errno;
}
