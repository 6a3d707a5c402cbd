// SPDX-License-Identifier: LGPL-2.1-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostfs.h"

/* /proc/kallsyms comes to some 15 MiB. */
#define FILE_MAX (64UL << 20)
#define CHUNK 65536

int twinos_hostfs_open(struct twinos_hostfs *fs, const char *root)
{
	fs->dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fs->dir < 0 ? -errno : 0;
}

void twinos_hostfs_close(struct twinos_hostfs *fs)
{
	close(fs->dir);
	fs->dir = -1;
}

static int open_below(const struct twinos_hostfs *fs, const char *path,
		      int flags)
{
	int fd = openat(fs->dir, path + 1,
			flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

int twinos_hostfs_fd(const struct twinos_hostfs *fs, const char *path)
{
	return open_below(fs, path, 0);
}

/* Files of /proc tell no size. */
static char *read_all(int fd)
{
	size_t length = 0;
	char *text = NULL, *grown;
	ssize_t got;

	do {
		grown = realloc(text, length + CHUNK + 1);
		if (!grown)
			goto free_text;
		text = grown;
		got = read(fd, text + length, CHUNK);
		if (got < 0)
			goto free_text;
		length += (size_t)got;
		errno = EFBIG;
	} while (got && length <= FILE_MAX);
	if (got)
		goto free_text;
	text[length] = '\0';
	return text;

free_text:
	free(text);
	return NULL;
}

char *twinos_hostfs_read(const struct twinos_hostfs *fs, const char *path)
{
	int fd = twinos_hostfs_fd(fs, path), code;
	char *text;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	text = read_all(fd);
	code = errno;
	close(fd);
	errno = code;
	return text;
}

int twinos_hostfs_line(const struct twinos_hostfs *fs, const char *path,
		       char *line, size_t size)
{
	int fd = twinos_hostfs_fd(fs, path);
	ssize_t got = 0;

	*line = '\0';
	if (fd < 0)
		return fd;
	got = read(fd, line, size - 1);
	if (got < 0)
		got = -errno;
	close(fd);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return got < 0 ? (int)got : 0;
}

int twinos_hostfs_number(const struct twinos_hostfs *fs, const char *path,
			 uint64_t *number)
{
	char line[64], *end;
	int ret = twinos_hostfs_line(fs, path, line, sizeof(line));

	if (ret)
		return ret;
	if (*line < '0' || *line > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(line, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

int twinos_hostfs_bytes(const struct twinos_hostfs *fs, const char *path,
			off_t offset, void *bytes, size_t length)
{
	int fd = twinos_hostfs_fd(fs, path), ret = 0;
	ssize_t got;

	if (fd < 0)
		return fd;
	got = pread(fd, bytes, length, offset);
	if (got < 0)
		ret = -errno;
	else if ((size_t)got != length)
		ret = -EIO;
	close(fd);
	return ret;
}

bool twinos_hostfs_has(const struct twinos_hostfs *fs, const char *path)
{
	return !faccessat(fs->dir, path + 1, F_OK, 0);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pointers first, then the strings: both sizes are known after a first look. */
static char **pack(struct dirent **entries, size_t nr)
{
	size_t i, size = (nr + 1) * sizeof(char *);
	char **names, *at;

	for (i = 0; i < nr; i++)
		size += strlen(entries[i]->d_name) + 1;
	names = malloc(size);
	if (!names)
		return NULL;
	at = (char *)(names + nr + 1);
	for (i = 0; i < nr; i++) {
		names[i] = at;
		at = stpcpy(at, entries[i]->d_name) + 1;
	}
	names[nr] = NULL;
	qsort(names, nr, sizeof(*names), by_name);
	return names;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

ssize_t twinos_hostfs_list(const struct twinos_hostfs *fs, const char *path,
			   char ***names)
{
	struct dirent **entries;
	int nr, i;

	nr = scandirat(fs->dir, path + 1, &entries, is_shown, NULL);
	if (nr < 0)
		return -errno;
	*names = pack(entries, (size_t)nr);
	for (i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
	return *names ? nr : -ENOMEM;
}
