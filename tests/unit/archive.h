/* SPDX-License-Identifier: GPL-2.0-only */
/* A cpio archive, read by the rules of the kernel's init/initramfs.c. */
#ifndef TWINOS_TEST_ARCHIVE_H
#define TWINOS_TEST_ARCHIVE_H

#include <stdbool.h>

#include "file.h"

struct archive_entry {
	char name[64];
	unsigned int mode, links;
	size_t length;
	const char *data;
};

/* archive_first() - behind the zeros that end an lz4 stream; see cpio.c */
size_t archive_first(const struct twinos_file *archive);

/* archive_next() - read the entry at *@offset and step behind it; false at the last one */
bool archive_next(const struct twinos_file *archive, size_t *offset,
		  struct archive_entry *entry);

#endif
