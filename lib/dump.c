// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file of a memory dump: written under another name beside its own, and
 * given that when it is whole and on the disk. It is its owner's alone, because
 * all secrets of the twin are in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core.h"
#include "error.h"

static int fail_file(const struct twinos_dump *dump, const char *what, int code,
		     struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code,
			   "can't %s '%.256s': %s", what, dump->path,
			   strerror(code));
}

static int is_there(const struct twinos_dump *dump, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, EEXIST,
		"'%.256s' is there already: choose another name or use --force",
		dump->path);
}

/* To replace a device or a directory was never meant. */
static int check_target(const struct twinos_dump *dump,
			struct twinos_error *err)
{
	struct stat stat;

	if (lstat(dump->path, &stat))
		return errno == ENOENT ? 0 :
					 fail_file(dump, "create", errno, err);
	if (!S_ISREG(stat.st_mode))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, EEXIST,
				   "'%.256s' is there and is no regular file",
				   dump->path);
	return dump->force ? 0 : is_there(dump, err);
}

static int create(const struct twinos_dump *dump, char *partial, size_t size,
		  struct twinos_error *err)
{
	int length, file;

	length = snprintf(partial, size, "%s.partial-XXXXXX", dump->path);
	if ((size_t)length >= size)
		return fail_file(dump, "create", ENAMETOOLONG, err);
	file = mkostemp(partial, O_CLOEXEC); /* mode 0600 */
	return file < 0 ? fail_file(dump, "create", errno, err) : file;
}

/*
 * Another dump may have come in between. Some file systems don't know the flag;
 * there the check at the beginning has to do.
 */
static int publish(const struct twinos_dump *dump, const char *partial,
		   struct twinos_error *err)
{
	unsigned int flags = dump->force ? 0 : RENAME_NOREPLACE;

	if (!renameat2(AT_FDCWD, partial, AT_FDCWD, dump->path, flags))
		return 0;
	if (errno == EEXIST && !dump->force)
		return is_there(dump, err);
	if (errno == EINVAL && !rename(partial, dump->path))
		return 0;
	return fail_file(dump, "create", errno, err);
}

int twinos_dump(const struct twinos_dump *dump,
		struct twinos_dump_result *result, struct twinos_error *err)
{
	char partial[PATH_MAX];
	int file, ret;

	ret = check_target(dump, err);
	if (ret)
		return ret;
	file = create(dump, partial, sizeof(partial), err);
	if (file < 0)
		return file;
	ret = twinos_core_write(dump, file, result, err);
	if (!ret && fsync(file))
		ret = fail_file(dump, "write", errno, err);
	/* Some file systems tell of a full disk only now. */
	if (close(file) && !ret)
		ret = fail_file(dump, "write", errno, err);
	if (!ret)
		ret = publish(dump, partial, err);
	if (ret)
		unlink(partial);
	return ret;
}
