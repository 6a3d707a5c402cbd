/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs of others that we run. */
#ifndef TWINOS_LIB_PROGRAM_H
#define TWINOS_LIB_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/*
 * twinos_program_find() - where @name is: in the user's path or else in @more, which has
 * colons as that has. False: nowhere
 */
bool twinos_program_find(const char *name, const char *more,
			 char path[PATH_MAX]);

#endif
