// SPDX-License-Identifier: GPL-2.0-only
/*
 * What depmod(8) writes: up to a NUL the name of a module, up to the next one
 * modules.builtin, and the rest is modules.dep. And the heads of programs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "executable.h"
#include "modules.h"

static char *cut(const char **at, size_t *left)
{
	char *text = strndup(*at, *left);
	size_t used = strlen(text);

	used += used < *left;
	*at += used;
	*left -= used;
	return text;
}

static void fuzz_modules(const char *at, size_t left)
{
	char *name = cut(&at, &left);
	struct twinos_modules modules = {
		.builtin = cut(&at, &left),
		.deps = cut(&at, &left),
	};
	size_t nr, i;

	if (!twinos_modules_add(&modules, name)) {
		nr = modules.nr_paths;
		/* A second time it is there already. */
		if (twinos_modules_add(&modules, name) ||
		    modules.nr_paths != nr)
			abort();
	}
	for (i = 0; i < modules.nr_paths; i++)
		if (!*modules.paths[i] || strchr(modules.paths[i], '\n'))
			abort();
	twinos_modules_close(&modules);
	free(name);
}

static void fuzz_program(const uint8_t *data, size_t size)
{
	struct twinos_file file = { malloc(size), size };

	memcpy(file.data, data, size);
	twinos_executable_kind(&file);
	free(file.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_modules((const char *)data, size);
	fuzz_program(data, size);
	return 0;
}
