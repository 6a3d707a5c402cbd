// SPDX-License-Identifier: GPL-2.0-only
/* The ready-made root: which modules it has, what is in it, and what it is refused for. */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <cmocka.h>

#include "archive.h"
#include "executable.h"
#include "fake_root.h"
#include "gzip.h"
#include "meminfo.h"
#include "modules.h"
#include "root.h"
#include "unpack.h"

#define RELEASE "6.9.9-fake"
#define MODULES "/lib/modules/" RELEASE
#define MODULE(name) \
	"\x7f"       \
	"ELF module " name

static char dir[64], modules_dir[128], busybox[128], agent[128], output[128];

/* ---- the tree --------------------------------------------------------------- */

static const char deps[] =
	"kernel/net/core/failover.ko:\n"
	"kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko\n"
	"kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko\n"
	"\n"
	"kernel/drivers/not_virtio_blk.ko: kernel/nothing.ko\n"
	"kernel/drivers/block/virtio_blk.ko.xz:\n"
	"kernel/drivers/char/virtio-rng.ko.gz:\n"
	"kernel/fs/ext4/ext4.ko.zst: kernel/lib/crc16.ko  kernel/fs/jbd2/jbd2.ko \n"
	"kernel/lib/crc16.ko:\n"
	"kernel/fs/jbd2/jbd2.ko:\n"
	"kernel/fs/virtiofs.kox:\n"
	"kernel/more.ko: kernel/lib/crc16.ko";

static const char builtin[] = "kernel/net/packet/af_packet.ko\n"
			      "kernel/drivers/virtio/virtio.ko\n"
			      "kernel/drivers/char/virtio_console.ko\n";

struct program {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char name[16];
};

static struct program make_program(const char *name, unsigned int type)
{
	struct program program = {
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64 },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_phoff = offsetof(struct program, segments),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2,
		},
		.segments = { { .p_type = PT_LOAD }, { .p_type = type } },
	};

	strcpy(program.name, name);
	return program;
}

static void put_program(const char *path, const char *name, unsigned int type)
{
	struct program program = make_program(name, type);

	fake_root_drop(path);
	fake_root_bytes(path, 0, &program, sizeof(program));
}

static void put_xz(const char *path, const char *text, size_t length)
{
	uint8_t packed[256];
	size_t done = 0;

	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL,
						 (const uint8_t *)text, length,
						 packed, &done, sizeof(packed)),
			 LZMA_OK);
	fake_root_bytes(path, 0, packed, done);
}

static void put_zstd(const char *path, const char *text, size_t length)
{
	uint8_t packed[256];
	size_t done = ZSTD_compress(packed, sizeof(packed), text, length, 3);

	assert_false(ZSTD_isError(done));
	fake_root_bytes(path, 0, packed, done);
}

