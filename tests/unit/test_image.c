// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_kernel.h"
#include "file.h"
#include "image.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MIB2 0x200000UL

static const enum twinos_entry entries[] = {
	TWINOS_ENTRY_AUTO,
	TWINOS_ENTRY_ELF,
	TWINOS_ENTRY_BZIMAGE,
};

static void check_error(int ret, const struct twinos_error *err)
{
	size_t length = strnlen(err->text, sizeof(err->text));

	assert_int_equal(ret, -err->code);
	assert_in_range(length, 1, sizeof(err->text) - 1);
	assert_null(strchr(err->text, '\n'));
	assert_int_not_equal(err->text[length - 1], '.');
}

static void assert_zero(const void *at, size_t length)
{
	const uint8_t *bytes = at;

	while (length--)
		assert_int_equal(*bytes++, 0);
}

/* Parsing must fail, for the reason @why, and leave nothing behind. */
static void refused(const void *data, size_t length, enum twinos_entry want,
		    const char *why)
{
	struct twinos_error err = { 0 };
	struct twinos_image image;
	int ret = twinos_image_parse(&image, data, length, want, &err);

	if (!ret)
		fail_msg("accepted, not refused with \"%s\"", why);
	check_error(ret, &err);
	assert_int_equal(err.kind, TWINOS_ERROR_IMAGE);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" instead of \"%s\"", err.text, why);
	assert_zero(&image, sizeof(image));
}

static void check_segments(const struct twinos_image *image)
{
	uint64_t end = 0;
	size_t i;

	assert_in_range(image->nr_segments, 1, TWINOS_IMAGE_MAX_SEGMENTS);
	for (i = 0; i < image->nr_segments; i++) {
		const struct twinos_image_segment *segment =
			&image->segments[i];

		assert_true(segment->offset >= end);
		assert_true(segment->length > 0);
		end = segment->offset + segment->length;
		assert_true(end <= image->span);
	}
	assert_true(image->entry < end);
}

static void check_common(const struct twinos_image *image)
{
	check_segments(image);
	assert_true(image->align >= MIB2);
	assert_int_equal(image->align & (image->align - 1), 0);
	assert_int_equal(image->span % 4096, 0);
	assert_int_equal(image->max_cmdline, 2047);
	assert_memory_equal(image->setup_header + 0x202 - 0x1f1, "HdrS", 4);
	assert_int_equal(image->setup_header_length, 0x26c - 0x1f1);
}

static void check_elf(const struct twinos_image *image)
{
	check_common(image);
	assert_int_equal(image->how, TWINOS_ENTRY_ELF);
	assert_int_equal(image->entry, FAKE_ENTRY);
	assert_int_equal(image->nr_segments, 2);
	assert_int_equal(image->segments[0].offset, 0);
	assert_int_equal(image->segments[0].length, FAKE_TEXT_LENGTH);
	assert_int_equal(image->segments[1].offset, FAKE_DATA);
	assert_int_equal(image->segments[1].length, FAKE_DATA_LENGTH);
	assert_memory_equal(image->segments[1].data, "Linux version %s", 16);
	assert_string_equal(image->version, FAKE_VERSION);
}

static void check_bzimage(const struct twinos_image *image,
			  const struct fake *fake)
{
	check_common(image);
	assert_int_equal(image->how, TWINOS_ENTRY_BZIMAGE);
	assert_int_equal(image->entry, 0x200);
	assert_int_equal(image->span, FAKE_INIT_SIZE);
	assert_int_equal(image->nr_segments, 1);
	assert_int_equal(image->segments[0].offset, 0);
	assert_ptr_equal(image->segments[0].data,
			 fake->data + FAKE_SETUP_LENGTH);
	assert_int_equal(image->segments[0].length,
			 fake->length - FAKE_SETUP_LENGTH);
	assert_string_equal(image->version, FAKE_VERSION);
}

static void parse(struct twinos_image *image, const struct fake *fake,
		  enum twinos_entry want)
{
	struct twinos_error err = { 0 };

	if (twinos_image_parse(image, fake->data, fake->length, want, &err))
		fail_msg("%s", err.text);
}

