// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core.h"
#include "fake_twin.h"

#define PAGE 4096
#define PATH_SIZE 64

struct fixture {
	struct fake_twin fake;
	char dir[32];
	char path[PATH_SIZE];
	struct twinos_dump dump;
	struct twinos_dump_result result;
	struct twinos_error err;
	/* What stands in the file. */
	uint8_t *file;
	size_t size;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
};

static void set_up_with(struct fixture *fix, const struct fake_options *options)
{
	memset(fix, 0, sizeof(*fix));
	fake_twin_init(&fix->fake, options);
	snprintf(fix->dir, sizeof(fix->dir), "/tmp/test_dump.XXXXXX");
	assert_non_null(mkdtemp(fix->dir));
	snprintf(fix->path, sizeof(fix->path), "%s/vmcore", fix->dir);
	fix->dump.path = fix->path;
	fix->dump.ranges = &fix->fake.range;
	fix->dump.nr_ranges = 1;
	fix->dump.read = fake_twin_read;
	fix->dump.read_ctx = &fix->fake;
}

static void set_up(struct fixture *fix)
{
	static const struct fake_options options = { true, 4, 1 };

	set_up_with(fix, &options);
}

static unsigned int count_files(const struct fixture *fix)
{
	unsigned int nr = 0;
	DIR *dir = opendir(fix->dir);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		nr += *entry->d_name != '.';
	closedir(dir);
	return nr;
}

static void tear_down(struct fixture *fix)
{
	assert_false(fix->fake.strayed);
	free(fix->file);
	unlink(fix->path);
	assert_int_equal(rmdir(fix->dir), 0);
	fake_twin_free(&fix->fake);
}

static void load_file(struct fixture *fix)
{
	FILE *file = fopen(fix->path, "r");
	struct stat stat;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &stat), 0);
	free(fix->file);
	fix->size = stat.st_size;
	fix->file = malloc(fix->size);
	assert_non_null(fix->file);
	assert_int_equal(fread(fix->file, 1, fix->size, file), fix->size);
	fclose(file);
	fix->header = (const Elf64_Ehdr *)fix->file;
	fix->segments = (const Elf64_Phdr *)(fix->file + fix->header->e_phoff);
	assert_int_equal(fix->size, fix->result.bytes);
}

static void dump(struct fixture *fix)
{
	assert_int_equal(twinos_dump(&fix->dump, &fix->result, &fix->err), 0);
	assert_int_equal(count_files(fix), 1);
	load_file(fix);
}

/* It fails, says so, and leaves @files files. */
static void dump_fails(struct fixture *fix, int ret, const char *text,
		       unsigned int files)
{
	assert_int_equal(twinos_dump(&fix->dump, &fix->result, &fix->err), ret);
	assert_int_equal(fix->err.code, -ret);
	assert_non_null(strstr(fix->err.text, text));
	assert_int_equal(count_files(fix), files);
}

static void is_a_core_file(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	dump(&fix);
	assert_memory_equal(fix.header->e_ident, ELFMAG, SELFMAG);
	assert_int_equal(fix.header->e_ident[EI_CLASS], ELFCLASS64);
	assert_int_equal(fix.header->e_ident[EI_DATA], ELFDATA2LSB);
	assert_int_equal(fix.header->e_ident[EI_VERSION], EV_CURRENT);
	assert_int_equal(fix.header->e_type, ET_CORE);
	assert_int_equal(fix.header->e_machine, EM_X86_64);
	assert_int_equal(fix.header->e_phoff, sizeof(Elf64_Ehdr));
	assert_int_equal(fix.header->e_phentsize, sizeof(Elf64_Phdr));
	assert_int_equal(fix.header->e_phnum, 2);
	assert_int_equal(fix.segments[0].p_type, PT_NOTE);
	assert_int_equal(fix.segments[1].p_type, PT_LOAD);
	assert_int_equal(fix.segments[1].p_align, 0);
	assert_int_equal(fix.segments[1].p_offset % PAGE, 0);
	assert_int_equal(fix.segments[1].p_paddr, TWIN_BASE);
	assert_int_equal(fix.segments[1].p_filesz, TWIN_SIZE);
	assert_int_equal(fix.segments[1].p_memsz, TWIN_SIZE);
	assert_int_equal(fix.segments[1].p_offset + TWIN_SIZE, fix.size);
	assert_memory_equal(fix.file + fix.segments[1].p_offset,
			    fix.fake.memory, TWIN_SIZE);
	tear_down(&fix);
}