static void put_gzip(const char *path, const char *text, size_t length)
{
	char full[256];
	uint64_t bytes;
	int fd;

	fake_root_put(path, "");
	snprintf(full, sizeof(full), "%s%s", dir, path);
	fd = open(full, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(twinos_gzip_write(fd, text, length, &bytes), 0);
	close(fd);
}

static void put_modules(void)
{
	fake_root_put(MODULES "/modules.dep", deps);
	fake_root_put(MODULES "/modules.builtin", builtin);
	fake_root_put(MODULES "/kernel/net/core/failover.ko",
		      MODULE("failover"));
	fake_root_put(MODULES "/kernel/drivers/net/net_failover.ko",
		      MODULE("net_failover"));
	fake_root_put(MODULES "/kernel/drivers/net/virtio_net.ko",
		      MODULE("virtio_net"));
	fake_root_put(MODULES "/kernel/lib/crc16.ko", MODULE("crc16"));
	fake_root_put(MODULES "/kernel/fs/jbd2/jbd2.ko", MODULE("jbd2"));
	fake_root_put(MODULES "/kernel/more.ko", MODULE("more"));
	put_xz(MODULES "/kernel/drivers/block/virtio_blk.ko.xz",
	       MODULE("virtio_blk"), sizeof(MODULE("virtio_blk")) - 1);
	put_gzip(MODULES "/kernel/drivers/char/virtio-rng.ko.gz",
		 MODULE("virtio_rng"), sizeof(MODULE("virtio_rng")) - 1);
	put_zstd(MODULES "/kernel/fs/ext4/ext4.ko.zst", MODULE("ext4"),
		 sizeof(MODULE("ext4")) - 1);
}

static int make_tree(void **state)
{
	(void)state;
	strcpy(dir, fake_root_make());
	snprintf(modules_dir, sizeof(modules_dir), "%s" MODULES, dir);
	snprintf(busybox, sizeof(busybox), "%s/bin/busybox", dir);
	snprintf(agent, sizeof(agent), "%s/agent", dir);
	snprintf(output, sizeof(output), "%s/out/root.cpio.gz", dir);
	put_program("/bin/busybox", "busybox", PT_NOTE);
	put_program("/agent", "agent", PT_DYNAMIC);
	fake_root_put("/out/other", "other");
	put_modules();
	return 0;
}

static int remove_tree(void **state)
{
	(void)state;
	fake_root_remove();
	return 0;
}

static struct twinos_root good_root(void)
{
	return (struct twinos_root){
		.release = RELEASE,
		.modules_dir = modules_dir,
		.busybox = busybox,
		.agent = agent,
	};
}

/* ---- which modules ---------------------------------------------------------- */

static void expect_paths(const struct twinos_modules *modules, size_t nr,
			 const char *const *paths)
{
	size_t i;

	assert_int_equal(modules->nr_paths, nr);
	for (i = 0; i < nr; i++)
		assert_string_equal(modules->paths[i], paths[i]);
}

static void needed_modules_come_first(void **state)
{
	static const char *const paths[] = {
		"kernel/net/core/failover.ko",
		"kernel/drivers/net/net_failover.ko",
		"kernel/drivers/net/virtio_net.ko",
		"kernel/fs/jbd2/jbd2.ko",
		"kernel/lib/crc16.ko",
		"kernel/fs/ext4/ext4.ko.zst",
		"kernel/more.ko",
	};
	struct twinos_modules modules;

	(void)state;
	assert_int_equal(twinos_modules_open(&modules, modules_dir, NULL), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio_net"), 0);
	assert_int_equal(twinos_modules_add(&modules, "ext4"), 0);
	/* Once is enough. */
	assert_int_equal(twinos_modules_add(&modules, "failover"), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio_net"), 0);
	/* The last line has no end. */
	assert_int_equal(twinos_modules_add(&modules, "more"), 0);
	expect_paths(&modules, 7, paths);
	twinos_modules_close(&modules);
}

static void names_are_whole(void **state)
{
	static const char *const paths[] = {
		"kernel/drivers/char/virtio-rng.ko.gz",
		"kernel/drivers/block/virtio_blk.ko.xz",
	};
	struct twinos_modules modules;

	(void)state;
	assert_int_equal(twinos_modules_open(&modules, modules_dir, NULL), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio_rng"), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio-rng"), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio-blk"), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio_bl"), -ENOENT);
	assert_int_equal(twinos_modules_add(&modules, "virtio_blkk"), -ENOENT);
	assert_int_equal(twinos_modules_add(&modules, "blk"), -ENOENT);
	assert_int_equal(twinos_modules_add(&modules, ""), -ENOENT);
	/* A name that only others need is no line of its own. */
	assert_int_equal(twinos_modules_add(&modules, "nothing"), -ENOENT);
	expect_paths(&modules, 2, paths);
	twinos_modules_close(&modules);
}

static void what_is_built_in_is_left_out(void **state)
{
	struct twinos_modules modules;

	(void)state;
	assert_int_equal(twinos_modules_open(&modules, modules_dir, NULL), 0);
	assert_int_equal(twinos_modules_add(&modules, "af_packet"), 0);
	assert_int_equal(twinos_modules_add(&modules, "virtio"), 0);
	assert_int_equal(modules.nr_paths, 0);
	twinos_modules_close(&modules);
	fake_root_drop(MODULES "/modules.builtin");
	assert_int_equal(twinos_modules_open(&modules, modules_dir, NULL), 0);
	assert_int_equal(twinos_modules_add(&modules, "af_packet"), -ENOENT);
	assert_int_equal(twinos_modules_add(&modules, "ext4"), 0);
	twinos_modules_close(&modules);
}

/* ---- what is in it ---------------------------------------------------------- */

static bool find_entry(const struct twinos_file *archive, const char *name,
		       struct archive_entry *entry)
{
	size_t offset = archive_first(archive);

	while (archive_next(archive, &offset, entry))
		if (!strcmp(entry->name, name))
			return true;
	return false;
}

static void expect_file(const struct twinos_file *archive, const char *name,
			unsigned int mode, const void *data, size_t length)
{
	struct archive_entry entry;

	if (!find_entry(archive, name, &entry))
		fail_msg("there is no %s", name);
	assert_int_equal(entry.mode, mode);
	if (!data)
		return;
	assert_int_equal(entry.length, length);
	assert_memory_equal(entry.data, data, length);
}

#define EXPECT_MODULE(archive, number, name)                                \
	expect_file(archive, "lib/modules/" number "-" name ".ko", 0100644, \
		    MODULE(name), sizeof(MODULE(name)) - 1)

/* The kernel makes no directory by itself. */
static void expect_parents(const struct twinos_file *archive)
{
	struct archive_entry entry, parent;
	size_t offset = archive_first(archive);
	char name[64], *slash;

	while (archive_next(archive, &offset, &entry)) {
		strcpy(name, entry.name);
		slash = strrchr(name, '/');
		if (!slash)
			continue;
		*slash = '\0';
		assert_true(find_entry(archive, name, &parent));
		assert_true(S_ISDIR(parent.mode));
		assert_true(parent.data < entry.data);
	}
}

static struct twinos_file pack(const struct twinos_root *root,
			       struct twinos_root_result *result)
{
	struct twinos_error err = { 0 };
	struct twinos_file archive;

	if (twinos_root_pack(root, root->release, &archive, result, &err))
		fail_msg("refused: %s", err.text);
	return archive;
}

static void root_has_all(void **state)
{
	static const char *const more[] = { "more" };
	struct program busybox_program = make_program("busybox", PT_NOTE);
	struct program agent_program = make_program("agent", PT_DYNAMIC);
	struct twinos_root root = good_root();
	struct twinos_root_result result;
	struct archive_entry init;
	struct twinos_file archive;

	(void)state;
	root.modules = more;
	root.nr_modules = 1;
	archive = pack(&root, &result);
	expect_parents(&archive);
	expect_file(&archive, "bin/busybox", 0100755, &busybox_program,
		    sizeof(busybox_program));
	expect_file(&archive, "bin/sh", 0120777, "busybox", 7);
	expect_file(&archive, "sbin/twinos-agent", 0100755, &agent_program,
		    sizeof(agent_program));
	expect_file(&archive, "sbin/twin-network", 0100755, NULL, 0);
	expect_file(&archive, "sbin/twin-system", 0100644, NULL, 0);
	expect_file(&archive, "tmp", 041777, NULL, 0);
	expect_file(&archive, "proc", 040755, NULL, 0);
	assert_true(find_entry(&archive, "init", &init));
	assert_int_equal(init.mode, 0100755);
	assert_memory_equal(init.data, "#!/bin/sh\n", 10);
	EXPECT_MODULE(&archive, "000", "virtio_blk");
	EXPECT_MODULE(&archive, "001", "failover");
	EXPECT_MODULE(&archive, "002", "net_failover");
	EXPECT_MODULE(&archive, "003", "virtio_net");
	expect_file(&archive, "lib/modules/004-virtio-rng.ko", 0100644,
		    MODULE("virtio_rng"), sizeof(MODULE("virtio_rng")) - 1);
	EXPECT_MODULE(&archive, "005", "jbd2");
	EXPECT_MODULE(&archive, "006", "crc16");
	EXPECT_MODULE(&archive, "007", "ext4");
	EXPECT_MODULE(&archive, "008", "more");
	assert_int_equal(result.nr_modules, 9);
	assert_string_equal(result.missing,
			    "vmw_vsock_virtio_transport virtiofs");
	twinos_file_unmap(&archive);
}

static void modules_can_be_left_out(void **state)
{
	struct twinos_root root = good_root();
	struct twinos_root_result result;
	struct archive_entry entry;
	struct twinos_file archive;

	(void)state;
	root.no_modules = true;
	root.modules_dir = "/nowhere";
	archive = pack(&root, &result);
	expect_file(&archive, "lib/modules", 040755, NULL, 0);
	assert_false(
		find_entry(&archive, "lib/modules/000-virtio_blk.ko", &entry));
	assert_int_equal(result.nr_modules, 0);
	twinos_file_unmap(&archive);
}

/* ---- what it is refused for ------------------------------------------------- */

static void expect_refused(const struct twinos_root *root, int code,
			   const char *why)
{
	struct twinos_error err = { 0 };
	struct twinos_file archive = { 0 };

	assert_int_equal(twinos_root_pack(root, root->release, &archive, NULL,
					  &err),
			 -code);
	assert_int_equal(err.kind, TWINOS_ERROR_IMAGE);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, why))
		fail_msg("'%s' not in: %s", why, err.text);
	assert_null(archive.data);
}

