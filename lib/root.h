/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TWINOS_LIB_ROOT_H
#define TWINOS_LIB_ROOT_H

#include "file.h"

/*
 * twinos_root_pack() - the root as an archive in memory, for twinos_file_unmap()
 * @release: of the twin's kernel
 * @result: but for its bytes; or NULL
 */
int twinos_root_pack(const struct twinos_root *root, const char *release,
		     struct twinos_file *archive,
		     struct twinos_root_result *result,
		     struct twinos_error *err);

#endif