static void elf_is_loaded(void **state)
{
	struct fake elf = fake_elf();
	struct twinos_image image;

	(void)state;
	parse(&image, &elf, TWINOS_ENTRY_AUTO);
	check_elf(&image);
	assert_int_equal(image.span, FAKE_SPAN);
	twinos_image_release(&image);
	assert_zero(&image, sizeof(image));
	parse(&image, &elf, TWINOS_ENTRY_ELF);
	check_elf(&image);
	twinos_image_release(&image);
	refused(elf.data, elf.length, TWINOS_ENTRY_BZIMAGE, "no bzImage entry");
	fake_free(&elf);
}

static void packed_elf_is_loaded(void **state)
{
	struct fake elf = fake_elf();
	int packing;

	(void)state;
	for (packing = FAKE_GZIP; packing < FAKE_BZIP2; packing++) {
		struct fake packed = fake_pack(&elf, packing);
		struct twinos_image image;

		parse(&image, &packed, TWINOS_ENTRY_AUTO);
		check_elf(&image);
		assert_int_equal(image.span, FAKE_SPAN);
		twinos_image_release(&image);
		refused(packed.data, packed.length, TWINOS_ENTRY_BZIMAGE,
			"no bzImage entry");
		fake_free(&packed);
	}
	fake_free(&elf);
}

static void bzimage_is_loaded(void **state)
{
	int packing;

	(void)state;
	for (packing = FAKE_GZIP; packing < FAKE_BZIP2; packing++) {
		struct fake bzimage = fake_vmlinuz(packing);
		struct twinos_image image;

		parse(&image, &bzimage, TWINOS_ENTRY_AUTO);
		check_elf(&image);
		assert_int_equal(image.span, FAKE_INIT_SIZE);
		twinos_image_release(&image);
		parse(&image, &bzimage, TWINOS_ENTRY_ELF);
		check_elf(&image);
		twinos_image_release(&image);
		parse(&image, &bzimage, TWINOS_ENTRY_BZIMAGE);
		check_bzimage(&image, &bzimage);
		twinos_image_release(&image);
		fake_free(&bzimage);
	}
}

static void unknown_packing_unpacks_itself(void **state)
{
	struct fake bzimage = fake_vmlinuz(FAKE_BZIP2);
	struct twinos_image image;

	(void)state;
	parse(&image, &bzimage, TWINOS_ENTRY_AUTO);
	check_bzimage(&image, &bzimage);
	twinos_image_release(&image);
	refused(bzimage.data, bzimage.length, TWINOS_ENTRY_ELF,
		"something else than gzip");
	fake_free(&bzimage);
}

static void damaged_payload_is_refused(void **state)
{
	/* lz4 has no checksum as the kernel uses it, but it has a size. */
	static const enum fake_packing packings[] = { FAKE_GZIP, FAKE_XZ,
						      FAKE_ZSTD };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(packings); i++) {
		struct fake bzimage = fake_vmlinuz(packings[i]);

		bzimage.data[FAKE_SETUP_LENGTH + 0x2c0 + 0x200] ^= 0xff;
		refused(bzimage.data, bzimage.length, TWINOS_ENTRY_AUTO,
			"is damaged");
		refused(bzimage.data, bzimage.length, TWINOS_ENTRY_ELF,
			"is damaged");
		fake_free(&bzimage);
	}
}

static void damaged_lz4_block_is_refused(void **state)
{
	static const char packed[] = "\x02\x21\x4c\x18\4\0\0\0\xff\xff\xff\xff";

	(void)state;
	refused(packed, sizeof(packed) - 1, TWINOS_ENTRY_AUTO, "is damaged");
}

static void wrong_unpacked_size_is_refused(void **state)
{
	struct fake elf = fake_elf();
	const struct {
		uint32_t size;
		const char *why;
	} cases[] = {
		{ 0, "more than" },
		{ 0x40000001, "more than" },
		{ 0xffffffff, "more than" },
		{ elf.length + 1, "is damaged" },
		/* Not all libraries tell a full buffer from damage. */
		{ elf.length - 1, "the " },
	};
	int packing;
	size_t i;

	(void)state;
	for (packing = FAKE_GZIP; packing < FAKE_LZ4; packing++) {
		struct fake packed = fake_pack(&elf, packing);

		for (i = 0; i < COUNT(cases); i++) {
			struct fake bzimage =
				fake_bzimage(&packed, packing, cases[i].size);

			/* gzip checks its own size itself. */
			refused(bzimage.data, bzimage.length, TWINOS_ENTRY_AUTO,
				packing == FAKE_GZIP ? "the " : cases[i].why);
			fake_free(&bzimage);
		}
		fake_free(&packed);
	}
	fake_free(&elf);
}

