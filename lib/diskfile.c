// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "diskfile.h"
#include "error.h"

#define SECTOR 512
#define ZEROES 65536
#define ALIGN 4096 /* of them: enough for any direct I/O */
#define STEP (4U << 20) /* bytes; Linux seldom asks for more at once */

static int refuse(struct twinos_error *err, int code, const char *path,
		  const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_IMAGE, code, "%.300s: %s", path,
			   why);
}

static int refuse_open(struct twinos_error *err, const char *path, int code)
{
	if (code == EACCES || code == EPERM || code == EROFS || code == ETXTBSY)
		return refuse(err, code, path,
			      "can't be written; let the twin only read it "
			      "with ',ro'");
	if (code == EBUSY)
		return refuse(err, code, path,
			      "in use, by the host (is it mounted?) or a twin");
	return refuse(err, code, path, strerror(code));
}

/* Before it is opened: that alone may do something to other kinds of files. */
int twinos_diskfile_check_path(const char *path, struct twinos_error *err)
{
	struct stat st;

	if (stat(path, &st))
		return refuse(err, errno, path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return refuse(err, EINVAL, path,
			      "neither a regular file nor a block device");
	return 0;
}

/*
 * For block devices O_EXCL means that neither a file system of the host nor anybody
 * else who says O_EXCL has it; for files it means nothing.
 */
static int open_fd(struct twinos_diskfile *file, const char *path,
		   struct twinos_error *err)
{
	int flags = O_CLOEXEC | O_NOCTTY;

	flags |= file->read_only ? O_RDONLY : O_RDWR | O_EXCL;
	file->fd = open(path, flags);
	if (file->fd >= 0)
		return 0;
	if (file->read_only)
		return refuse(err, errno, path, strerror(errno));
	return refuse_open(err, path, errno);
}

static int lock(const struct twinos_diskfile *file, const char *path,
		struct twinos_error *err)
{
	struct flock whole = {
		.l_type = file->read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (!fcntl(file->fd, F_OFD_SETLK, &whole))
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return refuse(err, errno, path, strerror(errno));
	return refuse(err, EBUSY, path,
		      file->read_only ?
			      "another twin or program writes to it" :
			      "another twin or program has it locked");
}

static int measure(struct twinos_diskfile *file)
{
	struct stat st;
	int block_size;

	if (fstat(file->fd, &st))
		return -errno;
	file->block_size = SECTOR;
	file->size = (uint64_t)st.st_size;
	file->block_device = S_ISBLK(st.st_mode);
	if (S_ISREG(st.st_mode))
		return 0;
	if (ioctl(file->fd, BLKGETSIZE64, &file->size) ||
	    ioctl(file->fd, BLKSSZGET, &block_size))
		return -errno;
	file->block_size = (uint32_t)block_size;
	return 0;
}

static int check_size(struct twinos_diskfile *file, const char *path,
		      struct twinos_error *err)
{
	int ret = measure(file);

	if (ret)
		return refuse(err, -ret, path, strerror(-ret));
	if (!file->size)
		return refuse(err, ENODATA, path,
			      "empty; give it a size with truncate -s");
	if (file->size % SECTOR)
		return refuse(err, EINVAL, path,
			      "its size is not a multiple of 512 bytes");
	return 0;
}

/* A twin that wrote into the container of another format would ruin it. */
static int check_raw(const struct twinos_diskfile *file, const char *path,
		     struct twinos_error *err)
{
	static const char qcow2[] = { 'Q', 'F', 'I', (char)0xfb };
	char magic[sizeof(qcow2)];

	if (pread(file->fd, magic, sizeof(magic), 0) != sizeof(magic) ||
	    memcmp(magic, qcow2, sizeof(magic)))
		return 0;
	return refuse(err, EINVAL, path,
		      "looks like qcow2; say ',format=qcow2' if it is, or "
		      "',format=raw'");
}

/* Its buffers are the twin's, where nothing but sectors begins. */
static int check_alignment(const struct twinos_diskfile *file, const char *path,
			   const struct statx *st, struct twinos_error *err)
{
	if (!(st->stx_mask & STATX_DIOALIGN) || !st->stx_dio_offset_align ||
	    st->stx_dio_mem_align > SECTOR)
		return refuse(err, EOPNOTSUPP, path,
			      "what it lies on knows no direct I/O by sectors; "
			      "leave ',direct' out");
	if (file->size % st->stx_dio_offset_align)
		return twinos_fail(err, TWINOS_ERROR_IMAGE, EINVAL,
				   "%.300s: its size is not a multiple of %u "
				   "bytes, as ',direct' needs it here",
				   path, st->stx_dio_offset_align);
	return 0;
}

/* Not when it is opened: the look at its first bytes is not aligned. */
static int set_direct(struct twinos_diskfile *file, const char *path,
		      struct twinos_error *err)
{
	struct statx st;
	int ret, flags = fcntl(file->fd, F_GETFL);

	if (statx(file->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st))
		return refuse(err, errno, path, strerror(errno));
	ret = check_alignment(file, path, &st, err);
	if (ret)
		return ret;
	if (fcntl(file->fd, F_SETFL, flags | O_DIRECT))
		return refuse(err, errno, path, strerror(errno));
	if (file->block_size < st.stx_dio_offset_align)
		file->block_size = st.stx_dio_offset_align;
	file->direct = true;
	return 0;
}

int twinos_diskfile_open(struct twinos_diskfile *file, const char *path,
			 const struct twinos_diskfile_how *how,
			 struct twinos_error *err)
{
	int ret;

	*file = (struct twinos_diskfile){ .fd = -1,
					  .read_only = how->read_only };
	ret = twinos_diskfile_check_path(path, err);
	if (!ret)
		ret = open_fd(file, path, err);
	if (!ret)
		ret = lock(file, path, err);
	if (!ret && !how->raw)
		ret = check_raw(file, path, err);
	if (!ret)
		ret = check_size(file, path, err);
	if (!ret && how->direct)
		ret = set_direct(file, path, err);
	if (ret)
		twinos_diskfile_close(file);
	return ret;
}

void twinos_diskfile_close(struct twinos_diskfile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static bool is_inside(const struct twinos_diskfile *file, uint64_t offset,
		      uint64_t length)
{
	return offset <= file->size && length <= file->size - offset;
}

int twinos_diskfile_check(const struct twinos_diskfile *file,
			  const struct twinos_diskfile_io *io)
{
	if (io->op == TWINOS_DISKFILE_FLUSH)
		return file->flush_failed ? -EIO : 0;
	return is_inside(file, io->offset, io->iovs.bytes) ? 0 : -EINVAL;
}

struct twinos_iovs twinos_diskfile_step(struct twinos_diskfile_io *io)
{
	return twinos_iovs_front(&io->iovs, STEP, &io->piece);
}

/* A cancelled one has lost nothing. */
static int advance_flush(struct twinos_diskfile *file, ssize_t result)
{
	if (result == -ECANCELED)
		return -ECANCELED;
	if (result < 0)
		file->flush_failed = true;
	return file->flush_failed ? -EIO : 0;
}

/* Nothing at all done means that the file has shrunk. */
int twinos_diskfile_advance(struct twinos_diskfile *file,
			    struct twinos_diskfile_io *io, ssize_t result)
{
	if (result == -EINTR)
		return 1;
	if (io->op == TWINOS_DISKFILE_FLUSH)
		return advance_flush(file, result);
	if (result <= 0)
		return result ? (int)result : -EIO;
	twinos_iovs_skip(&io->iovs, (size_t)result);
	io->offset += (uint64_t)result;
	return io->iovs.bytes > 0;
}

ssize_t twinos_diskfile_try(const struct twinos_diskfile *file,
			    struct twinos_diskfile_io *io)
{
	struct twinos_iovs step = twinos_diskfile_step(io);
	off_t offset = (off_t)io->offset;
	ssize_t done = -1;

	switch (io->op) {
	case TWINOS_DISKFILE_READ:
		done = preadv(file->fd, step.iov, (int)step.nr, offset);
		break;
	case TWINOS_DISKFILE_WRITE:
		done = pwritev2(file->fd, step.iov, (int)step.nr, offset,
				io->sync ? RWF_DSYNC : 0);
		break;
	case TWINOS_DISKFILE_FLUSH:
		done = fdatasync(file->fd);
		break;
	}
	return done < 0 ? -errno : done;
}

int twinos_diskfile_do(struct twinos_diskfile *file,
		       struct twinos_diskfile_io *io)
{
	int ret = twinos_diskfile_check(file, io);

	if (ret)
		return ret;
	do
		ret = twinos_diskfile_advance(file, io,
					      twinos_diskfile_try(file, io));
	while (ret > 0);
	return ret;
}

static int allocate(struct twinos_diskfile *file, int mode, uint64_t offset,
		    uint64_t length)
{
	int ret;

	if (!is_inside(file, offset, length))
		return -EINVAL;
	do
		ret = fallocate(file->fd, mode | FALLOC_FL_KEEP_SIZE,
				(off_t)offset, (off_t)length);
	while (ret && errno == EINTR);
	return ret ? -errno : 0;
}

int twinos_diskfile_discard(struct twinos_diskfile *file, uint64_t offset,
			    uint64_t length)
{
	int ret = allocate(file, FALLOC_FL_PUNCH_HOLE, offset, length);

	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int write_zeroes(struct twinos_diskfile *file, uint64_t offset,
			uint64_t length)
{
	static const _Alignas(ALIGN) char zeroes[ZEROES];
	struct twinos_diskfile_io io;
	struct iovec iov;
	int ret = 0;

	for (; !ret && length; offset = io.offset) {
		iov.iov_base = (char *)zeroes;
		iov.iov_len = length < ZEROES ? length : ZEROES;
		length -= iov.iov_len;
		io = (struct twinos_diskfile_io){
			.op = TWINOS_DISKFILE_WRITE,
			.offset = offset,
			.iovs = { &iov, 1, iov.iov_len },
		};
		ret = twinos_diskfile_do(file, &io);
	}
	return ret;
}

int twinos_diskfile_zero(struct twinos_diskfile *file, uint64_t offset,
			 uint64_t length, bool unmap)
{
	int mode = unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
	int ret = allocate(file, mode, offset, length);

	return ret == -EOPNOTSUPP ? write_zeroes(file, offset, length) : ret;
}
