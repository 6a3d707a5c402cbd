/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules of an installed kernel, as depmod(8) has described them. */
#ifndef TWINOS_LIB_MODULES_H
#define TWINOS_LIB_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "libtwinos.h"

/**
 * struct twinos_modules
 * @dir: of the kernel, where the paths begin
 * @paths: what was added, in the order in which it can be loaded
 */
struct twinos_modules {
	const char *dir;
	char **paths;
	size_t nr_paths;

	/* private */
	char *deps, *builtin;
};

/* twinos_modules_open() - of @dir, which must stay; the error names the file */
int twinos_modules_open(struct twinos_modules *modules, const char *dir,
			struct twinos_error *err);

/*
 * twinos_modules_add() - the module @name, in which '-' and '_' are the same, behind
 * those that it needs, unless they are there already or built in. 0, -ENOENT: the kernel
 * has no such module; -ENOMEM
 */
int twinos_modules_add(struct twinos_modules *modules, const char *name);

/* twinos_modules_close() - also of a zeroed @modules */
void twinos_modules_close(struct twinos_modules *modules);

#endif
