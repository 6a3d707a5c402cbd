// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "initrd.h"

/*
 * A cpio archive starts at a multiple of 4 bytes, and the kernel skips zeros
 * between two of them (Documentation/driver-api/early-userspace/
 * buffer-format.rst).
 */
#define ALIGNMENT 4

static size_t padding(size_t length)
{
	return -length % ALIGNMENT;
}

/* Counts the part behind the last one in, by the name of @path. */
static int count_in(struct twinos_initrd *initrd, const char *path,
		    struct twinos_error *err)
{
	const struct twinos_file *part = &initrd->parts[initrd->nr_parts++];
	uint64_t length;

	if (__builtin_add_overflow(initrd->length, part->length, &length) ||
	    __builtin_add_overflow(length, padding(part->length),
				   &initrd->length))
		return twinos_fail(err, TWINOS_ERROR_IMAGE, EFBIG,
				   "%.300s: the initrds are too big together",
				   path);
	return 0;
}

static int add(struct twinos_initrd *initrd, const char *path,
	       struct twinos_error *err)
{
	int ret;

	ret = twinos_file_map(&initrd->parts[initrd->nr_parts], path, err);
	return ret ? ret : count_in(initrd, path, err);
}

int twinos_initrd_open(struct twinos_initrd *initrd, const char *const *paths,
		       size_t nr_paths, struct twinos_error *err)
{
	size_t i;
	int ret;

	memset(initrd, 0, sizeof(*initrd));
	if (!nr_paths)
		return 0;
	initrd->parts = calloc(nr_paths, sizeof(*initrd->parts));
	if (!initrd->parts)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "no memory for a list of %zu initrds",
				   nr_paths);
	for (i = 0; i < nr_paths; i++) {
		ret = add(initrd, paths[i], err);
		if (ret)
			goto release;
	}
	return 0;

release:
	twinos_initrd_release(initrd);
	return ret;
}

int twinos_initrd_append(struct twinos_initrd *initrd, struct twinos_file *part,
			 struct twinos_error *err)
{
	struct twinos_file *parts;

	parts = reallocarray(initrd->parts, initrd->nr_parts + 1,
			     sizeof(*parts));
	if (!parts) {
		twinos_file_unmap(part);
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "no memory for one more initrd");
	}
	parts[initrd->nr_parts] = *part;
	initrd->parts = parts;
	return count_in(initrd, "what is added", err);
}

void twinos_initrd_copy(const struct twinos_initrd *initrd, void *to)
{
	uint8_t *at = to;
	size_t i;

	for (i = 0; i < initrd->nr_parts; i++) {
		const struct twinos_file *part = &initrd->parts[i];

		memcpy(at, part->data, part->length);
		at += part->length;
		memset(at, 0, padding(part->length));
		at += padding(part->length);
	}
}

void twinos_initrd_release(struct twinos_initrd *initrd)
{
	size_t i;

	for (i = 0; i < initrd->nr_parts; i++)
		twinos_file_unmap(&initrd->parts[i]);
	free(initrd->parts);
	memset(initrd, 0, sizeof(*initrd));
}
