// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_root.h"

static char root[40];

const char *fake_root_make(void)
{
	strcpy(root, "/tmp/twinos-test-root-XXXXXX");
	assert_non_null(mkdtemp(root));
	return root;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_below(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void fake_root_remove(void)
{
	remove_below(root);
}

static void full_path(char *full, size_t size, const char *path)
{
	assert_int_equal(*path, '/');
	assert_true(snprintf(full, size, "%s%s", root, path) < (int)size);
}

static void make_parents(char *full)
{
	char *slash = full + strlen(root);

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
}

void fake_root_bytes(const char *path, off_t offset, const void *data,
		     size_t length)
{
	char full[512];
	int fd;

	full_path(full, sizeof(full), path);
	make_parents(full);
	fd = open(full, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, length, offset), length);
	assert_int_equal(close(fd), 0);
}

void fake_root_put(const char *path, const char *text)
{
	fake_root_drop(path);
	fake_root_bytes(path, 0, text, strlen(text));
}

void fake_root_drop(const char *path)
{
	char full[512];

	full_path(full, sizeof(full), path);
	remove_below(full);
}
