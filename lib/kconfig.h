/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration that the host's kernel was built with. */
#ifndef TWINOS_LIB_KCONFIG_H
#define TWINOS_LIB_KCONFIG_H

#include "hostfs.h"

/**
 * struct twinos_kconfig
 * @text: its lines, NULL if it can't be found
 * @source: where it was found, for people
 */
struct twinos_kconfig {
	char *text;
	char source[320];
};

/*
 * twinos_kconfig_load() - from /boot/config-RELEASE, /lib/modules/RELEASE/config
 * or /proc/config.gz, packed or not
 */
void twinos_kconfig_load(struct twinos_kconfig *config,
			 const struct twinos_hostfs *fs, const char *release);
void twinos_kconfig_free(struct twinos_kconfig *config);

/*
 * twinos_kconfig_get() - 'y', 'm' or another first letter of the value of @name
 * ("CONFIG_SMP"), 'n' if it is not set, 0 if there is no configuration
 */
char twinos_kconfig_get(const struct twinos_kconfig *config, const char *name);

#endif
