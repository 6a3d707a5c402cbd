// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "hostfs.h"
#include "modules.h"

#define SPACES " \t"

static int read_files(struct twinos_modules *modules)
{
	struct twinos_hostfs fs;
	int ret;

	ret = twinos_hostfs_open(&fs, modules->dir);
	if (ret)
		return ret;
	modules->deps = twinos_hostfs_read(&fs, "/modules.dep");
	if (!modules->deps)
		ret = -errno;
	/* A kernel may have been installed without it. */
	modules->builtin = twinos_hostfs_read(&fs, "/modules.builtin");
	if (!ret && !modules->builtin && errno != ENOENT)
		ret = -errno;
	twinos_hostfs_close(&fs);
	return ret;
}

int twinos_modules_open(struct twinos_modules *modules, const char *dir,
			struct twinos_error *err)
{
	int ret;

	memset(modules, 0, sizeof(*modules));
	modules->dir = dir;
	ret = read_files(modules);
	if (!ret)
		return 0;
	twinos_modules_close(modules);
	return twinos_fail(err, TWINOS_ERROR_IMAGE, -ret,
			   "%.256s/modules.dep: %s", dir, strerror(-ret));
}

static char same_letter(char letter)
{
	return letter == '-' ? '_' : letter;
}

/* "kernel/drivers/net/virtio_net.ko.xz" is virtio_net. */
static bool is_called(const char *path, size_t length, const char *name)
{
	const char *slash = memrchr(path, '/', length);
	const char *at = slash ? slash + 1 : path, *end = path + length;

	for (; *name; name++, at++)
		if (at == end || same_letter(*at) != same_letter(*name))
			return false;
	return end - at >= 3 && !memcmp(at, ".ko", 3) &&
	       (end - at == 3 || at[3] == '.');
}

/* The line of @text whose path, which ends where @stop begins, is @name's. */
static const char *find_line(const char *text, const char *name,
			     const char *stop)
{
	for (; text && *text;
	     text += strcspn(text, "\n"), text += *text == '\n')
		if (is_called(text, strcspn(text, stop), name))
			return text;
	return NULL;
}

static bool has_path(const struct twinos_modules *modules, const char *path,
		     size_t length)
{
	size_t i;

	for (i = 0; i < modules->nr_paths; i++)
		if (strlen(modules->paths[i]) == length &&
		    !memcmp(modules->paths[i], path, length))
			return true;
	return false;
}

static int add_path(struct twinos_modules *modules, const char *path,
		    size_t length)
{
	char **paths, *copy;

	if (!length || has_path(modules, path, length))
		return 0;
	paths = reallocarray(modules->paths, modules->nr_paths + 1,
			     sizeof(*paths));
	if (!paths)
		return -ENOMEM;
	modules->paths = paths;
	copy = strndup(path, length);
	if (!copy)
		return -ENOMEM;
	paths[modules->nr_paths++] = copy;
	return 0;
}

/*
 * "a.ko: b.ko c.ko": all that a needs, also by way of others, and what is needed stands
 * behind what needs it (depmod.c of kmod).
 */
static int add_needed(struct twinos_modules *modules, const char *needed,
		      size_t length)
{
	size_t end, begin;
	int ret = 0;

	for (end = length; !ret && end; end = begin) {
		while (end && strchr(SPACES, needed[end - 1]))
			end--;
		for (begin = end; begin && !strchr(SPACES, needed[begin - 1]);)
			begin--;
		ret = add_path(modules, needed + begin, end - begin);
	}
	return ret;
}

int twinos_modules_add(struct twinos_modules *modules, const char *name)
{
	const char *line = find_line(modules->deps, name, ":\n");
	size_t length, colon;
	int ret;

	if (!line)
		return find_line(modules->builtin, name, "\n") ? 0 : -ENOENT;
	length = strcspn(line, "\n");
	colon = strcspn(line, ":\n");
	if (colon < length) {
		ret = add_needed(modules, line + colon + 1, length - colon - 1);
		if (ret)
			return ret;
	}
	return add_path(modules, line, colon);
}

void twinos_modules_close(struct twinos_modules *modules)
{
	size_t i;

	for (i = 0; i < modules->nr_paths; i++)
		free(modules->paths[i]);
	free(modules->paths);
	free(modules->deps);
	free(modules->builtin);
	memset(modules, 0, sizeof(*modules));
}