static void holds_vmcoreinfo(void **state)
{
	const char *text;
	struct fixture fix;
	const Elf64_Nhdr *note;

	(void)state;
	set_up(&fix);
	dump(&fix);
	assert_true(fix.result.described);
	text = (const char *)fix.fake.memory + TWIN_VMCOREINFO;
	note = (const Elf64_Nhdr *)(fix.file + fix.segments[0].p_offset);
	assert_int_equal(note->n_namesz, sizeof("VMCOREINFO"));
	assert_int_equal(note->n_type, 0);
	assert_int_equal(note->n_descsz, strlen(text));
	assert_string_equal((const char *)(note + 1), "VMCOREINFO");
	assert_memory_equal((const char *)(note + 1) + 12, text, strlen(text));
	assert_int_equal(fix.segments[0].p_filesz,
			 sizeof(*note) + 12 + (strlen(text) + 3) / 4 * 4);
	tear_down(&fix);
}

/* A page that only looks like it must not get into the note. */
static void takes_vmcoreinfo_that_is_right(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	/* Higher addresses are seen first. */
	fake_twin_write_vmcoreinfo(&fix.fake, TWIN_SPARE, 300);
	dump(&fix);
	assert_true(fix.result.described);
	assert_in_range(fix.segments[0].p_filesz, 301, PAGE);
	tear_down(&fix);
}

static void does_without_vmcoreinfo(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	memset(fix.fake.memory + TWIN_VMCOREINFO, 0, PAGE);
	dump(&fix);
	assert_false(fix.result.described);
	assert_int_equal(fix.header->e_phnum, 2);
	assert_int_equal(fix.segments[0].p_type, PT_NOTE);
	assert_int_equal(fix.segments[0].p_filesz, 0);
	assert_int_equal(fix.segments[1].p_vaddr, 0);
	assert_memory_equal(fix.file + fix.segments[1].p_offset,
			    fix.fake.memory, TWIN_SIZE);
	tear_down(&fix);
}

