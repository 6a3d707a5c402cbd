// SPDX-License-Identifier: GPL-2.0-only
/* Any string may be given as a kernel command line. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *user)
{
	struct twinos_error err = { 0 };

	if (twinos_cmdline_check(user, &err))
		assert(err.text[0] && !strchr(err.text, '\n'));
}

/* What the kernel sees must end with what the user wrote. */
static void build(const char *user)
{
	char *cmdline = twinos_cmdline_build(user, 1);

	if (!cmdline)
		abort();
	assert(strlen(cmdline) >= strlen(user));
	assert(!strcmp(cmdline + strlen(cmdline) - strlen(user), user));
	free(cmdline);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *user = malloc(size + 1);

	if (!user)
		abort();
	memcpy(user, data, size);
	user[size] = '\0';
	check(user);
	build(user);
	free(user);
	return 0;
}
