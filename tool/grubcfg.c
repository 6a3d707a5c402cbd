// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "grubcfg.h"

/* What GRUB's scripts read first; their other files stand beside it. */
#define GRUB_PATH "/etc/default/grub"
#define DIRECTORY "/etc/default/grub.d"

/* grub-mkconfig takes what ends in .cfg. */
#define NEW_PATH GRUBCFG_PATH ".new"

#define TEXT_SIZE 512
#define MIB_SHIFT 20

void grubcfg_option(char option[GRUBCFG_OPTION_SIZE],
		    const struct twinos_reservation *reservation)
{
	snprintf(option, GRUBCFG_OPTION_SIZE, "memmap=%" PRIu64 "M$0x%" PRIx64,
		 reservation->length >> MIB_SHIFT, reservation->start);
}

/*
 * The single quotes keep the dollar from the shell that reads the file, the backslash
 * from GRUB, whose own script the option gets into.
 */
static void make_text(char text[TEXT_SIZE],
		      const struct twinos_reservation *reservation)
{
	snprintf(
		text, TEXT_SIZE,
		"# Made by 'twinctl reserve'; 'twinctl reserve --undo' removes "
		"it. Both count\n"
		"# after update-grub and a reboot.\n"
		"GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX \"'memmap=%" PRIu64
		"M\\$0x%" PRIx64 "'\n",
		reservation->length >> MIB_SHIFT, reservation->start);
}

static int failed(int code, const char *what, const char *path,
		  struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, code, "cannot %s %s: %s",
			   what, path, strerror(code));
}

/* Only a file that is just as we would write it is ours. */
static bool parse(const char *text, struct twinos_reservation *reservation)
{
	const char *option = strstr(text, "'memmap=");
	char own[TEXT_SIZE];

	if (!option || sscanf(option, "'memmap=%" SCNu64 "M\\$0x%" SCNx64,
			      &reservation->length, &reservation->start) != 2)
		return false;
	reservation->length <<= MIB_SHIFT;
	make_text(own, reservation);
	return reservation->length && !strcmp(own, text);
}

int grubcfg_read(const struct twinos_hostfs *fs,
		 struct twinos_reservation *reservation,
		 struct twinos_error *err)
{
	char *text = twinos_hostfs_read(fs, GRUBCFG_PATH);
	bool ours;

	*reservation = (struct twinos_reservation){ 0 };
	if (!text)
		return errno == ENOENT ?
			       0 :
			       failed(errno, "read", GRUBCFG_PATH, err);
	ours = parse(text, reservation);
	free(text);
	return ours ? 0 :
		      twinos_fail(err, TWINOS_ERROR_SYSTEM, EINVAL,
				  "%s was changed by somebody else: look at it "
				  "and remove it",
				  GRUBCFG_PATH);
}

/* Paths of a struct twinos_hostfs begin with a slash, those of openat(2) don't. */
static const char *below_root(const char *path)
{
	return path + 1;
}

static int make_directory(const struct twinos_hostfs *fs,
			  struct twinos_error *err)
{
	if (!twinos_hostfs_has(fs, GRUB_PATH))
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOENT,
				   "there is no %s: have the boot loader of "
				   "this machine add the option to the "
				   "kernel's command line",
				   GRUB_PATH);
	if (mkdirat(fs->dir, below_root(DIRECTORY), 0755) && errno != EEXIST)
		return failed(errno, "make", DIRECTORY, err);
	return 0;
}

/* 0 or -errno */
static int write_text(int fd, const char *text)
{
	size_t length = strlen(text);
	ssize_t written = write(fd, text, length);

	if (written != (ssize_t)length)
		return written < 0 ? -errno : -ENOSPC;
	return fchmod(fd, 0644) || fsync(fd) ? -errno : 0;
}

static int write_new(const struct twinos_hostfs *fs, const char *text)
{
	int fd = openat(fs->dir, below_root(NEW_PATH),
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0644);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_text(fd, text);
	close(fd);
	if (!ret && renameat(fs->dir, below_root(NEW_PATH), fs->dir,
			     below_root(GRUBCFG_PATH)))
		ret = -errno;
	if (ret)
		unlinkat(fs->dir, below_root(NEW_PATH), 0);
	return ret;
}

int grubcfg_write(const struct twinos_hostfs *fs,
		  const struct twinos_reservation *reservation,
		  struct twinos_error *err)
{
	char text[TEXT_SIZE];
	int ret = make_directory(fs, err);

	if (ret)
		return ret;
	make_text(text, reservation);
	ret = write_new(fs, text);
	return ret ? failed(-ret, "write", GRUBCFG_PATH, err) : 0;
}

int grubcfg_remove(const struct twinos_hostfs *fs, struct twinos_error *err)
{
	return unlinkat(fs->dir, below_root(GRUBCFG_PATH), 0) ?
		       failed(errno, "remove", GRUBCFG_PATH, err) :
		       0;
}