static void packed_nonsense_is_refused(void **state)
{
	uint8_t text[600] = "no kernel";
	struct fake plain = { text, sizeof(text) };
	struct fake packed = fake_pack(&plain, FAKE_ZSTD);
	struct fake bzimage = fake_bzimage(&packed, FAKE_ZSTD, sizeof(text));

	(void)state;
	refused(packed.data, packed.length, TWINOS_ENTRY_AUTO, "no ELF kernel");
	refused(bzimage.data, bzimage.length, TWINOS_ENTRY_AUTO,
		"no ELF kernel");
	fake_free(&bzimage);
	fake_free(&packed);
}

/*
 * Memory that ends where a page that can't be read begins: a look behind the
 * end of the data ends the test.
 */
struct guarded {
	uint8_t *map;
	uint8_t *end;
	size_t length;
};

static struct guarded guarded_new(size_t room)
{
	struct guarded guarded;
	size_t length = (room + 4095) & ~4095UL;

	guarded.length = length + 4096;
	guarded.map = mmap(NULL, guarded.length, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(guarded.map, MAP_FAILED);
	guarded.end = guarded.map + length;
	assert_return_code(mprotect(guarded.end, 4096, PROT_NONE), errno);
	return guarded;
}

static const uint8_t *guarded_put(const struct guarded *guarded,
				  const uint8_t *data, size_t length)
{
	return memcpy(guarded->end - length, data, length);
}

static void refused_at_every_length(const struct fake *fake)
{
	struct guarded guarded = guarded_new(fake->length);
	size_t length, i;

	for (length = 0; length < fake->length; length++) {
		const uint8_t *data = guarded_put(&guarded, fake->data, length);

		for (i = 0; i < COUNT(entries); i++)
			refused(data, length, entries[i], "");
	}
	munmap(guarded.map, guarded.length);
}

static void cut_bzimage_is_refused(void **state)
{
	int packing;

	(void)state;
	for (packing = 0; packing < FAKE_PACKINGS; packing++) {
		struct fake bzimage = fake_vmlinuz(packing);

		refused_at_every_length(&bzimage);
		fake_free(&bzimage);
	}
}

static void cut_signature_is_refused(void **state)
{
	struct fake bzimage = fake_vmlinuz(FAKE_XZ);
	struct twinos_image image;

	(void)state;
	fake_sign(&bzimage, 100);
	parse(&image, &bzimage, TWINOS_ENTRY_AUTO);
	twinos_image_release(&image);
	refused(bzimage.data, bzimage.length - 1, TWINOS_ENTRY_AUTO,
		"cut short");
	refused_at_every_length(&bzimage);
	fake_free(&bzimage);
}

static void cut_elf_is_refused(void **state)
{
	struct fake elf = fake_elf();
	int packing;

	(void)state;
	refused(elf.data, elf.length - 1, TWINOS_ENTRY_AUTO, "cut short");
	refused_at_every_length(&elf);
	for (packing = FAKE_GZIP; packing < FAKE_BZIP2; packing++) {
		struct fake packed = fake_pack(&elf, packing);

		refused_at_every_length(&packed);
		fake_free(&packed);
	}
	fake_free(&elf);
}

/* One number of a good image is changed. */
struct change {
	size_t offset;
	size_t width;
	uint64_t value;
	const char *why; /* NULL: it is still good */
};

static void try_change(const struct fake *good, const struct change *change,
		       enum twinos_entry want)
{
	struct guarded guarded = guarded_new(good->length);
	uint8_t *data;