static void knows_the_direct_map(void **state)
{
	static const struct fake_options options[] = {
		{ true, 4, 1 }, { true, 4, 2 }, { true, 4, 3 },
		{ true, 5, 1 }, { true, 5, 2 }, { true, 5, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct fixture fix;

		set_up_with(&fix, &options[i]);
		dump(&fix);
		assert_int_equal(fix.segments[1].p_vaddr,
				 fake_twin_direct(&fix.fake, 0));
		tear_down(&fix);
	}
}

/* Each is a lie about where the direct map is, or no map at all. */
static void distrusts_page_tables(void **state)
{
	(void)state;
	for (unsigned int lie = 0; lie < 6; lie++) {
		struct fixture fix;
		uint64_t *top;

		set_up(&fix);
		top = (uint64_t *)(fix.fake.memory + TWIN_TABLES);
		switch (lie) {
		case 0: /* all entries lead to a table that leads back */
			for (unsigned int i = 256; i < 511; i++)
				top[i] = (TWIN_BASE + TWIN_TABLES) | 0x63;
			break;
		case 1: /* a page of another place comes first */
			fake_twin_map(&fix.fake, 0xffff800000000000, TWIN_BASE,
				      2);
			break;
		case 2: /* a page that would be right, but for the others */
			fake_twin_map(&fix.fake, 0xffff800040000000, TWIN_BASE,
				      1);
			break;
		case 3: /* the same, and the tables are elsewhere in it */
			fake_twin_map(&fix.fake, 0xffff800040000000, TWIN_BASE,
				      1);
			fake_twin_map(&fix.fake, 0xffff800040001000,
				      TWIN_BASE + TWIN_SPARE, 1);
			break;
		case 4: /* outside of the memory */
			top[256] = 0x1000 | 0x63;
			break;
		default: /* no multiple of 1 GiB */
			fake_twin_map(&fix.fake, 0xffff800000200000, 0, 2);
		}
		/* The log's arrays are in the image then. */
		fix.fake.ring->descs = TWIN_IMAGE + TWIN_DESCS;
		fix.fake.ring->infos = TWIN_IMAGE + TWIN_INFOS;
		fix.fake.ring->data = TWIN_IMAGE + TWIN_DATA;
		dump(&fix);
		assert_true(fix.result.described);
		assert_int_equal(fix.segments[1].p_vaddr, 0);
		tear_down(&fix);
	}
}

static void leaves_holes(void **state)
{
	struct fixture fix;
	struct stat stat_buf;
	uint64_t pages = 0;

	(void)state;
	set_up(&fix);
	dump(&fix);
	for (size_t at = 0; at < TWIN_SIZE; at += PAGE) {
		static const uint8_t zeros[PAGE];

		pages += memcmp(fix.fake.memory + at, zeros, PAGE) != 0;
	}
	assert_in_range(pages, 1, TWIN_SIZE / PAGE - 1);
	assert_int_equal(fix.result.stored,
			 fix.segments[1].p_offset + pages * PAGE);
	assert_int_equal(stat(fix.path, &stat_buf), 0);
	assert_in_range(stat_buf.st_blocks * 512, 1, fix.result.stored);
	assert_int_equal(stat_buf.st_mode & 0777, 0600);
	/* The last pages are a hole too, and count nevertheless. */
	assert_int_equal(fix.file[fix.size - 1], 0);
	tear_down(&fix);
}

/* In pieces of the one range, as (start, length) in pages. */
static void dump_ranges(struct fixture *fix, const unsigned int pieces[][2],
			size_t nr)
{
	struct twinos_range ranges[8];

	for (size_t i = 0; i < nr; i++)
		ranges[i] = (struct twinos_range){
			.start = TWIN_BASE + (uint64_t)pieces[i][0] * PAGE,
			.length = (uint64_t)pieces[i][1] * PAGE,
		};
	fix->dump.ranges = ranges;
	fix->dump.nr_ranges = nr;
	dump(fix);
	fix->dump.ranges = NULL;
}

static void merges_ranges_that_touch(void **state)
{
	static const unsigned int pieces[][2] = {
		{ 24, 8 }, { 0, 4 }, { 4, 16 }, { 20, 4 }
	};
	struct fixture fix;

	(void)state;
	set_up(&fix);
	dump_ranges(&fix, pieces, 4);
	assert_int_equal(fix.header->e_phnum, 2);
	assert_int_equal(fix.segments[1].p_filesz, TWIN_SIZE);
	assert_memory_equal(fix.file + fix.segments[1].p_offset,
			    fix.fake.memory, TWIN_SIZE);
	tear_down(&fix);
}

static void merges_ranges_that_overlap(void **state)
{
	static const unsigned int pieces[][2] = {
		{ 8, 8 }, { 0, 20 }, { 18, 14 }, { 0, 20 }, { 1, 1 }
	};
	struct fixture fix;

	(void)state;
	set_up(&fix);
	dump_ranges(&fix, pieces, 5);
	assert_int_equal(fix.header->e_phnum, 2);
	assert_int_equal(fix.segments[1].p_filesz, TWIN_SIZE);
	assert_memory_equal(fix.file + fix.segments[1].p_offset,
			    fix.fake.memory, TWIN_SIZE);
	tear_down(&fix);
}

static void keeps_ranges_apart(void **state)
{
	static const unsigned int pieces[][2] = { { 17, 15 }, { 0, 16 } };
	struct fixture fix;
	const Elf64_Phdr *low, *high;

	(void)state;
	set_up(&fix);
	dump_ranges(&fix, pieces, 2);
	assert_int_equal(fix.header->e_phnum, 3);
	low = &fix.segments[1];
	high = &fix.segments[2];
	assert_int_equal(low->p_paddr, TWIN_BASE);
	assert_int_equal(high->p_paddr, TWIN_BASE + 17 * PAGE);
	assert_int_equal(high->p_vaddr, fake_twin_direct(&fix.fake, 17 * PAGE));
	assert_int_equal(high->p_offset, low->p_offset + low->p_filesz);
	assert_memory_equal(fix.file + low->p_offset, fix.fake.memory,
			    16 * PAGE);
	assert_memory_equal(fix.file + high->p_offset,
			    fix.fake.memory + 17 * PAGE, 15 * PAGE);
	tear_down(&fix);
}

static void refuses_bad_ranges(void **state)
{
	static const struct twinos_range bad[] = {
		{ TWIN_BASE + 1, PAGE, 0 },
		{ TWIN_BASE, PAGE + 1, 0 },
		{ TWIN_BASE, 0, 0 },
		{ -(uint64_t)PAGE, 2 * PAGE, 0 },
	};
	struct fixture fix;

	(void)state;
	set_up(&fix);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fix.dump.ranges = &bad[i];
		dump_fails(&fix, -EINVAL, "ranges", 0);
	}
	fix.dump.nr_ranges = 0;
	dump_fails(&fix, -ENODATA, "no memory", 0);
	tear_down(&fix);
}

