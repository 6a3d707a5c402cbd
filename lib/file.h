/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole file in memory, read-only. */
#ifndef TWINOS_LIB_FILE_H
#define TWINOS_LIB_FILE_H

#include "libtwinos.h"

struct twinos_file {
	void *data;
	size_t length;
};

/* twinos_file_map() - regular, not empty files only; the error names @path */
int twinos_file_map(struct twinos_file *file, const char *path,
		    struct twinos_error *err);

/* twinos_file_unmap() - also of a zeroed @file */
void twinos_file_unmap(struct twinos_file *file);

#endif
