// SPDX-License-Identifier: GPL-2.0-only
/* From a twin to the host. What the twin says of a file is only what it says. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "tar.h"

/* A kind, and the mode and size if there is somebody who knows them. */
static const char look[] =
	"if [ -d \"$1\" ]; then s=; [ ! \"$2\" ] || s=$(du -sk \"$1\"); "
	"echo d 0 \"$s\"; "
	"elif [ -e \"$1\" ]; then echo f "
	"\"$(stat -L -c '%a %s' \"$1\" 2>/dev/null)\"; "
	"else echo 'No such file or directory' >&2; exit 1; fi";

struct found {
	char kind;
	mode_t mode;
};

static int look_at(struct copy *copy, struct found *found)
{
	char text[64] = "";
	const char *argv[] = { "sh", "-c", look, "sh", copy->from, "", NULL };
	unsigned long long size = 0;
	unsigned int mode = 0644;
	int code;

	progress_begin(&copy->progress);
	if (copy->progress.shown)
		argv[5] = "size";
	code = copy_run(copy, argv, -1, -1, text, sizeof(text));
	if (code)
		return code;
	if (sscanf(text, "%c %o %llu", &found->kind, &mode, &size) < 1)
		return copy_fail(copy, "the twin does not tell what it is");
	found->mode = mode & 0777;
	copy->total = found->kind == 'd' ? size * 1024 : size;
	return 0;
}

/* Where it comes to; @into: there is a directory of that name. */
static int find_target(const struct copy *copy, char *path, size_t size)
{
	char base[NAME_MAX + 1];
	struct stat found;
	bool is_dir = !stat(copy->to, &found) && S_ISDIR(found.st_mode);
	int length;

	if (!is_dir && copy->into)
		return -ENOTDIR;
	copy_base(copy, base, sizeof(base));
	length = snprintf(path, size, "%s%s%s", copy->to, is_dir ? "/" : "",
			  is_dir ? base : "");
	return (size_t)length < size ? 0 : -ENAMETOOLONG;
}

static int create(const char *path, bool *is_new)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	*is_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int set_mode(int fd, mode_t mode)
{
	struct stat found;

	if (fstat(fd, &found))
		return -errno;
	return S_ISREG(found.st_mode) && fchmod(fd, mode) ? -errno : 0;
}

/* A copy that fails leaves no new file. */
static int take_file(struct copy *copy, const char *path, mode_t mode)
{
	const char *argv[] = { "cat", copy->from, NULL };
	bool is_new;
	int fd, code, ret = 0;

	fd = create(path, &is_new);
	if (fd < 0)
		return copy_fail(copy, strerror(-fd));
	code = copy_run(copy, argv, -1, fd, NULL, 0);
	if (!code)
		ret = set_mode(fd, mode);
	if (close(fd) && !ret)
		ret = -errno;
	if (ret)
		code = copy_fail(copy, strerror(-ret));
	if (code && is_new)
		unlink(path);
	return code;
}

/* If our tar ends early, what it says is more than that nobody reads. */
static int take_tree(struct copy *copy, const char *path)
{
	const char *argv[] = { "tar", "-C", copy->from, TAR_PACK, ".", NULL };
	char complaint[256];
	struct tar tar;
	int ret, code;

	ret = mkdir(path, 0777) && errno != EEXIST ? -errno : 0;
	if (!ret)
		ret = tar_unpack(&tar, path);
	if (ret)
		return copy_fail(copy, strerror(-ret));
	code = copy_run(copy, argv, -1, tar.fd, NULL, 0);
	if (!tar_end(&tar, complaint, sizeof(complaint)) &&
	    (!code || code == 128 + SIGPIPE))
		code = copy_fail(copy, complaint);
	return code;
}

int copy_from_twin(struct copy *copy)
{
	struct found found;
	char path[PATH_MAX];
	int ret, code;

	code = look_at(copy, &found);
	if (code)
		return code;
	if (found.kind == 'd' && !copy->recursive)
		return copy_fail(copy, "it is a directory; -r copies it");
	ret = find_target(copy, path, sizeof(path));
	if (ret)
		return copy_fail(copy, strerror(-ret));
	if (found.kind == 'd')
		return take_tree(copy, path);
	return take_file(copy, path, found.mode);
}
