// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "kconfig.h"

/* Ten times what Debian's has; a packed one can't blow up beyond it. */
#define CONFIG_MAX (4U << 20)

/* zlib hands a file that is not packed through as it is. */
static char *unpack(int fd)
{
	gzFile file = gzdopen(fd, "r");
	char *text;
	int got;

	if (!file) {
		close(fd);
		return NULL;
	}
	text = malloc(CONFIG_MAX);
	got = text ? gzread(file, text, CONFIG_MAX - 1) : -1;
	if (gzclose(file) != Z_OK || got <= 0) {
		free(text);
		return NULL;
	}
	text[got] = '\0';
	return text;
}

/* What is no configuration says nothing about an option that it lacks. */
static char *load(const struct twinos_hostfs *fs, const char *path)
{
	int fd = twinos_hostfs_fd(fs, path);
	char *text = fd < 0 ? NULL : unpack(fd);

	if (text && !strstr(text, "CONFIG_X86_64=y")) {
		free(text);
		return NULL;
	}
	return text;
}

void twinos_kconfig_load(struct twinos_kconfig *config,
			 const struct twinos_hostfs *fs, const char *release)
{
	const struct {
		const char *before, *release, *after;
	} places[] = {
		{ "/boot/config-", release, "" },
		{ "/lib/modules/", release, "/config" },
		{ "/proc/config.gz", "", "" },
	};
	size_t i;

	memset(config, 0, sizeof(*config));
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(config->source, sizeof(config->source), "%s%s%s",
			 places[i].before, places[i].release, places[i].after);
		config->text = load(fs, config->source);
		if (config->text)
			return;
	}
}

void twinos_kconfig_free(struct twinos_kconfig *config)
{
	free(config->text);
	memset(config, 0, sizeof(*config));
}

char twinos_kconfig_get(const struct twinos_kconfig *config, const char *name)
{
	const char *at = config->text;
	size_t length = strlen(name);

	if (!at)
		return 0;
	for (; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!strncmp(at, name, length) && at[length] == '=')
			return at[length + 1];
	return 'n';
}
