// SPDX-License-Identifier: LGPL-2.1-or-later
/* vmlinux: an ELF file whose segments are loaded by physical address. */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "error.h"
#include "image_format.h"
#include "payload.h"
#include "setup_header.h"

#define PAGE 4096UL
#define LARGE_PAGE (2UL << 20)

/* The kernel's text is linked for the last 2 GiB: __START_KERNEL_map. */
#define KERNEL_MAP 0xffffffff80000000UL

#define BANNER "Linux version "

/* What of the file is in memory at run time, by ascending address. */
struct loads {
	Elf64_Phdr at[TWINOS_IMAGE_MAX_SEGMENTS];
	size_t nr;
};

static int refuse(struct twinos_error *err, const char *why)
{
	return twinos_fail(err, TWINOS_ERROR_IMAGE, ENOEXEC, "%s", why);
}

static int cut_short(struct twinos_error *err)
{
	return refuse(err,
		      "the ELF kernel is cut short; take another copy of it");
}

bool twinos_vmlinux_probe(const uint8_t *data, size_t length)
{
	return length >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
}

static bool inside(uint64_t offset, uint64_t size, size_t length)
{
	return offset <= length && size <= length - offset;
}

/* e_machine stands at the same place in 32-bit and 64-bit files. */
static int check_machine(const Elf64_Ehdr *elf, struct twinos_error *err)
{
	if (elf->e_ident[EI_DATA] == ELFDATA2LSB &&
	    elf->e_machine == EM_X86_64 && elf->e_ident[EI_CLASS] == ELFCLASS64)
		return 0;
	if (elf->e_machine == EM_386)
		return refuse(
			err,
			"the kernel is for 32-bit x86; take one for x86-64");
	if (elf->e_machine == EM_AARCH64)
		return refuse(err,
			      "the kernel is for arm64; take one for x86-64");
	return twinos_fail(
		err, TWINOS_ERROR_IMAGE, ENOEXEC,
		"the ELF file is for another kind of machine (class %u, number %u); take a kernel for x86-64",
		elf->e_ident[EI_CLASS], elf->e_machine);
}

static int read_header(Elf64_Ehdr *elf, const uint8_t *data, size_t length,
		       struct twinos_error *err)
{
	int ret;

	if (length < sizeof(*elf))
		return cut_short(err);
	memcpy(elf, data, sizeof(*elf));
	ret = check_machine(elf, err);
	if (ret)
		return ret;
	if (elf->e_type != ET_EXEC || elf->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(
			err,
			"an ELF file, but no kernel; give a vmlinux or vmlinuz");
	/* The section headers aren't used, but they end a file as it is built. */
	if (!inside(elf->e_phoff, (uint64_t)elf->e_phnum * sizeof(Elf64_Phdr),
		    length) ||
	    !inside(elf->e_shoff, (uint64_t)elf->e_shnum * elf->e_shentsize,
		    length))
		return cut_short(err);
	return 0;
}

static int check_load(const Elf64_Phdr *load, size_t length,
		      struct twinos_error *err)
{
	uint64_t end;

	if (!inside(load->p_offset, load->p_filesz, length))
		return cut_short(err);
	if (load->p_filesz > load->p_memsz ||
	    __builtin_add_overflow(load->p_paddr, load->p_memsz, &end))
		return refuse(
			err,
			"an ELF segment's sizes or address can't be meant; take another copy of the kernel");
	return 0;
}

static void insert(struct loads *loads, const Elf64_Phdr *load)
{
	size_t i = loads->nr++;

	for (; i && loads->at[i - 1].p_paddr > load->p_paddr; i--)
		loads->at[i] = loads->at[i - 1];
	loads->at[i] = *load;
}

static int read_loads(struct loads *loads, const Elf64_Ehdr *elf,
		      const uint8_t *data, size_t length,
		      struct twinos_error *err)
{
	size_t i;
	int ret;