static void missing_programs_are_refused(void **state)
{
	struct twinos_root root = good_root();
	char *path = strdup(getenv("PATH"));

	(void)state;
	fake_root_drop("/agent");
	expect_refused(&root, ENOENT, "/agent: No such file");
	fake_root_drop("/bin/busybox");
	expect_refused(&root, ENOENT, "busybox-static");
	root.busybox = NULL;
	setenv("PATH", "/nowhere", 1);
	expect_refused(
		&root, ENOENT,
		"there is no busybox; install the package busybox-static");
	setenv("PATH", path, 1);
	free(path);
}

/* What the user has in PATH is taken. */
static void busybox_is_found(void **state)
{
	struct twinos_root root = good_root();
	char path[128], *before = strdup(getenv("PATH"));
	struct twinos_file archive;

	(void)state;
	assert_int_equal(chmod(busybox, 0755), 0);
	snprintf(path, sizeof(path), "/nowhere:%s/bin", dir);
	setenv("PATH", path, 1);
	root.busybox = NULL;
	archive = pack(&root, NULL);
	expect_file(&archive, "bin/busybox", 0100755, NULL, 0);
	twinos_file_unmap(&archive);
	setenv("PATH", before, 1);
	free(before);
}

static void other_programs_are_refused(void **state)
{
	struct twinos_root root = good_root();

	(void)state;
	put_program("/bin/busybox", "busybox", PT_INTERP);
	expect_refused(
		&root, ENOEXEC,
		"needs libraries, which a twin does not have; install the package busybox-static");
	fake_root_drop("/bin/busybox");
	fake_root_put("/bin/busybox", "#!/bin/sh\n");
	expect_refused(&root, ENOEXEC, "no program for x86-64");
	put_program("/bin/busybox", "busybox", PT_NOTE);
	put_program("/agent", "agent", PT_INTERP);
	expect_refused(&root, ENOEXEC, "/agent: needs libraries");
}

