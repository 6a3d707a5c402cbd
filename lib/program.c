// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

/* @length: of the directory in @paths */
static bool is_in(const char *name, const char *paths, size_t length,
		  char path[PATH_MAX])
{
	int size =
		snprintf(path, PATH_MAX, "%.*s/%s", (int)length, paths, name);

	return *path == '/' && size < PATH_MAX && !access(path, X_OK);
}

static bool is_in_any(const char *name, const char *paths, char path[PATH_MAX])
{
	size_t length;

	for (;; paths += length + 1) {
		length = strcspn(paths, ":");
		if (is_in(name, paths, length, path))
			return true;
		if (!paths[length])
			return false;
	}
}

bool twinos_program_find(const char *name, const char *more,
			 char path[PATH_MAX])
{
	const char *paths = getenv("PATH");

	return (paths && is_in_any(name, paths, path)) ||
	       is_in_any(name, more, path);
}
