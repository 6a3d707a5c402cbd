// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file that fs/proc/vmcore.c of Linux shows after a crash, and that crash(8)
 * and makedumpfile(8) read: an ELF header, a PT_NOTE segment with VMCOREINFO, and
 * a PT_LOAD segment for each stretch of memory.
 *
 * There is no NT_PRSTATUS note: a stopped core has no registers any more. Both
 * readers do without and find a task's stack by its task_struct.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "error.h"
#include "ring.h"

/* What a kernel maps and a file system stores or leaves out. */
#define PAGE_SIZE 4096ULL

/* Big enough to make system calls rare, small enough for the caches. */
#define CHUNK_SIZE (1U << 20)

/* e_phnum has 16 bits, and its last value a meaning of its own. */
#define MAX_SEGMENTS (PN_XNUM - 2)

/* arch/x86/mm/kaslr.c moves the direct map by multiples of PUD_SIZE. */
#define DIRECT_MAP_ALIGN (1ULL << 30)
#define IMAGE_MAP 0xffffffff80000000ULL

static const char note_name[12] = "VMCOREINFO";

/**
 * struct core - a core that is being written
 * @ram: with the ranges merged and in the order of their addresses
 * @info: VMCOREINFO, of length 0 if there is none
 * @direct_map: where physical address 0 is mapped; 0: not known
 * @total: bytes of memory
 * @done: how many of them have been read
 */
struct core {
	const struct twinos_dump *dump;
	struct twinos_dump_result *result;
	struct twinos_error *err;
	int file;
	struct twinos_ram ram;
	struct twinos_vmcoreinfo info;
	uint64_t direct_map;
	uint64_t total, done;
	uint8_t *chunk;
};

static int out_of_memory(struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM, "out of memory");
}

static int read_failed(const struct core *core, int ret)
{
	if (ret == -ENODEV)
		return twinos_fail(core->err, TWINOS_ERROR_NAME, ENODEV,
				   "the twin is gone, and its memory with it");
	return twinos_fail(core->err, TWINOS_ERROR_SYSTEM, -ret,
			   "can't read the twin's memory: %s", strerror(-ret));
}

static int write_failed(const struct core *core, int code)
{
	return twinos_fail(core->err, TWINOS_ERROR_SYSTEM, code,
			   "can't write '%.256s': %s", core->dump->path,
			   strerror(code));
}

/* ---- the ranges ----------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct twinos_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static bool is_whole_pages(const struct twinos_range *range)
{
	return !((range->start | range->length) % PAGE_SIZE);
}

/* Those that touch or overlap become one. None wraps: twinos_ram_init() looked. */
static void merge_ranges(struct twinos_ram *ram)
{
	struct twinos_range *last = ram->ranges;

	qsort(ram->ranges, ram->nr_ranges, sizeof(*ram->ranges), by_start);
	for (size_t i = 1; i < ram->nr_ranges; i++) {
		const struct twinos_range *range = &ram->ranges[i];
		uint64_t end = range->start + range->length;

		if (range->start > last->start + last->length)
			*++last = *range;
		else if (end > last->start + last->length)
			last->length = end - last->start;
	}
	ram->nr_ranges = last + 1 - ram->ranges;
}

static int init_ranges(struct core *core)
{
	const struct twinos_dump *dump = core->dump;
	struct twinos_ram *ram = &core->ram;
	int ret;

	if (!dump->nr_ranges)
		return twinos_fail(core->err, TWINOS_ERROR_SYSTEM, ENODATA,
				   "the twin has no memory yet");
	ret = twinos_ram_init(ram, dump->ranges, dump->nr_ranges, dump->read,
			      dump->read_ctx);
	if (ret == -ENOMEM)
		return out_of_memory(core->err);
	for (size_t i = 0; !ret && i < dump->nr_ranges; i++)
		if (!is_whole_pages(&dump->ranges[i]))
			ret = -EINVAL;
	if (!ret) {
		merge_ranges(ram);
		for (size_t i = 0; i < ram->nr_ranges; i++)
			core->total += ram->ranges[i].length;
	}
	if (ret || ram->nr_ranges > MAX_SEGMENTS)
		return twinos_fail(
			core->err, TWINOS_ERROR_USAGE, EINVAL,
			"a core can't be made from such ranges of memory");
	return 0;
}