	guarded_put(&guarded, good->data, good->length);
	data = guarded.end - good->length;
	memcpy(data + change->offset, &change->value, change->width);
	if (change->why) {
		refused(data, good->length, want, change->why);
	} else {
		struct fake changed = { data, good->length };
		struct twinos_image image;

		parse(&image, &changed, want);
		check_segments(&image);
		assert_true(image.align >= MIB2);
		assert_true(image.setup_header_length <=
			    sizeof(image.setup_header));
		twinos_image_release(&image);
	}
	munmap(guarded.map, guarded.length);
}

static const struct change setup_changes[] = {
	{ 0x1f1, 1, 0, NULL }, /* 0 stands for 4, which is what it was */
	{ 0x1f1, 1, 0xff, "cut short" },
	{ 0x1f4, 4, 0, "no room" },
	{ 0x1f4, 4, 0x20, "no room" },
	{ 0x1f4, 4, 0x21, "outside the file" },
	{ 0x1f4, 4, 0x10000000, "cut short" },
	{ 0x1f4, 4, 0xffffffff, "cut short" },
	{ 0x1fe, 2, 0, "neither" },
	{ 0x201, 1, 0x61, "too short" },
	{ 0x201, 1, 0x62, NULL },
	{ 0x201, 1, 0xff, NULL },
	{ 0x202, 4, 0, "neither" },
	{ 0x206, 2, 0x20b, "older" },
	{ 0x206, 2, 0x20c, NULL },
	{ 0x20e, 2, 0, NULL },
	{ 0x20e, 2, FAKE_SETUP_LENGTH - 0x201, NULL },
	{ 0x20e, 2, FAKE_SETUP_LENGTH - 0x200, "puts the version" },
	{ 0x20e, 2, 0xffff, "puts the version" },
	{ 0x230, 4, 0, "alignment" },
	{ 0x230, 4, 0x300000, "alignment" },
	{ 0x230, 4, 0x80000000, "alignment" },
	{ 0x230, 4, 0x1000000, NULL },
	{ 0x230, 4, 1, NULL },
	{ 0x234, 1, 0, "fixed address" },
	{ 0x236, 2, 0, "32-bit x86" },
	{ 0x236, 2, 2, "32-bit x86" },
	{ 0x236, 2, 1, "fixed address" },
	{ 0x248, 4, 0xffffffff, "outside the file" },
	{ 0x248, 4, 0x2c1 + 15, "outside the file" },
	{ 0x24c, 4, 0xffffffff, "outside the file" },
	{ 0x260, 4, 0, "init_size" },
	{ 0x260, 4, 1, NULL },
	{ 0x260, 4, 0x40000001, "init_size" },
	{ 0x260, 4, 0xffffffff, "init_size" },
};

static void bad_setup_header_is_refused(void **state)
{
	struct fake bzimage = fake_vmlinuz(FAKE_ZSTD);
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(setup_changes); i++)
		for (j = 0; j < COUNT(entries); j++)
			try_change(&bzimage, &setup_changes[i], entries[j]);
	fake_free(&bzimage);
}

static void payload_length_is_checked(void **state)
{
	const struct change cases[] = {
		/* Without a payload that is known, the kernel must do it. */
		{ 0x24c, 4, 0, NULL },
		{ 0x24c, 4, 3, NULL },
		{ 0x24c, 4, 4, "is damaged" },
		{ 0x24c, 4, 7, "is damaged" },
		{ 0x24c, 4, 8, "unpacks to more" },
		{ 0x248, 4, 0, NULL },
	};
	struct fake bzimage = fake_vmlinuz(FAKE_ZSTD);
	size_t i;

	(void)state;
	/* A length of 8 makes the four bytes behind the magic the size. */
	memcpy(bzimage.data + FAKE_SETUP_LENGTH + 0x2c4, "\xff\xff\xff\xff", 4);
	for (i = 0; i < COUNT(cases); i++)
		try_change(&bzimage, &cases[i], TWINOS_ENTRY_AUTO);
	fake_free(&bzimage);
}

#define EHDR(field, value, why)                                         \
	{                                                               \
		offsetof(Elf64_Ehdr, field),                            \
			sizeof(((Elf64_Ehdr *)NULL)->field), value, why \
	}
#define PHDR(nr, field, value, why)                                     \
	{                                                               \
		sizeof(Elf64_Ehdr) + (nr) * sizeof(Elf64_Phdr) +        \
			offsetof(Elf64_Phdr, field),                    \
			sizeof(((Elf64_Phdr *)NULL)->field), value, why \
	}

