/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's /proc, /sys, /dev and /boot below some root directory, so that a
 * test can put others in their place. Nothing is written, and nothing waits.
 */
#ifndef TWINOS_LIB_HOSTFS_H
#define TWINOS_LIB_HOSTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct twinos_hostfs
 * @dir: the root directory, open
 */
struct twinos_hostfs {
	int dir;
};

/* twinos_hostfs_open() - @root: "/" or where a tree like it lies; 0 or -errno */
int twinos_hostfs_open(struct twinos_hostfs *fs, const char *root);
void twinos_hostfs_close(struct twinos_hostfs *fs);

/* twinos_hostfs_fd() - @path, which begins with a slash, to read; -errno */
int twinos_hostfs_fd(const struct twinos_hostfs *fs, const char *path);

/*
 * twinos_hostfs_read() - the whole file as a string, for free(); a NUL byte in
 * it ends it. NULL with errno, EFBIG if it is larger than any such file.
 */
char *twinos_hostfs_read(const struct twinos_hostfs *fs, const char *path);

/*
 * twinos_hostfs_line() - its first line into @line, without the newline, cut to
 * @size. Returns 0 or -errno; "" on an error.
 */
int twinos_hostfs_line(const struct twinos_hostfs *fs, const char *path,
		       char *line, size_t size);

/* twinos_hostfs_number() - what its first line says; -EINVAL: no such number */
int twinos_hostfs_number(const struct twinos_hostfs *fs, const char *path,
			 uint64_t *number);

/* twinos_hostfs_bytes() - @length bytes at @offset; 0 or -errno, -EIO if less */
int twinos_hostfs_bytes(const struct twinos_hostfs *fs, const char *path,
			off_t offset, void *bytes, size_t length);

bool twinos_hostfs_has(const struct twinos_hostfs *fs, const char *path);

/*
 * twinos_hostfs_list() - the names in a directory, sorted, without those that
 * begin with a dot, for free(): one block with all strings. -errno.
 */
ssize_t twinos_hostfs_list(const struct twinos_hostfs *fs, const char *path,
			   char ***names);

#endif
