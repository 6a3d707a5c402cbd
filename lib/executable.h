/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs of the host's that are to run in a twin. */
#ifndef TWINOS_LIB_EXECUTABLE_H
#define TWINOS_LIB_EXECUTABLE_H

#include "file.h"

enum twinos_executable {
	TWINOS_EXECUTABLE_NONE, /* no program for x86-64 */
	TWINOS_EXECUTABLE_DYNAMIC, /* it needs a loader and libraries */
	TWINOS_EXECUTABLE_STATIC,
};

/* twinos_executable_kind() - of any bytes */
enum twinos_executable twinos_executable_kind(const struct twinos_file *file);

#endif