/* ---- what the kernel says of itself --------------------------------------- */

/*
 * The direct map is the lowest mapping of the kernel's half, and its beginning
 * is always mapped: init_mem_mapping() does the first MiB by itself. That its
 * own page tables are in it too shows that it is no other mapping. Both readers
 * take it from a segment's p_vaddr.
 */
static uint64_t find_direct_map(const struct twinos_translation *tr)
{
	uint64_t half = ~0ULL << (tr->levels == 5 ? 56 : 47);
	uint64_t vaddr, paddr, base, back;

	if (twinos_translate_lowest(tr, &vaddr, &paddr))
		return 0;
	base = vaddr - paddr;
	if (base > vaddr || base < half || base % DIRECT_MAP_ALIGN ||
	    twinos_translate(tr, base + tr->top, &back) || back != tr->top)
		return 0;
	return base;
}

static int find_info(struct core *core)
{
	struct twinos_ring ring;
	int ret = twinos_ring_find(&ring, &core->ram, &core->info);

	/* A kernel that hangs this early is worth a dump all the same. */
	if (ret == -EAGAIN || ret == -EILSEQ)
		return 0;
	if (ret)
		return read_failed(core, ret);
	core->result->described = true;
	core->direct_map = find_direct_map(&ring.translation);
	return 0;
}

/* ---- the file's head ------------------------------------------------------ */

static uint64_t note_offset(const struct core *core)
{
	return sizeof(Elf64_Ehdr) +
	       (1 + core->ram.nr_ranges) * sizeof(Elf64_Phdr);
}

/* Padded to words, as both its parts are. */
static uint64_t note_size(const struct core *core)
{
	if (!core->info.length)
		return 0;
	return sizeof(Elf64_Nhdr) + sizeof(note_name) +
	       ((core->info.length + 3) & ~3ULL);
}

/* Pages of memory are pages of the file, or no hole would be where a page is. */
static uint64_t head_size(const struct core *core)
{
	uint64_t size = note_offset(core) + note_size(core);

	return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static void fill_header(const struct core *core, Elf64_Ehdr *header)
{
	memcpy(header->e_ident, ELFMAG, SELFMAG);
	header->e_ident[EI_CLASS] = ELFCLASS64;
	header->e_ident[EI_DATA] = ELFDATA2LSB;
	header->e_ident[EI_VERSION] = EV_CURRENT;
	header->e_type = ET_CORE;
	header->e_machine = EM_X86_64;
	header->e_version = EV_CURRENT;
	header->e_phoff = sizeof(*header);
	header->e_ehsize = sizeof(*header);
	header->e_phentsize = sizeof(Elf64_Phdr);
	header->e_phnum = 1 + core->ram.nr_ranges;
}

static uint64_t virtual_address(const struct core *core,
				const struct twinos_range *range)
{
	uint64_t end;

	if (!core->direct_map ||
	    __builtin_add_overflow(core->direct_map,
				   range->start + range->length, &end) ||
	    end > IMAGE_MAP)
		return 0;
	return core->direct_map + range->start;
}

/* p_align is 0: that is how crash(8) knows a core of kdump's. */
static void fill_segments(const struct core *core, Elf64_Phdr *segment)
{
	uint64_t offset = head_size(core);

	segment->p_type = PT_NOTE;
	segment->p_offset = note_offset(core);
	segment->p_filesz = segment->p_memsz = note_size(core);
	for (size_t i = 0; i < core->ram.nr_ranges; i++) {
		const struct twinos_range *range = &core->ram.ranges[i];

		segment++;
		segment->p_type = PT_LOAD;
		segment->p_flags = PF_R | PF_W | PF_X;
		segment->p_offset = offset;
		segment->p_vaddr = virtual_address(core, range);
		segment->p_paddr = range->start;
		segment->p_filesz = segment->p_memsz = range->length;
		offset += range->length;
	}
}

static void fill_note(const struct core *core, uint8_t *at)
{
	Elf64_Nhdr header = {
		.n_namesz = strlen(note_name) + 1,
		.n_descsz = core->info.length,
	};

	if (!core->info.length)
		return;
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), note_name, sizeof(note_name));
	memcpy(at + sizeof(header) + sizeof(note_name), core->info.text,
	       core->info.length);
}

