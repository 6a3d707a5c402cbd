/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A raw disk image or a block device of the host, locked as a whole (fcntl(2), open file
 * description locks) as long as it is open: either one twin writes to it or all read.
 */
#ifndef TWINOS_LIB_DISKFILE_H
#define TWINOS_LIB_DISKFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "iovs.h"
#include "libtwinos.h"

/**
 * struct twinos_diskfile
 * @size: in bytes, a multiple of 512; what the file had when it was opened
 * @block_size: what all offsets and lengths had best be multiples of
 * @flush_failed: so that it is told again
 */
struct twinos_diskfile {
	int fd;
	bool read_only;
	bool block_device;
	bool flush_failed;
	uint64_t size;
	uint32_t block_size;
};

/*
 * twinos_diskfile_open() - @path, an existing regular file or block device of whole
 * sectors; @raw: the user insists that it is raw, however much it looks like qcow2
 */
int twinos_diskfile_open(struct twinos_diskfile *file, const char *path,
			 bool read_only, bool raw, struct twinos_error *err);
void twinos_diskfile_close(struct twinos_diskfile *file);

/*
 * twinos_diskfile_read() - fill all of @iovs with what is at @offset.
 * twinos_diskfile_write() - the opposite; @sync: it is safe on return.
 * Both take from @iovs what is done, and refuse what lies beyond the end.
 */
int twinos_diskfile_read(struct twinos_diskfile *file, uint64_t offset,
			 struct twinos_iovs *iovs);
int twinos_diskfile_write(struct twinos_diskfile *file, uint64_t offset,
			  struct twinos_iovs *iovs, bool sync);

/*
 * twinos_diskfile_flush() - all that was written is safe on return. Once this has
 * failed it always does: the kernel may have dropped what it could not write.
 */
int twinos_diskfile_flush(struct twinos_diskfile *file);

/* twinos_diskfile_discard() - give the room back if that can be done */
int twinos_diskfile_discard(struct twinos_diskfile *file, uint64_t offset,
			    uint64_t length);

/* twinos_diskfile_zero() - @unmap: the room may be given back */
int twinos_diskfile_zero(struct twinos_diskfile *file, uint64_t offset,
			 uint64_t length, bool unmap);

#endif
