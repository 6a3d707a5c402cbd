// SPDX-License-Identifier: GPL-2.0-only
/* From the host to a twin. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "tar.h"

/* $1 is the target, $2 the name in it if it is a directory, $3 not "" if it must be one. */
#define FIND_TARGET                                     \
	"t=$1; if [ -d \"$t\" ]; then t=${t%/}/$2; "    \
	"elif [ \"$3\" ]; then "                        \
	"echo \"$t: not a directory\" >&2; exit 1; fi;" \
	" "

/* Devices keep their mode. */
static const char take_file[] = FIND_TARGET
	"cat >\"$t\" || exit; "
	"[ ! -f \"$t\" ] || chmod \"$4\" \"$t\"";

static const char take_tree[] = FIND_TARGET
	"[ -d \"$t\" ] || mkdir \"$t\" || exit; "
	"exec tar -C \"$t\" \"$4\" \"$5\" \"$6\"";

static int fail_system(const struct copy *copy, int code)
{
	return copy_fail(copy, strerror(code));
}

static int send_fd(struct copy *copy, int fd, const struct stat *stat)
{
	char base[NAME_MAX + 1], mode[8];
	const char *argv[] = { "sh",
			       "-c",
			       take_file,
			       "sh",
			       copy->to,
			       base,
			       copy->into ? "into" : "",
			       mode,
			       NULL };

	copy_base(copy, base, sizeof(base));
	snprintf(mode, sizeof(mode), "%o", stat->st_mode & 0777);
	copy->total = (uint64_t)stat->st_size;
	return copy_run(copy, argv, fd, -1, NULL, 0);
}

static int send_file(struct copy *copy, const struct stat *stat)
{
	int fd, code;

	fd = open(copy->from, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_system(copy, errno);
	code = send_fd(copy, fd, stat);
	close(fd);
	return code;
}

/* nftw(3) gives its function nothing of ours. */
static uint64_t tree_size;

static int add_size(const char *path, const struct stat *stat, int type,
		    struct FTW *ftw)
{
	(void)path;
	(void)ftw;
	tree_size += 1024;
	if (type == FTW_F && S_ISREG(stat->st_mode))
		tree_size += (uint64_t)stat->st_size;
	return 0;
}

/* About what tar makes of it; only for the bar. */
static void measure(struct copy *copy)
{
	progress_begin(&copy->progress);
	if (!copy->progress.shown)
		return;
	tree_size = 0;
	nftw(copy->from, add_size, 16, FTW_PHYS);
	copy->total = tree_size;
}

static int send_tree(struct copy *copy)
{
	char base[NAME_MAX + 1], complaint[256];
	const char *argv[] = { "sh",
			       "-c",
			       take_tree,
			       "sh",
			       copy->to,
			       base,
			       copy->into ? "into" : "",
			       TAR_UNPACK,
			       NULL };
	struct tar tar;
	int ret, code;

	copy_base(copy, base, sizeof(base));
	measure(copy);
	ret = tar_pack(&tar, copy->from);
	if (ret)
		return fail_system(copy, -ret);
	code = copy_run(copy, argv, tar.fd, -1, NULL, 0);
	if (!tar_end(&tar, complaint, sizeof(complaint)) && !code)
		code = copy_fail(copy, complaint);
	return code;
}

int copy_to_twin(struct copy *copy)
{
	struct stat found;

	if (stat(copy->from, &found))
		return fail_system(copy, errno);
	if (!S_ISDIR(found.st_mode))
		return send_file(copy, &found);
	if (!copy->recursive)
		return copy_fail(copy, "it is a directory; -r copies it");
	return send_tree(copy);
}
