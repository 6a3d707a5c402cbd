// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ready-made root: what of the host a twin can use, and our own init, which
 * guest/root/init is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "cpio.h"
#include "error.h"
#include "executable.h"
#include "guest.h"
#include "gzip.h"
#include "image_format.h"
#include "modules.h"
#include "newfile.h"
#include "payload.h"
#include "program.h"
#include "root.h"
#include "root_files.h"

#define AGENT TWINOS_GUEST_DIR "/twinos-agent"

/* "lib/modules/", a number, and what a module may be called. */
#define NAME_SIZE 96

#define TEXT(string) (string), sizeof(string) - 1

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n";
static const char group[] = "root:x:0:\ntty:x:5:\n";
static const char hosts[] = "127.0.0.1 localhost\n";

static const struct twinos_cpio_entry skeleton[] = {
	{ "bin", S_IFDIR | 0755, NULL, 0 },
	{ "dev", S_IFDIR | 0755, NULL, 0 },
	{ "etc", S_IFDIR | 0755, NULL, 0 },
	{ "lib", S_IFDIR | 0755, NULL, 0 },
	{ "lib/modules", S_IFDIR | 0755, NULL, 0 },
	{ "mnt", S_IFDIR | 0755, NULL, 0 },
	{ "proc", S_IFDIR | 0755, NULL, 0 },
	{ "root", S_IFDIR | 0700, NULL, 0 },
	{ "run", S_IFDIR | 0755, NULL, 0 },
	{ "sbin", S_IFDIR | 0755, NULL, 0 },
	{ "sys", S_IFDIR | 0755, NULL, 0 },
	{ "tmp", S_IFDIR | 01777, NULL, 0 },
	{ "usr", S_IFDIR | 0755, NULL, 0 },
	{ "usr/bin", S_IFDIR | 0755, NULL, 0 },
	{ "usr/sbin", S_IFDIR | 0755, NULL, 0 },
	{ "bin/sh", S_IFLNK | 0777, TEXT("busybox") },
	{ "etc/passwd", S_IFREG | 0644, TEXT(passwd) },
	{ "etc/group", S_IFREG | 0644, TEXT(group) },
	{ "etc/hosts", S_IFREG | 0644, TEXT(hosts) },
	{ "init", S_IFREG | 0755, root_init, sizeof(root_init) },
	{ "sbin/twin-network", S_IFREG | 0755, root_network,
	  sizeof(root_network) },
	{ "sbin/twin-system", S_IFREG | 0644, root_system,
	  sizeof(root_system) },
};

#define NR_SKELETON (sizeof(skeleton) / sizeof(*skeleton))
/* Busybox and the agent. */
#define NR_PROGRAMS 2

/**
 * struct driver
 * @name: of the module
 * @quiet: newer kernels have no such module and need none
 */
static const struct driver {
	const char *name;
	bool quiet;
} drivers[] = {
	{ "virtio_blk", false },
	{ "virtio_net", false },
	{ "af_packet", false },
	{ "vmw_vsock_virtio_transport", false },
	{ "virtio_rng", false },
	{ "virtio_console", false },
	{ "virtiofs", false },
	/* ext4 asks for it by what it does, which modules.dep does not know. */
	{ "crc32c_generic", true },
	{ "ext4", false },
};

/**
 * struct contents - the root while it is put together
 * @files: maps what @entries point to
 * @names: of the modules in the archive
 */
struct contents {
	const struct twinos_root *root;
	const char *release;
	struct twinos_modules modules;
	struct twinos_cpio_entry *entries;
	size_t nr_entries;
	struct twinos_file *files;
	size_t nr_files;
	char (*names)[NAME_SIZE];
};

static int no_memory(struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM, "out of memory");
}

/* ---- modules ---------------------------------------------------------------- */

static int no_modules(const struct contents *contents,
		      const struct twinos_error *why, struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, why->code,
		"no modules of kernel %.64s: %.280s; install them, or see --modules-dir and --no-modules of 'twinctl mkinitrd'",
		contents->release, why->text);
}

static int no_module(const struct contents *contents, const char *name,
		     struct twinos_error *err)
{
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, ENOENT,
		"kernel %.64s has no module '%.64s': it is not in %.256s/modules.dep",
		contents->release, name, contents->modules.dir);
}

static void tell_missing(struct twinos_root_result *result, const char *name)
{
	size_t length = strlen(result->missing);

	snprintf(result->missing + length, sizeof(result->missing) - length,
		 "%s%s", length ? " " : "", name);
}

static int find_drivers(struct contents *contents,
			struct twinos_root_result *result)
{
	size_t i;
	int ret;

	for (i = 0; i < sizeof(drivers) / sizeof(*drivers); i++) {
		ret = twinos_modules_add(&contents->modules, drivers[i].name);
		if (ret == -ENOENT && !drivers[i].quiet)
			tell_missing(result, drivers[i].name);
		if (ret && ret != -ENOENT)
			return ret;
	}
	return 0;
}

