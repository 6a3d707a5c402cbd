// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

static int refuse(struct twinos_error *err, int code, const char *path,
		  const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_IMAGE, code, "%.300s: %s", path,
			   why);
}

static int check(const struct stat *st, const char *path,
		 struct twinos_error *err)
{
	if (S_ISDIR(st->st_mode))
		return refuse(err, EISDIR, path,
			      "a directory; give the file inside it");
	if (!S_ISREG(st->st_mode))
		return refuse(err, EINVAL, path,
			      "not a regular file; copy it to one first");
	if (!st->st_size)
		return refuse(err, ENODATA, path,
			      "the file is empty; give another one");
	return 0;
}

static int map(struct twinos_file *file, int fd, const char *path,
	       struct twinos_error *err)
{
	struct stat st;
	void *data;
	int ret;

	if (fstat(fd, &st))
		return refuse(err, errno, path, strerror(errno));
	ret = check(&st, path, err);
	if (ret)
		return ret;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return refuse(err, errno, path, strerror(errno));
	file->data = data;
	file->length = (size_t)st.st_size;
	return 0;
}

int twinos_file_map(struct twinos_file *file, const char *path,
		    struct twinos_error *err)
{
	int fd, ret;

	/* O_NONBLOCK: opening a FIFO must not wait for somebody to write. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse(err, errno, path, strerror(errno));
	ret = map(file, fd, path, err);
	close(fd);
	return ret;
}

void twinos_file_unmap(struct twinos_file *file)
{
	if (file->data)
		munmap(file->data, file->length);
	memset(file, 0, sizeof(*file));
}