static const struct change elf_changes[] = {
	{ EI_CLASS, 1, ELFCLASS32, "another kind" },
	{ EI_DATA, 1, ELFDATA2MSB, "another kind" },
	EHDR(e_machine, EM_386, "32-bit x86"),
	EHDR(e_machine, EM_AARCH64, "arm64"),
	EHDR(e_machine, EM_RISCV, "number 243"),
	EHDR(e_type, ET_DYN, "no kernel"),
	EHDR(e_type, ET_REL, "no kernel"),
	EHDR(e_phentsize, 0, "no kernel"),
	EHDR(e_phentsize, 0xffff, "no kernel"),
	EHDR(e_phoff, ~0UL, "cut short"),
	EHDR(e_phoff, ~0UL - 200, "cut short"),
	EHDR(e_phnum, 0xffff, "cut short"),
	EHDR(e_phnum, 0, "nothing to load"),
	EHDR(e_shoff, ~0UL, "cut short"),
	EHDR(e_shoff, 0, NULL),
	EHDR(e_shnum, 0xffff, "cut short"),
	EHDR(e_entry, 0, "entry isn't"),
	EHDR(e_entry, ~0UL, "entry isn't"),
	EHDR(e_entry, FAKE_LOWEST - 1, "entry isn't"),
	EHDR(e_entry, FAKE_LOWEST + FAKE_TEXT_LENGTH, "entry isn't"),
	EHDR(e_entry, FAKE_LOWEST + FAKE_TEXT_LENGTH - 1, NULL),
	EHDR(e_entry, FAKE_LOWEST + FAKE_DATA, "entry isn't"),
	EHDR(e_entry, FAKE_LOWEST + FAKE_BSS, "entry isn't"),
	PHDR(0, p_type, PT_NOTE, "entry isn't"),
	PHDR(0, p_vaddr, FAKE_LOWEST, "entry isn't"),
	PHDR(0, p_offset, ~0UL, "cut short"),
	PHDR(0, p_offset, 1UL << 63, "cut short"),
	PHDR(0, p_filesz, ~0UL, "cut short"),
	PHDR(0, p_filesz, FAKE_TEXT_LENGTH + 1, "can't be meant"),
	PHDR(0, p_memsz, FAKE_TEXT_LENGTH - 1, "can't be meant"),
	PHDR(0, p_memsz, ~0UL, "can't be meant"),
	PHDR(0, p_memsz, FAKE_DATA, NULL),
	PHDR(0, p_memsz, FAKE_DATA + 1, "overlap"),
	PHDR(0, p_paddr, FAKE_LOWEST + 0x1000, "multiple of 2 MiB"),
	PHDR(0, p_paddr, ~0UL, "can't be meant"),
	/* The text behind the data: the lowest address is that of the data. */
	PHDR(0, p_paddr, FAKE_LOWEST + 0x800000, "entry isn't"),
	PHDR(1, p_paddr, FAKE_LOWEST, "overlap"),
	PHDR(1, p_paddr, FAKE_LOWEST + FAKE_BSS + 0x4000, "overlap"),
	PHDR(1, p_paddr, FAKE_LOWEST + FAKE_BSS + 0x4001, NULL),
	PHDR(1, p_memsz, 0, NULL), /* nothing in memory: left out */
	PHDR(2, p_memsz, 0x40000000 - FAKE_BSS, NULL),
	PHDR(2, p_memsz, 0x40000001 - FAKE_BSS, "1 GiB"),
	PHDR(2, p_memsz, ~0UL - FAKE_LOWEST - FAKE_BSS, "1 GiB"),
	PHDR(2, p_memsz, ~0UL, "can't be meant"),
	PHDR(2, p_filesz, 0x4002, "cut short"),
};

static void bad_elf_is_refused(void **state)
{
	struct fake elf = fake_elf();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(elf_changes); i++) {
		try_change(&elf, &elf_changes[i], TWINOS_ENTRY_AUTO);
		try_change(&elf, &elf_changes[i], TWINOS_ENTRY_ELF);
	}
	fake_free(&elf);
}

/* @nr segments of one byte each, the entry in the first. */
static struct fake elf_with_segments(size_t nr)
{
	struct fake elf = fake_elf();
	Elf64_Ehdr *header = (Elf64_Ehdr *)elf.data;
	size_t at = elf.length, i;

	elf.length += nr * sizeof(Elf64_Phdr);
	elf.data = realloc(elf.data, elf.length);
	assert_non_null(elf.data);
	header = (Elf64_Ehdr *)elf.data;
	header->e_phoff = at;
	header->e_phnum = nr;
	header->e_entry = FAKE_LOWEST;
	for (i = 0; i < nr; i++) {
		const Elf64_Phdr segment = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = ~0UL,
			/* Descending, so that they have to be sorted. */
			.p_paddr = FAKE_LOWEST + nr - 1 - i,
			.p_filesz = 1,
			.p_memsz = 1,
		};

		memcpy(elf.data + at + i * sizeof(segment), &segment,
		       sizeof(segment));
	}
	return elf;
}