static int write_at(const struct core *core, const uint8_t *from, size_t len,
		    uint64_t offset)
{
	core->result->stored += len;
	while (len) {
		ssize_t ret = pwrite(core->file, from, len, offset);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return write_failed(core, ret ? errno : EIO);
		from += ret;
		offset += ret;
		len -= ret;
	}
	return 0;
}

static int write_head(const struct core *core)
{
	uint64_t size = head_size(core);
	uint8_t *head = calloc(1, size);
	int ret;

	if (!head)
		return out_of_memory(core->err);
	fill_header(core, (Elf64_Ehdr *)head);
	fill_segments(core, (Elf64_Phdr *)(head + sizeof(Elf64_Ehdr)));
	fill_note(core, head + note_offset(core));
	ret = write_at(core, head, size, 0);
	free(head);
	return ret;
}

/* ---- the memory ----------------------------------------------------------- */

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE_SIZE - 1);
}

/* Pages from @at on that are all like the first one, as bytes. */
static size_t run_length(const uint8_t *at, size_t size, bool zero)
{
	size_t length = PAGE_SIZE;

	while (length < size && is_zero(at + length) == zero)
		length += PAGE_SIZE;
	return length;
}

/* What is not written is a hole, and reads as zero. */
static int write_chunk(const struct core *core, size_t size, uint64_t offset)
{
	int ret = 0;

	for (size_t at = 0, run; !ret && at < size; at += run) {
		const uint8_t *from = core->chunk + at;
		bool zero = is_zero(from);

		run = run_length(from, size - at, zero);
		if (!zero)
			ret = write_at(core, from, run, offset + at);
	}
	return ret;
}

static int tell_progress(struct core *core)
{
	const struct twinos_dump *dump = core->dump;

	if (!dump->progress ||
	    !dump->progress(dump->progress_ctx, core->done, core->total))
		return 0;
	return twinos_fail(core->err, TWINOS_ERROR_SYSTEM, ECANCELED,
			   "the dump was cancelled");
}

static int write_range(struct core *core, const struct twinos_range *range,
		       uint64_t offset)
{
	uint64_t at = 0;
	int ret = 0;

	while (!ret && at < range->length) {
		size_t size = CHUNK_SIZE;

		if (size > range->length - at)
			size = range->length - at;
		ret = twinos_ram_read(&core->ram, range->start + at,
				      core->chunk, size);
		if (ret)
			return read_failed(core, ret);
		ret = write_chunk(core, size, offset + at);
		at += size;
		core->done += size;
		if (!ret)
			ret = tell_progress(core);
	}
	return ret;
}

static int write_memory(struct core *core)
{
	uint64_t offset = head_size(core);
	int ret = 0;

	core->chunk = malloc(CHUNK_SIZE);
	if (!core->chunk)
		return out_of_memory(core->err);
	for (size_t i = 0; !ret && i < core->ram.nr_ranges; i++) {
		const struct twinos_range *range = &core->ram.ranges[i];

		ret = write_range(core, range, offset);
		offset += range->length;
	}
	free(core->chunk);
	/* The last pages may be a hole, which a file can't end with by itself. */
	if (!ret && ftruncate(core->file, offset))
		ret = write_failed(core, errno);
	core->result->bytes = offset;
	return ret;
}

int twinos_core_write(const struct twinos_dump *dump, int file,
		      struct twinos_dump_result *result,
		      struct twinos_error *err)
{
	struct core core = {
		.dump = dump,
		.result = result,
		.err = err,
		.file = file,
	};
	int ret;

	memset(result, 0, sizeof(*result));
	ret = init_ranges(&core);
	if (!ret)
		ret = find_info(&core);
	if (!ret)
		ret = write_head(&core);
	if (!ret)
		ret = write_memory(&core);
	twinos_ram_destroy(&core.ram);
	return ret;
}
