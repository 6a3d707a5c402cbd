// SPDX-License-Identifier: GPL-2.0-only
/* Any string may be given as a kernel command line. */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"
#include "guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *user, bool shared)
{
	struct twinos_error err = { 0 };

	if (twinos_cmdline_check(user, shared, shared, &err))
		assert(err.text[0] && !strchr(err.text, '\n'));
}

/* What the kernel sees must end with what the user wrote. */
static void build(const char *user)
{
	char *cmdline = twinos_cmdline_build(user, 1, false, false);

	if (!cmdline)
		abort();
	assert(strlen(cmdline) >= strlen(user));
	assert(!strcmp(cmdline + strlen(cmdline) - strlen(user), user));
	free(cmdline);
}

/*
 * In shared mode the kernel must see the shim's rdinit= last, if the user's
 * options are allowed, and the shim go on with the user's.
 */
static void build_shared(const char *user)
{
	char *cmdline, *last, *next;

	if (twinos_cmdline_check(user, true, true, NULL))
		return;
	cmdline = twinos_cmdline_build(user, 1, true, true);
	if (!cmdline)
		abort();
	last = twinos_cmdline_rdinit(cmdline);
	next = twinos_cmdline_rdinit(user);
	assert(last && !strcmp(last, TWINOS_GUEST_INIT));
	assert(next && *next && strcmp(next, TWINOS_GUEST_INIT) &&
	       strlen(next) < PATH_MAX);
	assert(strlen(cmdline) > strlen(user));
	free(next);
	free(last);
	free(cmdline);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *user = malloc(size + 1);

	if (!user)
		abort();
	memcpy(user, data, size);
	user[size] = '\0';
	check(user, false);
	check(user, true);
	build(user);
	build_shared(user);
	free(user);
	return 0;
}
