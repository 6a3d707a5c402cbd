/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The initrd: several files, one behind the other. */
#ifndef TWINOS_LIB_INITRD_H
#define TWINOS_LIB_INITRD_H

#include "libtwinos.h"

struct twinos_file;

/**
 * struct twinos_initrd - open initrd files
 * @length: bytes that twinos_initrd_copy() writes; 0 if there are no files
 */
struct twinos_initrd {
	uint64_t length;

	/* private */
	struct twinos_file *parts;
	size_t nr_parts;
};

/* twinos_initrd_open() - @paths in this order; the error names the path */
int twinos_initrd_open(struct twinos_initrd *initrd, const char *const *paths,
		       size_t nr_paths, struct twinos_error *err);

/* twinos_initrd_copy() - write ->length bytes to @to */
void twinos_initrd_copy(const struct twinos_initrd *initrd, void *to);

/*
 * twinos_initrd_append() - one more part behind the others; what @part maps is
 * @initrd's then, also after a failure
 */
int twinos_initrd_append(struct twinos_initrd *initrd, struct twinos_file *part,
			 struct twinos_error *err);

void twinos_initrd_release(struct twinos_initrd *initrd);

#endif
