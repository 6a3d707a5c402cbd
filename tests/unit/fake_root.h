/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory with a made-up /proc, /sys, /dev and /boot. */
#ifndef TWINOS_TEST_FAKE_ROOT_H
#define TWINOS_TEST_FAKE_ROOT_H

#include <stddef.h>
#include <sys/types.h>

/* fake_root_make() - an empty one; its path, until fake_root_remove() */
const char *fake_root_make(void);
void fake_root_remove(void);

/* fake_root_put() - a file at @path, with the directories that it needs */
void fake_root_put(const char *path, const char *text);
void fake_root_bytes(const char *path, off_t offset, const void *data,
		     size_t length);

/* fake_root_drop() - the file or directory is not there */
void fake_root_drop(const char *path);

#endif