static void segments_are_sorted_and_counted(void **state)
{
	struct fake most = elf_with_segments(TWINOS_IMAGE_MAX_SEGMENTS);
	struct fake more = elf_with_segments(TWINOS_IMAGE_MAX_SEGMENTS + 1);
	struct twinos_image image;

	(void)state;
	parse(&image, &most, TWINOS_ENTRY_AUTO);
	check_segments(&image);
	assert_int_equal(image.nr_segments, TWINOS_IMAGE_MAX_SEGMENTS);
	twinos_image_release(&image);
	refused(more.data, more.length, TWINOS_ENTRY_AUTO, "more segments");
	fake_free(&more);
	fake_free(&most);
}

static void trailing_bytes_are_refused(void **state)
{
	struct fake elf = fake_elf();
	int packing;

	(void)state;
	for (packing = FAKE_GZIP; packing < FAKE_BZIP2; packing++) {
		struct fake packed = fake_pack(&elf, packing);

		/* fake_pack() leaves room; the byte there is a zero. */
		refused(packed.data, packed.length + 1, TWINOS_ENTRY_AUTO,
			"is damaged");
		fake_free(&packed);
	}
	fake_free(&elf);
}

static void foreign_images_are_refused(void **state)
{
	struct fake bzimage = fake_vmlinuz(FAKE_GZIP);
	uint8_t arm64[64] = { 0 };

	(void)state;
	memcpy(arm64 + 0x38, "ARM\x64", 4);
	refused(arm64, sizeof(arm64), TWINOS_ENTRY_AUTO, "arm64 image: for an");
	memset(bzimage.data + 0x1f1, 0, 0x80);
	refused(bzimage.data, bzimage.length, TWINOS_ENTRY_AUTO,
		"PE file: neither");
	memcpy(bzimage.data + 0x84, "\x64\xaa", 2);
	refused(bzimage.data, bzimage.length, TWINOS_ENTRY_AUTO,
		"arm64 image: for an");
	memcpy(bzimage.data + 0x84, "\x4c\x01", 2);
	refused(bzimage.data, bzimage.length, TWINOS_ENTRY_AUTO,
		"i386 PE file: for an");
	refused("hello", 5, TWINOS_ENTRY_AUTO, "not a kernel");
	refused("", 0, TWINOS_ENTRY_AUTO, "is empty");
	fake_free(&bzimage);
}

static void hostile_version_is_cut(void **state)
{
	struct fake bzimage = fake_vmlinuz(FAKE_GZIP);
	struct twinos_image image;

	(void)state;
	memcpy(bzimage.data + 0x300, "6.1\x1b[2J", 8);
	parse(&image, &bzimage, TWINOS_ENTRY_BZIMAGE);
	assert_string_equal(image.version, "6.1");
	twinos_image_release(&image);
	memset(bzimage.data + 0x300, '9', FAKE_SETUP_LENGTH - 0x300);
	parse(&image, &bzimage, TWINOS_ENTRY_BZIMAGE);
	assert_int_equal(strlen(image.version), sizeof(image.version) - 1);
	twinos_image_release(&image);
	fake_free(&bzimage);
}

static void an_error_is_optional(void **state)
{
	struct twinos_image image;

	(void)state;
	assert_int_equal(twinos_image_parse(&image, "hello", 5,
					    TWINOS_ENTRY_AUTO, NULL),
			 -ENOEXEC);
	assert_int_equal(twinos_image_open(&image, "/", TWINOS_ENTRY_AUTO,
					   NULL),
			 -EISDIR);
}

/* ---- files ---- */

static char directory[32];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/twinos-test-image-XXXXXX");
	return mkdtemp(directory) ? chdir(directory) : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink("kernel");
	unlink("fifo");
	return chdir("/") ? -1 : rmdir(directory);
}

static void write_file(const char *path, const struct fake *fake)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(fake->data, 1, fake->length, file),
			 fake->length);
	assert_int_equal(fclose(file), 0);
}

static void file_refused(const char *path, int code, const char *text)
{
	struct twinos_error err = { 0 };
	struct twinos_image image;
	int ret = twinos_image_open(&image, path, TWINOS_ENTRY_AUTO, &err);

	check_error(ret, &err);
	assert_int_equal(ret, -code);
	assert_int_equal(err.kind, TWINOS_ERROR_IMAGE);
	assert_string_equal(err.text, text);
	assert_zero(&image, sizeof(image));
}