static void odd_programs_are_none(void **state)
{
	struct program program = make_program("x", PT_NOTE);
	struct twinos_file file = { &program, sizeof(program) };

	(void)state;
	assert_int_equal(twinos_executable_kind(&file),
			 TWINOS_EXECUTABLE_STATIC);
	file.length = offsetof(struct program, segments[1]) + 1;
	assert_int_equal(twinos_executable_kind(&file), TWINOS_EXECUTABLE_NONE);
	file.length = 0;
	assert_int_equal(twinos_executable_kind(&file), TWINOS_EXECUTABLE_NONE);
	file.length = sizeof(program);
	program.header.e_phoff = UINT64_MAX - 1;
	assert_int_equal(twinos_executable_kind(&file), TWINOS_EXECUTABLE_NONE);
	program = make_program("x", PT_NOTE);
	program.header.e_machine = EM_AARCH64;
	assert_int_equal(twinos_executable_kind(&file), TWINOS_EXECUTABLE_NONE);
}

static void missing_modules_are_refused(void **state)
{
	static const char *const more[] = { "virtio_blk", "nothing" };
	struct twinos_root root = good_root();

	(void)state;
	root.modules = more;
	root.nr_modules = 2;
	expect_refused(&root, ENOENT,
		       "kernel " RELEASE " has no module 'nothing'");
	root.nr_modules = 0;
	fake_root_drop(MODULES "/kernel/lib/crc16.ko");
	expect_refused(&root, ENOENT, "crc16.ko: No such file");
	fake_root_drop(MODULES "/modules.dep");
	expect_refused(&root, ENOENT,
		       "no modules of kernel " RELEASE ": /tmp/");
	root.modules_dir = NULL;
	expect_refused(&root, ENOENT,
		       "/lib/modules/" RELEASE "/modules.dep: No such file");
}

static void damaged_modules_are_refused(void **state)
{
	struct twinos_root root = good_root();

	(void)state;
	fake_root_put(MODULES "/kernel/lib/crc16.ko", "something else");
	expect_refused(&root, ENOEXEC, "crc16.ko: not a module");
	put_xz(MODULES "/kernel/lib/crc16.ko", "something else", 14);
	expect_refused(&root, ENOEXEC, "crc16.ko: not a module");
	fake_root_put(MODULES "/kernel/lib/crc16.ko", MODULE("crc16"));
	fake_root_bytes(MODULES "/kernel/drivers/block/virtio_blk.ko.xz", 30,
			"xxxx", 4);
	expect_refused(&root, EILSEQ, "damaged or cut short");
}

static void odd_releases_are_refused(void **state)
{
	static const char *const odd[] = {
		"", ".", "..", "../x", "/etc", "a/b"
	};
	struct twinos_root root = good_root();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		root.release = odd[i];
		expect_refused(&root, EINVAL, "no release of a kernel");
	}
}

