// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forwarding.h"

#define DIRECTORY "/run/twinos-net"
#define CONF "/proc/sys/net/ipv4/conf/"

/* Another's file may go between any two of our steps. */
#define TRIES 100

#define PATH_SIZE 96

/* Two strings and a third, as snprintf() may not be called everywhere. */
static const char *join(char path[PATH_SIZE], const char *before,
			const char *name, const char *behind)
{
	char *to = stpcpy(path, before);

	to = stpcpy(to, name);
	strcpy(to, behind);
	return path;
}

static const char *state_path(char path[PATH_SIZE], const char *name)
{
	return join(path, DIRECTORY "/", name, "");
}

/* '0', '1' or -errno */
static int get(const char *name)
{
	char path[PATH_SIZE], now;
	int fd = open(join(path, CONF, name, "/forwarding"),
		      O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	got = read(fd, &now, 1);
	close(fd);
	return got == 1 ? now : -EIO;
}

static int set(const char *name, char value)
{
	char path[PATH_SIZE];
	int fd = open(join(path, CONF, name, "/forwarding"),
		      O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	ret = write(fd, &value, 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

/* What stands there is from one who was killed, and older than what is now. */
static int remember(int fd, const char *name)
{
	char before;
	int ret = get(name);

	if (ret < 0 || pread(fd, &before, 1, 0) == 1)
		return ret < 0 ? ret : 0;
	before = (char)ret;
	return pwrite(fd, &before, 1, 0) == 1 ? 0 : -errno;
}

static bool is_there(int fd)
{
	struct stat stat;

	return !fstat(fd, &stat) && stat.st_nlink;
}

static int open_state(const char *name)
{
	char path[PATH_SIZE];
	int fd;

	if (mkdir(DIRECTORY, 0700) && errno != EEXIST)
		return -errno;
	fd = open(state_path(path, name),
		  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

/* Whoever restores has the lock alone, so he has begun before us or never does. */
static int lock(int fd, const char *name)
{
	int ret = 0;

	if (!flock(fd, LOCK_EX | LOCK_NB))
		ret = remember(fd, name);
	if (!ret && flock(fd, LOCK_SH))
		ret = -errno;
	if (!ret && !is_there(fd))
		ret = -EAGAIN;
	return ret;
}

static void restore(int fd, const char *name)
{
	char before = '1', path[PATH_SIZE];

	if (pread(fd, &before, 1, 0) == 1 && before == '0' && get("all") != '1')
		set(name, before);
	unlink(state_path(path, name));
	rmdir(DIRECTORY);
}

/* -EAGAIN, -ENOENT: what was there is there no more */
static int try_hold(struct twinos_forwarding *forwarding)
{
	const char *name = forwarding->name;
	int fd = open_state(name), ret;

	if (fd < 0)
		return fd;
	ret = lock(fd, name);
	if (!ret)
		ret = set(name, '1');
	forwarding->fd = fd;
	if (ret)
		twinos_forwarding_drop(forwarding);
	return ret;
}

int twinos_forwarding_hold(struct twinos_forwarding *forwarding,
			   const char *name)
{
	int tries = TRIES, ret;

	forwarding->fd = -1;
	if (strlen(name) >= sizeof(forwarding->name) || strchr(name, '/'))
		return -ENODEV;
	strcpy(forwarding->name, name);
	do {
		ret = try_hold(forwarding);
	} while ((ret == -EAGAIN || ret == -ENOENT) && --tries);
	return ret;
}

void twinos_forwarding_drop(struct twinos_forwarding *forwarding)
{
	int fd = forwarding->fd;

	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB) && is_there(fd))
		restore(fd, forwarding->name);
	close(fd);
	forwarding->fd = -1;
}