	loads->nr = 0;
	for (i = 0; i < elf->e_phnum; i++) {
		Elf64_Phdr load;

		memcpy(&load, data + elf->e_phoff + i * sizeof(load),
		       sizeof(load));
		if (load.p_type != PT_LOAD || !load.p_memsz)
			continue;
		ret = check_load(&load, length, err);
		if (ret)
			return ret;
		if (loads->nr == TWINOS_IMAGE_MAX_SEGMENTS)
			return refuse(
				err,
				"the ELF file has more segments than a kernel has; give a vmlinux");
		insert(loads, &load);
	}
	if (!loads->nr)
		return refuse(
			err,
			"the ELF file has nothing to load; give a vmlinux");
	return 0;
}

static int check_layout(const struct loads *loads, struct twinos_error *err)
{
	size_t i;

	/* __startup_64() of head64.c stops if it is moved by anything else. */
	if (loads->at[0].p_paddr % LARGE_PAGE)
		return refuse(
			err,
			"the ELF kernel doesn't start at a multiple of 2 MiB; give a vmlinux of x86-64");
	for (i = 1; i < loads->nr; i++) {
		const Elf64_Phdr *load = &loads->at[i - 1];

		if (load->p_paddr + load->p_memsz > loads->at[i].p_paddr)
			return refuse(
				err,
				"ELF segments overlap; take another copy of the kernel");
	}
	return 0;
}

/* A program for user space passes all other checks, so look at the entry. */
static int set_entry(struct twinos_image *image, const struct loads *loads,
		     uint64_t entry, struct twinos_error *err)
{
	size_t i;

	for (i = 0; i < loads->nr; i++) {
		const Elf64_Phdr *load = &loads->at[i];

		if (entry < load->p_paddr ||
		    entry - load->p_paddr >= load->p_filesz)
			continue;
		if (!(load->p_flags & PF_X) || load->p_vaddr < KERNEL_MAP)
			break;
		image->entry = entry - loads->at[0].p_paddr;
		return 0;
	}
	return refuse(
		err,
		"the ELF file's entry isn't in a kernel's code; give a vmlinux of x86-64");
}

static int set_span(struct twinos_image *image, const struct loads *loads,
		    struct twinos_error *err)
{
	const Elf64_Phdr *last = &loads->at[loads->nr - 1];
	uint64_t span = last->p_paddr + last->p_memsz - loads->at[0].p_paddr;

	if (span > TWINOS_PAYLOAD_MAX)
		return refuse(
			err,
			"the ELF kernel's segments span more than the 1 GiB a kernel may have; give a vmlinux of x86-64");
	span = (span + PAGE - 1) & ~(PAGE - 1);
	if (image->span < span)
		image->span = span;
	return 0;
}

static void set_segments(struct twinos_image *image, const struct loads *loads,
			 const uint8_t *data)
{
	size_t i;

	for (i = 0; i < loads->nr; i++) {
		const Elf64_Phdr *load = &loads->at[i];
		struct twinos_image_segment *segment;

		if (!load->p_filesz)
			continue;
		segment = &image->segments[image->nr_segments++];
		segment->offset = load->p_paddr - loads->at[0].p_paddr;
		segment->data = data + load->p_offset;
		segment->length = load->p_filesz;
	}
}

int twinos_vmlinux_load(struct twinos_image *image, const uint8_t *data,
			size_t length, struct twinos_error *err)
{
	struct loads loads;
	Elf64_Ehdr elf;
	int ret;

	if (!twinos_vmlinux_probe(data, length))
		return refuse(
			err,
			"what was unpacked is no ELF kernel; give a vmlinux or vmlinuz");
	ret = read_header(&elf, data, length, err);
	if (ret)
		return ret;
	ret = read_loads(&loads, &elf, data, length, err);
	if (ret)
		return ret;
	ret = check_layout(&loads, err);
	if (ret)
		return ret;
	ret = set_entry(image, &loads, elf.e_entry, err);
	if (ret)
		return ret;
	ret = set_span(image, &loads, err);
	if (ret)
		return ret;
	set_segments(image, &loads, data);
	image->how = TWINOS_ENTRY_ELF;
	return 0;
}

/* linux_banner of init/version.c; some other texts start in the same way. */
static bool find_version(struct twinos_image *image,
			 const struct twinos_image_segment *segment)
{
	const char *at = segment->data, *end = at + segment->length;

	while ((at = memmem(at, (size_t)(end - at), BANNER, strlen(BANNER)))) {
		at += strlen(BANNER);
		if (at == end || !isdigit((unsigned char)*at))
			continue;
		twinos_image_set_version(image, at, (size_t)(end - at));
		return true;
	}
	return false;
}

int twinos_vmlinux_parse(struct twinos_image *image, const uint8_t *data,
			 size_t length, enum twinos_entry want,
			 struct twinos_error *err)
{
	size_t i;
	int ret;

	if (want == TWINOS_ENTRY_BZIMAGE)
		return refuse(
			err,
			"an ELF kernel has no bzImage entry; give a vmlinuz or use the ELF entry");
	ret = twinos_vmlinux_load(image, data, length, err);
	if (ret)
		return ret;
	image->align = LARGE_PAGE;
	twinos_setup_header_make(image);
	for (i = 0; i < image->nr_segments; i++)
		if (find_version(image, &image->segments[i]))
			break;
	return 0;
}