static void bad_files_are_refused(void **state)
{
	struct fake text = { (uint8_t *)"hello", 5 };

	(void)state;
	assert_return_code(mkfifo("fifo", 0600), errno);
	file_refused("nothing", ENOENT, "nothing: No such file or directory");
	file_refused(".", EISDIR, ".: a directory; give the file inside it");
	file_refused("fifo", EINVAL,
		     "fifo: not a regular file; copy it to one first");
	file_refused("/dev/zero", EINVAL,
		     "/dev/zero: not a regular file; copy it to one first");
	write_file("kernel", &(struct fake){ text.data, 0 });
	file_refused("kernel", ENODATA,
		     "kernel: the file is empty; give another one");
	write_file("kernel", &text);
	file_refused(
		"kernel", ENOEXEC,
		"kernel: not a kernel: neither a bzImage nor an ELF kernel, or only the start of one; give a vmlinuz or vmlinux");
}

static void file_is_opened(void **state)
{
	struct fake bzimage = fake_vmlinuz(FAKE_XZ);
	struct twinos_error err = { 0 };
	struct twinos_image image;

	(void)state;
	write_file("kernel", &bzimage);
	assert_int_equal(twinos_image_open(&image, "kernel", TWINOS_ENTRY_AUTO,
					   &err),
			 0);
	check_elf(&image);
	twinos_image_release(&image);
	assert_zero(&image, sizeof(image));
	fake_free(&bzimage);
}

/* ---- kernels of distributions: TWINOS_TEST_KERNELS=PATH:PATH... ---- */

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void real_kernel_is_loaded(const char *path)
{
	size_t i;

	for (i = 0; i < COUNT(entries); i++) {
		struct twinos_error err = { 0 };
		struct twinos_image image;

		if (twinos_image_open(&image, path, entries[i], &err))
			fail_msg("%s", err.text);
		check_common(&image);
		assert_int_equal(image.how,
				 entries[i] ? entries[i] : TWINOS_ENTRY_ELF);
		assert_true(image.span > 16 << 20);
		assert_string_not_equal(image.version, "");
		print_message("%s: %s, entry %#lx of %lu bytes\n", path,
			      image.version, image.entry, image.span);
		twinos_image_release(&image);
	}
}

static void cut_real_kernel_is_refused(const char *path)
{
	double start = cpu_seconds();
	struct twinos_file file;
	size_t length, i;

	assert_int_equal(twinos_file_map(&file, path, NULL), 0);
	for (length = 0; length < file.length; length += 4096)
		for (i = 0; i < COUNT(entries); i++)
			refused(file.data, length, entries[i], "");
	twinos_file_unmap(&file);
	assert_true(cpu_seconds() - start < 10);
}

static void real_kernels_work(void **state)
{
	const char *paths = getenv("TWINOS_TEST_KERNELS");
	char *copy, *path, *rest;

	(void)state;
	if (!paths || !*paths) {
		print_message("TWINOS_TEST_KERNELS names no kernels\n");
		skip();
	}
	copy = rest = strdup(paths);
	assert_non_null(copy);
	while ((path = strsep(&rest, ":"))) {
		real_kernel_is_loaded(path);
		cut_real_kernel_is_refused(path);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elf_is_loaded),
		cmocka_unit_test(packed_elf_is_loaded),
		cmocka_unit_test(bzimage_is_loaded),
		cmocka_unit_test(unknown_packing_unpacks_itself),
		cmocka_unit_test(damaged_payload_is_refused),
		cmocka_unit_test(damaged_lz4_block_is_refused),
		cmocka_unit_test(wrong_unpacked_size_is_refused),
		cmocka_unit_test(packed_nonsense_is_refused),
		cmocka_unit_test(cut_bzimage_is_refused),
		cmocka_unit_test(cut_signature_is_refused),
		cmocka_unit_test(cut_elf_is_refused),
		cmocka_unit_test(bad_setup_header_is_refused),
		cmocka_unit_test(payload_length_is_checked),
		cmocka_unit_test(bad_elf_is_refused),
		cmocka_unit_test(segments_are_sorted_and_counted),
		cmocka_unit_test(trailing_bytes_are_refused),
		cmocka_unit_test(foreign_images_are_refused),
		cmocka_unit_test(hostile_version_is_cut),
		cmocka_unit_test(an_error_is_optional),
		cmocka_unit_test_setup_teardown(bad_files_are_refused,
						make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(file_is_opened, make_directory,
						remove_directory),
		cmocka_unit_test(real_kernels_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