static int find_wanted(struct contents *contents, struct twinos_error *err)
{
	const struct twinos_root *root = contents->root;
	size_t i;
	int ret;

	for (i = 0; i < root->nr_modules; i++) {
		ret = twinos_modules_add(&contents->modules, root->modules[i]);
		if (ret == -ENOENT)
			return no_module(contents, root->modules[i], err);
		if (ret)
			return no_memory(err);
	}
	return 0;
}

static int find_modules(struct contents *contents, const char *dir,
			struct twinos_root_result *result,
			struct twinos_error *err)
{
	struct twinos_error why;
	int ret;

	if (twinos_modules_open(&contents->modules, dir, &why))
		return no_modules(contents, &why, err);
	if (find_drivers(contents, result))
		return no_memory(err);
	ret = find_wanted(contents, err);
	result->nr_modules = contents->modules.nr_paths;
	return ret;
}

/* ---- files ------------------------------------------------------------------ */

static struct twinos_file *next_file(struct contents *contents)
{
	return &contents->files[contents->nr_files++];
}

static void add_file(struct contents *contents, const char *name, mode_t mode,
		     const struct twinos_file *file)
{
	contents->entries[contents->nr_entries++] = (struct twinos_cpio_entry){
		.name = name,
		.mode = S_IFREG | mode,
		.data = file->data,
		.length = file->length,
	};
}

static int add_program(struct contents *contents, const char *name,
		       const char *path, const char *advice,
		       struct twinos_error *err)
{
	struct twinos_file *file = next_file(contents);
	int ret;

	ret = twinos_file_map(file, path, NULL);
	if (ret)
		return twinos_fail(err, TWINOS_ERROR_IMAGE, -ret,
				   "%.256s: %s; %s", path, strerror(-ret),
				   advice);
	switch (twinos_executable_kind(file)) {
	case TWINOS_EXECUTABLE_NONE:
		return twinos_fail(err, TWINOS_ERROR_IMAGE, ENOEXEC,
				   "%.256s: no program for x86-64; %s", path,
				   advice);
	case TWINOS_EXECUTABLE_DYNAMIC:
		return twinos_fail(
			err, TWINOS_ERROR_IMAGE, ENOEXEC,
			"%.256s: needs libraries, which a twin does not have; %s",
			path, advice);
	default:
		add_file(contents, name, 0755, file);
		return 0;
	}
}

static int add_busybox(struct contents *contents, struct twinos_error *err)
{
	static const char advice[] =
		"install the package busybox-static, or give a static one by --busybox of 'twinctl mkinitrd'";
	const char *path = contents->root->busybox;
	char found[PATH_MAX];

	if (!path && !twinos_program_find("busybox", TWINOS_GUEST_DIR, found))
		return twinos_fail(err, TWINOS_ERROR_IMAGE, ENOENT,
				   "there is no busybox; %s", advice);
	return add_program(contents, "bin/busybox", path ? path : found, advice,
			   err);
}

static int add_agent(struct contents *contents, struct twinos_error *err)
{
	const char *path = contents->root->agent;

	return add_program(
		contents, "sbin/twinos-agent", path ? path : AGENT,
		"install TwinOS again, or give a static one by --agent of 'twinctl mkinitrd'",
		err);
}

static int fail_module(const char *path, int code, const char *why,
		       struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_IMAGE, code,
			   "%.256s: %.200s; install the kernel's modules again",
			   path, why);
}

/* Not every kernel that can load a module can unpack one. */
static int unpack(struct twinos_file *file, struct twinos_error *err)
{
	struct twinos_payload payload;
	int ret;

	if (twinos_vmlinux_probe(file->data, file->length))
		return 0;
	if (!twinos_payload_known(file->data, file->length))
		return twinos_fail(err, TWINOS_ERROR_IMAGE, ENOEXEC,
				   "not a module");
	ret = twinos_payload_unpack(&payload, file->data, file->length, err);
	if (ret)
		return ret;
	twinos_file_unmap(file);
	*file = (struct twinos_file){ payload.data, payload.length };
	return twinos_vmlinux_probe(file->data, file->length) ?
		       0 :
		       twinos_fail(err, TWINOS_ERROR_IMAGE, ENOEXEC,
				   "not a module");
}

/* What stands before .ko; modules of a kernel have different ones. */
static void name_module(char *name, size_t number, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *end = strstr(base, ".ko");

	snprintf(name, NAME_SIZE, "lib/modules/%03zu-%.*s.ko", number,
		 (int)(end ? end - base : 0), base);
}

static int add_module(struct contents *contents, size_t number,
		      struct twinos_error *err)
{
	const char *path = contents->modules.paths[number];
	struct twinos_file *file = next_file(contents);
	struct twinos_error why;
	char full[PATH_MAX];
	int ret;

