/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A raw disk image or a block device of the host, locked as a whole (fcntl(2), open file
 * description locks) as long as it is open: either one twin writes to it or all read.
 */
#ifndef TWINOS_LIB_DISKFILE_H
#define TWINOS_LIB_DISKFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "iovs.h"
#include "libtwinos.h"

/**
 * struct twinos_diskfile
 * @size: in bytes, a multiple of 512; what the file had when it was opened
 * @block_size: what all offsets and lengths had best be multiples of, and with @direct
 *	must be
 * @flush_failed: so that it is told again
 */
struct twinos_diskfile {
	int fd;
	bool read_only;
	bool direct;
	bool block_device;
	bool flush_failed;
	uint64_t size;
	uint32_t block_size;
};

/**
 * struct twinos_diskfile_how - to open one
 * @raw: the user insists that it is raw, however much it looks like qcow2
 * @direct: past the host's page cache (O_DIRECT in open(2)); all buffers must be aligned
 *	to 512 bytes then, as those of Linux's virtio_blk are
 */
struct twinos_diskfile_how {
	bool read_only;
	bool raw;
	bool direct;
};

/* twinos_diskfile_check_path() - it is a file that can be a disk; opens nothing */
int twinos_diskfile_check_path(const char *path, struct twinos_error *err);

/*
 * twinos_diskfile_open() - @path, an existing regular file or block device of whole
 * sectors
 */
int twinos_diskfile_open(struct twinos_diskfile *file, const char *path,
			 const struct twinos_diskfile_how *how,
			 struct twinos_error *err);
void twinos_diskfile_close(struct twinos_diskfile *file);

enum twinos_diskfile_op {
	TWINOS_DISKFILE_READ,
	TWINOS_DISKFILE_WRITE,
	TWINOS_DISKFILE_FLUSH,
};

/**
 * struct twinos_diskfile_io - something to be done with it, step by step
 * @sync: of a write: it is safe once it is done
 * @offset: where @iovs belongs; both are moved on by what is done
 * @iovs: to be filled, or written; empty for a flush
 * @piece: room for a part of one of them
 */
struct twinos_diskfile_io {
	enum twinos_diskfile_op op;
	bool sync;
	uint64_t offset;
	struct twinos_iovs iovs;
	struct iovec piece;
};

/*
 * twinos_diskfile_check() - before the first step; -EINVAL: it goes beyond the end;
 * -EIO: a flush, and one has failed: from then on all do, as the kernel may have
 * dropped what it could not write
 */
int twinos_diskfile_check(const struct twinos_diskfile *file,
			  const struct twinos_diskfile_io *io);

/*
 * twinos_diskfile_step() - what of @io->iovs the next step is about: only so much that
 * it is no long wait. It lasts until @io is moved.
 */
struct twinos_iovs twinos_diskfile_step(struct twinos_diskfile_io *io);

/*
 * twinos_diskfile_advance() - a step is over
 * @result: how many bytes are done, or -errno
 *
 * 1: one more is needed; 0: all is done; -errno: it has failed
 */
int twinos_diskfile_advance(struct twinos_diskfile *file,
			    struct twinos_diskfile_io *io, ssize_t result);

/* twinos_diskfile_try() - do one step, and return its result */
ssize_t twinos_diskfile_try(const struct twinos_diskfile *file,
			    struct twinos_diskfile_io *io);

/* twinos_diskfile_do() - all of them; 0 or -errno */
int twinos_diskfile_do(struct twinos_diskfile *file,
		       struct twinos_diskfile_io *io);

/* twinos_diskfile_discard() - give the room back if that can be done */
int twinos_diskfile_discard(struct twinos_diskfile *file, uint64_t offset,
			    uint64_t length);

/* twinos_diskfile_zero() - @unmap: the room may be given back */
int twinos_diskfile_zero(struct twinos_diskfile *file, uint64_t offset,
			 uint64_t length, bool unmap);

#endif