/* One range more than there can be segments. */
static void refuses_too_many_ranges(void **state)
{
	enum { NR = PN_XNUM - 1 };
	struct twinos_range *ranges = calloc(NR, sizeof(*ranges));
	struct fixture fix;

	(void)state;
	assert_non_null(ranges);
	set_up(&fix);
	for (uint64_t i = 0; i < NR; i++) {
		ranges[i].start = i * 2 * PAGE;
		ranges[i].length = PAGE;
	}
	fix.dump.ranges = ranges;
	fix.dump.nr_ranges = NR;
	dump_fails(&fix, -EINVAL, "ranges", 0);
	free(ranges);
	tear_down(&fix);
}

static int reads_left;

static int read_until_gone(void *ctx, uint64_t addr, void *buf, size_t len)
{
	return reads_left-- > 0 ? fake_twin_read(ctx, addr, buf, len) : -ENODEV;
}

/* Wherever it happens, in the search for VMCOREINFO or behind it. */
static void tells_that_the_twin_is_gone(void **state)
{
	struct fixture fix;
	int reads;

	(void)state;
	set_up(&fix);
	dump(&fix);
	reads = fix.fake.nr_reads;
	unlink(fix.path);
	fix.dump.read = read_until_gone;
	for (int i = 0; i < reads; i++) {
		reads_left = i;
		dump_fails(&fix, -ENODEV, "gone", 0);
		assert_int_equal(fix.err.kind, TWINOS_ERROR_NAME);
	}
	tear_down(&fix);
}

static uint64_t told_done, told_total;

static int note_progress(void *ctx, uint64_t done, uint64_t total)
{
	assert_in_range(done, told_done + 1, total);
	told_done = done;
	told_total = total;
	return *(int *)ctx;
}

static void tells_progress(void **state)
{
	struct fixture fix;
	int go_on = 0;

	(void)state;
	set_up(&fix);
	told_done = 0;
	fix.dump.progress = note_progress;
	fix.dump.progress_ctx = &go_on;
	dump(&fix);
	assert_int_equal(told_total, TWIN_SIZE);
	assert_int_equal(told_done, TWIN_SIZE);
	tear_down(&fix);
}

static void can_be_cancelled(void **state)
{
	struct fixture fix;
	int stop = 1;

	(void)state;
	set_up(&fix);
	told_done = 0;
	fix.dump.progress = note_progress;
	fix.dump.progress_ctx = &stop;
	dump_fails(&fix, -ECANCELED, "cancelled", 0);
	tear_down(&fix);
}

static void tells_of_a_full_disk(void **state)
{
	struct fixture fix;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	set_up(&fix);
	fix.dump.path = "/dev/full";
	assert_int_equal(twinos_core_write(&fix.dump, full, &fix.result,
					   &fix.err),
			 -ENOSPC);
	assert_string_equal(fix.err.text,
			    "can't write '/dev/full': No space left on device");
	close(full);
	tear_down(&fix);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_file_is(const char *path, const char *text)
{
	char buf[32] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(buf, 1, sizeof(buf) - 1, file), strlen(text));
	assert_string_equal(buf, text);
	fclose(file);
}

static void replaces_nothing_unasked(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	write_file(fix.path, "precious");
	dump_fails(&fix, -EEXIST, "--force", 1);
	/* And that before any work is done. */
	assert_int_equal(fix.fake.nr_reads, 0);
	assert_file_is(fix.path, "precious");
	fix.dump.force = true;
	dump(&fix);
	assert_memory_equal(fix.header->e_ident, ELFMAG, SELFMAG);
	tear_down(&fix);
}

