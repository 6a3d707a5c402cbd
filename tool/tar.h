/* SPDX-License-Identifier: GPL-2.0-only */
/* tar(1) of this machine as one end of a pipe. */
#ifndef TWINCTL_TAR_H
#define TWINCTL_TAR_H

#include <stdbool.h>
#include <sys/types.h>

/* struct tar - @fd is our end; private but for that */
struct tar {
	int fd;
	int complaints;
	pid_t pid;
};

/*
 * tar_pack() - what is in directory @path can be read from @fd; 0 or -errno
 * tar_unpack() - what is written to @fd comes into it
 */
int tar_pack(struct tar *tar, const char *path);
int tar_unpack(struct tar *tar, const char *path);

/*
 * tar_end() - close @fd, wait until it has ended; true if all went well. @text: the
 * first line of what it complained of, if it did.
 */
bool tar_end(struct tar *tar, char *text, size_t size);

/*
 * The same on the twin's side, with a directory behind it. The modes and owners that it
 * makes are those of cp -r: nobody's set-user-ID program becomes one of root's.
 */
#define TAR_PACK "-cf", "-"
#define TAR_UNPACK "-xof", "-", "--no-same-permissions"

#endif
