/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that is there when it is whole: written under another name beside its own, and
 * given that when it is on the disk. It is its owner's alone.
 */
#ifndef TWINOS_LIB_NEWFILE_H
#define TWINOS_LIB_NEWFILE_H

#include <limits.h>

#include "libtwinos.h"

/**
 * struct twinos_newfile
 * @fd: to be written to
 */
struct twinos_newfile {
	int fd;

	/* private */
	const char *path;
	bool force;
	char partial[PATH_MAX];
};

/*
 * twinos_newfile_open() - for @path, which must stay; with @force a regular file that is
 * there will be replaced
 */
int twinos_newfile_open(struct twinos_newfile *file, const char *path,
			bool force, struct twinos_error *err);

/*
 * twinos_newfile_close() - with @ret 0 the file appears, otherwise there is none; returns
 * @ret or what failed
 */
int twinos_newfile_close(struct twinos_newfile *file, int ret,
			 struct twinos_error *err);

#endif