static struct fixture *hooked;

static void make_the_file(struct fake_twin *fake)
{
	fake->hook = NULL;
	write_file(hooked->path, "precious");
}

static void replaces_nothing_that_came_meanwhile(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	hooked = &fix;
	fix.fake.hook = make_the_file;
	fix.fake.hook_at = 3;
	dump_fails(&fix, -EEXIST, "--force", 1);
	assert_file_is(fix.path, "precious");
	tear_down(&fix);
}

static void keeps_the_old_file_on_failure(void **state)
{
	struct fixture fix;

	(void)state;
	set_up(&fix);
	write_file(fix.path, "precious");
	fix.dump.force = true;
	fix.dump.read = read_until_gone;
	reads_left = 1;
	dump_fails(&fix, -ENODEV, "gone", 1);
	assert_file_is(fix.path, "precious");
	tear_down(&fix);
}

static void replaces_regular_files_only(void **state)
{
	struct fixture fix;
	char long_path[PATH_MAX + 8];

	(void)state;
	set_up(&fix);
	fix.dump.force = true;
	assert_int_equal(mkfifo(fix.path, 0600), 0);
	dump_fails(&fix, -EEXIST, "no regular file", 1);
	assert_int_equal(unlink(fix.path), 0);
	assert_int_equal(symlink("nowhere", fix.path), 0);
	dump_fails(&fix, -EEXIST, "no regular file", 1);
	assert_int_equal(unlink(fix.path), 0);
	fix.dump.path = fix.dir;
	dump_fails(&fix, -EEXIST, "no regular file", 0);
	fix.dump.path = "/nonexistent/vmcore";
	dump_fails(&fix, -ENOENT, "can't create '/nonexistent/vmcore'", 0);
	memset(long_path, 'x', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	fix.dump.path = long_path;
	dump_fails(&fix, -ENAMETOOLONG, "can't create", 0);
	tear_down(&fix);
}

/* What the memory says changes between the look at it and the copy. */
static void forget_vmcoreinfo(struct fake_twin *fake)
{
	fake->hook = NULL;
	memset(fake->memory + TWIN_VMCOREINFO, 0xff, PAGE);
	memset(fake->memory + TWIN_TABLES, 0xff, 0x4000);
}

static void bears_memory_that_changes(void **state)
{
	unsigned int reads;
	struct fixture fix;

	(void)state;
	set_up(&fix);
	dump(&fix);
	reads = fix.fake.nr_reads;
	tear_down(&fix);
	for (unsigned int at = 0; at < reads; at++) {
		set_up(&fix);
		fix.fake.hook = forget_vmcoreinfo;
		fix.fake.hook_at = at;
		dump(&fix);
		assert_int_equal(fix.header->e_phnum, 2);
		assert_in_range(fix.segments[0].p_filesz, 0, 2 * PAGE);
		tear_down(&fix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_core_file),
		cmocka_unit_test(holds_vmcoreinfo),
		cmocka_unit_test(takes_vmcoreinfo_that_is_right),
		cmocka_unit_test(does_without_vmcoreinfo),
		cmocka_unit_test(knows_the_direct_map),
		cmocka_unit_test(distrusts_page_tables),
		cmocka_unit_test(leaves_holes),
		cmocka_unit_test(merges_ranges_that_touch),
		cmocka_unit_test(merges_ranges_that_overlap),
		cmocka_unit_test(keeps_ranges_apart),
		cmocka_unit_test(refuses_bad_ranges),
		cmocka_unit_test(refuses_too_many_ranges),
		cmocka_unit_test(tells_that_the_twin_is_gone),
		cmocka_unit_test(tells_progress),
		cmocka_unit_test(can_be_cancelled),
		cmocka_unit_test(tells_of_a_full_disk),
		cmocka_unit_test(replaces_nothing_unasked),
		cmocka_unit_test(replaces_nothing_that_came_meanwhile),
		cmocka_unit_test(keeps_the_old_file_on_failure),
		cmocka_unit_test(replaces_regular_files_only),
		cmocka_unit_test(bears_memory_that_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