/* ---- the file --------------------------------------------------------------- */

static unsigned int count_files(void)
{
	char out[128];
	unsigned int nr = 0;
	struct dirent *entry;
	DIR *list;

	snprintf(out, sizeof(out), "%s/out", dir);
	list = opendir(out);
	assert_non_null(list);
	while ((entry = readdir(list)))
		nr += entry->d_name[0] != '.';
	closedir(list);
	return nr;
}

static int write_root(bool force, struct twinos_root_result *result,
		      struct twinos_error *err)
{
	struct twinos_root root = good_root();

	return twinos_root_write(&root, output, force, result, err);
}

static void file_is_the_packed_archive(void **state)
{
	struct twinos_root root = good_root();
	struct twinos_file archive = pack(&root, NULL), file;
	struct twinos_root_result result;
	char *unpacked;
	size_t length = archive.length;

	(void)state;
	assert_int_equal(write_root(false, &result, NULL), 0);
	assert_int_equal(count_files(), 2);
	assert_int_equal(twinos_file_map(&file, output, NULL), 0);
	assert_int_equal(result.bytes, file.length);
	assert_true(file.length < length);
	unpacked = malloc(length);
	assert_int_equal(twinos_unpack_zlib(file.data, file.length, unpacked,
					    &length),
			 0);
	/* No kernel takes zeros there. */
	assert_memory_equal(unpacked, "070701", 6);
	assert_int_equal(length, archive.length - 4);
	assert_memory_equal(unpacked, (char *)archive.data + 4, length);
	free(unpacked);
	twinos_file_unmap(&file);
	twinos_file_unmap(&archive);
}

static void file_is_replaced_on_request_only(void **state)
{
	struct twinos_root_result result;
	struct twinos_error err;

	(void)state;
	fake_root_put("/out/root.cpio.gz", "mine");
	assert_int_equal(write_root(false, &result, &err), -EEXIST);
	assert_non_null(strstr(err.text, "--force"));
	assert_int_equal(count_files(), 2);
	assert_int_equal(write_root(true, &result, &err), 0);
	assert_int_equal(count_files(), 2);
}

static void failure_leaves_no_file(void **state)
{
	const struct rlimit small = { 500, RLIM_INFINITY };
	struct twinos_root_result result;
	struct twinos_error err;
	struct rlimit before;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(write_root(false, &result, &err), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(err.kind, TWINOS_ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "can't write"));
	assert_int_equal(count_files(), 1);
	strcpy(output, "/proc/root.cpio.gz");
	assert_true(write_root(false, &result, &err) < 0);
	assert_non_null(strstr(err.text, "can't create '/proc/"));
	strcpy(output, "/dev/null");
	assert_int_equal(write_root(true, &result, &err), -EEXIST);
	assert_non_null(strstr(err.text, "no regular file"));
}

/* ---- how much memory a twin gets -------------------------------------------- */

#define MIB(n) ((uint64_t)(n) << 20)

static void memory_is_a_share(void **state)
{
	(void)state;
	assert_int_equal(meminfo_share(UINT64_MAX), MIB(512));
	assert_int_equal(meminfo_share(MIB(2048)), MIB(512));
	assert_int_equal(meminfo_share(MIB(2048) - 1), MIB(510));
	assert_int_equal(meminfo_share(MIB(1024) + 4096), MIB(256));
	assert_int_equal(meminfo_share(MIB(1023)), MIB(254));
	assert_int_equal(meminfo_share(MIB(512)), MIB(128));
	assert_int_equal(meminfo_share(MIB(100)), MIB(128));
	assert_int_equal(meminfo_share(0), MIB(128));
	assert_in_range(meminfo_available(), 1, UINT64_MAX - 1);
}

#define TREE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(needed_modules_come_first),
		TREE_TEST(names_are_whole),
		TREE_TEST(what_is_built_in_is_left_out),
		TREE_TEST(root_has_all),
		TREE_TEST(modules_can_be_left_out),
		TREE_TEST(missing_programs_are_refused),
		TREE_TEST(busybox_is_found),
		TREE_TEST(other_programs_are_refused),
		cmocka_unit_test(odd_programs_are_none),
		TREE_TEST(missing_modules_are_refused),
		TREE_TEST(damaged_modules_are_refused),
		TREE_TEST(odd_releases_are_refused),
		TREE_TEST(file_is_the_packed_archive),
		TREE_TEST(file_is_replaced_on_request_only),
		TREE_TEST(failure_leaves_no_file),
		cmocka_unit_test(memory_is_a_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
