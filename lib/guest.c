// SPDX-License-Identifier: LGPL-2.1-or-later
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <twinos/handover.h>

#include "cpio.h"
#include "error.h"
#include "guest.h"

#define MODULE "twinos_guest.ko"

/* Far above what either has; a file that is larger is another one. */
#define FILE_MAX (64UL << 20)

static int no_memory(struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM, "out of memory");
}

/* The version comes out of the image, and becomes the name of a directory. */
static int check_version(const char *version, struct twinos_error *err)
{
	if (!*version)
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, ENOENT,
			"the kernel does not tell its version, by which its guest module is found; give another kernel for shared mode");
	if (*version == '.' || strchr(version, '/'))
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, EINVAL,
			"the kernel's version '%.64s' can't be the name of a directory with its guest module; give another kernel for shared mode",
			version);
	return 0;
}

static int no_module(const struct twinos_guest *guest, const char *version,
		     int code, const char *why, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, code,
		"no guest module for kernel %.128s: %.200s: %s; install the one built for it or give --guest-modules",
		version, guest->path, why);
}

/*
 * The kernel compares this string of the module with its own release. A module
 * that it refuses is noticed only when the twin does not come back.
 */
static bool is_for(const struct twinos_file *module, const char *version)
{
	char magic[160];
	int length;

	length = snprintf(magic, sizeof(magic), "vermagic=%s ", version);
	return length > 0 && (size_t)length < sizeof(magic) &&
	       memmem(module->data, module->length, magic, (size_t)length);
}

/* Of the same release of TwinOS: its own check would come too late. */
static bool is_current(const struct twinos_file *module)
{
	char mark[64];
	int length;

	length = snprintf(mark, sizeof(mark), TWINOS_HANDOVER_MARK "=%d",
			  TWINOS_HANDOVER_REVISION);
	return memmem(module->data, module->length, mark, (size_t)length + 1);
}

static bool is_elf(const struct twinos_file *file)
{
	return file->length > SELFMAG && file->length <= FILE_MAX &&
	       !memcmp(file->data, ELFMAG, SELFMAG);
}

static int open_module(struct twinos_guest *guest, const char *dir,
		       const char *version, struct twinos_error *err)
{
	struct twinos_error why;
	int ret;

	if (asprintf(&guest->path, "%s/%s/" MODULE, dir, version) < 0) {
		guest->path = NULL;
		return no_memory(err);
	}
	ret = twinos_file_map(&guest->module, guest->path, &why);
	if (ret)
		return no_module(guest, version, -ret, strerror(-ret), err);
	if (!is_elf(&guest->module))
		return no_module(guest, version, ENOEXEC, "not a module", err);
	if (!is_for(&guest->module, version))
		return no_module(guest, version, ENOEXEC,
				 "built for another kernel", err);
	if (!is_current(&guest->module))
		return no_module(guest, version, ENOEXEC,
				 "from another release of TwinOS", err);
	return 0;
}

static int open_shim(struct twinos_guest *guest, const char *dir,
		     struct twinos_error *err)
{
	char *path;
	int ret;

	if (asprintf(&path, "%s/init", dir) < 0)
		return no_memory(err);
	ret = twinos_file_map(&guest->shim, path, err);
	if (!ret && !is_elf(&guest->shim))
		ret = twinos_fail(
			err, TWINOS_ERROR_IMAGE, ENOEXEC,
			"%.300s: not the program that loads the guest module; install it again",
			path);
	free(path);
	return ret;
}

int twinos_guest_open(struct twinos_guest *guest, const char *dir,
		      const char *version, struct twinos_error *err)
{
	int ret;

	memset(guest, 0, sizeof(*guest));
	if (!dir)
		dir = TWINOS_GUEST_DIR;
	ret = check_version(version, err);
	if (ret)
		return ret;
	ret = open_module(guest, dir, version, err);
	if (!ret)
		ret = open_shim(guest, dir, err);
	if (ret)
		twinos_guest_release(guest);
	return ret;
}

int twinos_guest_pack(const struct twinos_guest *guest, const char *next,
		      bool optional, struct twinos_file *archive,
		      struct twinos_error *err)
{
	const struct twinos_cpio_entry entries[] = {
		{ "twinos", S_IFDIR | 0755, NULL, 0 },
		{ "twinos/init", S_IFREG | 0755, guest->shim.data,
		  guest->shim.length },
		{ "twinos/guest.ko", S_IFREG | 0644, guest->module.data,
		  guest->module.length },
		{ "twinos/next", S_IFLNK | 0777, next, strlen(next) },
		{ "twinos/optional", S_IFREG | 0444, "", 0 },
	};
	int ret;

	ret = twinos_cpio_build(archive, entries,
				sizeof(entries) / sizeof(*entries) - !optional);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				   "can't pack the guest module: %s",
				   strerror(-ret));
	return 0;
}

void twinos_guest_release(struct twinos_guest *guest)
{
	twinos_file_unmap(&guest->module);
	twinos_file_unmap(&guest->shim);
	free(guest->path);
	memset(guest, 0, sizeof(*guest));
}
