// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "newfile.h"

static int fail_file(const char *path, const char *what, int code,
		     struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
			   "can't %s '%.256s': %s", what, path, strerror(code));
}

static int is_there(const char *path, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, EEXIST,
		"'%.256s' is there already: choose another name or use --force",
		path);
}

/* To replace a device or a directory was never meant. */
static int check_target(const char *path, bool force, struct twinos_error *err)
{
	struct stat stat;

	if (lstat(path, &stat))
		return errno == ENOENT ? 0 :
					 fail_file(path, "create", errno, err);
	if (!S_ISREG(stat.st_mode))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, EEXIST,
				   "'%.256s' is there and is no regular file",
				   path);
	return force ? 0 : is_there(path, err);
}

int twinos_newfile_open(struct twinos_newfile *file, const char *path,
			bool force, struct twinos_error *err)
{
	int ret, length;

	ret = check_target(path, force, err);
	if (ret)
		return ret;
	file->path = path;
	file->force = force;
	length = snprintf(file->partial, sizeof(file->partial),
			  "%s.partial-XXXXXX", path);
	if ((size_t)length >= sizeof(file->partial))
		return fail_file(path, "create", ENAMETOOLONG, err);
	file->fd = mkostemp(file->partial, O_CLOEXEC); /* mode 0600 */
	return file->fd < 0 ? fail_file(path, "create", errno, err) : 0;
}

/*
 * Another one may have come in between. Some file systems don't know the flag; there
 * the check at the beginning has to do.
 */
static int publish(const struct twinos_newfile *file, struct twinos_error *err)
{
	unsigned int flags = file->force ? 0 : RENAME_NOREPLACE;

	if (!renameat2(AT_FDCWD, file->partial, AT_FDCWD, file->path, flags))
		return 0;
	if (errno == EEXIST && !file->force)
		return is_there(file->path, err);
	if (errno == EINVAL && !rename(file->partial, file->path))
		return 0;
	return fail_file(file->path, "create", errno, err);
}

int twinos_newfile_close(struct twinos_newfile *file, int ret,
			 struct twinos_error *err)
{
	if (!ret && fsync(file->fd))
		ret = fail_file(file->path, "write", errno, err);
	/* Some file systems tell of a full disk only now. */
	if (close(file->fd) && !ret)
		ret = fail_file(file->path, "write", errno, err);
	if (!ret)
		ret = publish(file, err);
	if (ret)
		unlink(file->partial);
	return ret;
}
