/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cpio archive of the "newc" kind, the one that Linux unpacks as its
 * initramfs (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef TWINOS_LIB_CPIO_H
#define TWINOS_LIB_CPIO_H

#include "file.h"

/**
 * struct twinos_cpio_entry - one file of the archive
 * @name: its path without a leading '/'; a directory comes before its files
 * @mode: as in struct stat, type and permissions
 * @data: the file's bytes or the symlink's target; NULL: none
 * @length: how many
 */
struct twinos_cpio_entry {
	const char *name;
	mode_t mode;
	const void *data;
	size_t length;
};

/*
 * Zeros before an archive. An lz4 stream has no end of its own: the kernel takes the next
 * 4 bytes for the length of one more chunk, unless they are zero
 * (lib/decompress_unlz4.c). Between archives zeros are skipped, but not inside of what is
 * compressed (flush_buffer() in init/initramfs.c).
 */
#define TWINOS_CPIO_LEAD 4

/*
 * twinos_cpio_build() - an archive in memory, for twinos_file_unmap(). It can
 * stand behind any other part of an initrd. -EFBIG: an entry or all of them are
 * too long for the format; -ENOMEM.
 */
int twinos_cpio_build(struct twinos_file *archive,
		      const struct twinos_cpio_entry *entries, size_t nr);

#endif
