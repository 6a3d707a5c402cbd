/* SPDX-License-Identifier: GPL-2.0-only */
/* The root of --root: a directory or a disk with an installed system. */
#ifndef TWINCTL_ROOTFS_H
#define TWINCTL_ROOTFS_H

#include <limits.h>
#include <stdbool.h>

#include "libtwinos.h"

/* By what name a twin mounts a directory. */
#define ROOTFS_TAG "twinroot"

/* As many as there is room for in a GPT of the usual size. */
#define ROOTFS_PARTITION_MAX 128

/* struct rootfs - see rootfs_open() */
struct rootfs {
	char *device; /* NULL: there is none */
	bool directory;
	char cmdline[96];
};

/* rootfs_check() - @text of --root can be meant; nothing is looked at */
int rootfs_check(const char *text, struct twinos_error *err);

/*
 * rootfs_open() - look at what @text names
 *
 * @rootfs->device is what twinctl(8) takes for --share if it is a @directory, or else for
 * --disk, and has to be the twin's first disk. @rootfs->cmdline are the kernel options for
 * it, with @serve those for our agent to run there instead of its init.
 * rootfs_release() in the end.
 */
int rootfs_open(struct rootfs *rootfs, const char *text, bool serve,
		struct twinos_error *err);
void rootfs_release(struct rootfs *rootfs);

/*
 * rootfs_end() - tell the end of the twin @name as twins_end() does, and if it had no root
 * why, which its last log says; an exit code
 */
int rootfs_end(const char *name, unsigned int state, unsigned int reason);

#endif