	if (snprintf(full, sizeof(full), "%s/%s",
		     *path == '/' ? "" : contents->modules.dir,
		     path) >= (int)sizeof(full))
		return fail_module(path, ENAMETOOLONG, strerror(ENAMETOOLONG),
				   err);
	ret = twinos_file_map(file, full, NULL);
	if (ret)
		return fail_module(full, -ret, strerror(-ret), err);
	ret = unpack(file, &why);
	if (ret)
		return fail_module(full, -ret, why.text, err);
	name_module(contents->names[number], number, path);
	add_file(contents, contents->names[number], 0644, file);
	return 0;
}

static int add_modules(struct contents *contents, struct twinos_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < contents->modules.nr_paths; i++)
		ret = add_module(contents, i, err);
	return ret;
}

/* ---- the archive ------------------------------------------------------------ */

static bool make_room(struct contents *contents)
{
	size_t nr_modules = contents->modules.nr_paths;

	contents->entries = calloc(NR_SKELETON + NR_PROGRAMS + nr_modules,
				   sizeof(*contents->entries));
	contents->files =
		calloc(NR_PROGRAMS + nr_modules, sizeof(*contents->files));
	contents->names = calloc(nr_modules + 1, sizeof(*contents->names));
	return contents->entries && contents->files && contents->names;
}

static int fill(struct contents *contents, struct twinos_error *err)
{
	int ret;

	if (!make_room(contents))
		return no_memory(err);
	memcpy(contents->entries, skeleton, sizeof(skeleton));
	contents->nr_entries = NR_SKELETON;
	ret = add_busybox(contents, err);
	if (!ret)
		ret = add_agent(contents, err);
	return ret ? ret : add_modules(contents, err);
}

static void release(struct contents *contents)
{
	size_t i;

	for (i = 0; i < contents->nr_files; i++)
		twinos_file_unmap(&contents->files[i]);
	free(contents->files);
	free(contents->entries);
	free(contents->names);
	twinos_modules_close(&contents->modules);
}

static int pack(const struct contents *contents, struct twinos_file *archive,
		struct twinos_error *err)
{
	int ret = twinos_cpio_build(archive, contents->entries,
				    contents->nr_entries);

	return ret ? twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
				 "can't pack the root: %s", strerror(-ret)) :
		     0;
}

/* It becomes a part of a path. */
static int check_release(const char *kernel, struct twinos_error *err)
{
	if (*kernel && *kernel != '.' && !strchr(kernel, '/'))
		return 0;
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, EINVAL,
		"'%.64s' is no release of a kernel, by which its modules are found; give --initrd",
		kernel);
}

static int find_contents(struct contents *contents,
			 struct twinos_root_result *result,
			 struct twinos_error *err)
{
	const struct twinos_root *root = contents->root;
	char dir[PATH_MAX];
	int ret = 0;

	if (snprintf(dir, sizeof(dir), "/lib/modules/%s", contents->release) >=
	    (int)sizeof(dir))
		return check_release("", err);
	if (!root->no_modules)
		ret = find_modules(contents,
				   root->modules_dir ? root->modules_dir : dir,
				   result, err);
	return ret ? ret : fill(contents, err);
}

int twinos_root_pack(const struct twinos_root *root, const char *kernel,
		     struct twinos_file *archive,
		     struct twinos_root_result *result,
		     struct twinos_error *err)
{
	struct contents contents = { .root = root, .release = kernel };
	struct twinos_root_result unasked;
	int ret;

	if (!result)
		result = &unasked;
	memset(result, 0, sizeof(*result));
	ret = check_release(kernel, err);
	if (!ret)
		ret = find_contents(&contents, result, err);
	if (!ret)
		ret = pack(&contents, archive, err);
	release(&contents);
	return ret;
}

static int write_packed(const struct twinos_file *archive, const char *path,
			bool force, uint64_t *bytes, struct twinos_error *err)
{
	struct twinos_newfile file;
	int ret;

	ret = twinos_newfile_open(&file, path, force, err);
	if (ret)
		return ret;
	ret = twinos_gzip_write(file.fd,
				(char *)archive->data + TWINOS_CPIO_LEAD,
				archive->length - TWINOS_CPIO_LEAD, bytes);
	if (ret)
		twinos_fail(err, TWINOS_ERROR_SYSTEM, -ret,
			    "can't write '%.256s': %s", path, strerror(-ret));
	return twinos_newfile_close(&file, ret, err);
}

int twinos_root_write(const struct twinos_root *root, const char *path,
		      bool force, struct twinos_root_result *result,
		      struct twinos_error *err)
{
	struct twinos_file archive;
	struct utsname uts;
	int ret;

	uname(&uts);
	ret = twinos_root_pack(root,
			       root->release ? root->release : uts.release,
			       &archive, result, err);
	if (ret)
		return ret;
	ret = write_packed(&archive, path, force, &result->bytes, err);
	twinos_file_unmap(&archive);
	return ret;
}
