// SPDX-License-Identifier: LGPL-2.1-or-later
#include <elf.h>
#include <string.h>

#include "executable.h"

static bool read_header(const struct twinos_file *file, Elf64_Ehdr *header)
{
	if (file->length < sizeof(*header))
		return false;
	memcpy(header, file->data, sizeof(*header));
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_machine == EM_X86_64 &&
	       (header->e_type == ET_EXEC || header->e_type == ET_DYN) &&
	       header->e_phentsize == sizeof(Elf64_Phdr) && header->e_phnum;
}

/* All of the table is inside the file. */
static bool has_table(const struct twinos_file *file, const Elf64_Ehdr *header)
{
	size_t size = header->e_phnum * sizeof(Elf64_Phdr);

	return header->e_phoff <= file->length &&
	       size <= file->length - header->e_phoff;
}

enum twinos_executable twinos_executable_kind(const struct twinos_file *file)
{
	const char *at = file->data;
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	size_t i;

	if (!read_header(file, &header) || !has_table(file, &header))
		return TWINOS_EXECUTABLE_NONE;
	at += header.e_phoff;
	for (i = 0; i < header.e_phnum; i++, at += sizeof(segment)) {
		memcpy(&segment, at, sizeof(segment));
		if (segment.p_type == PT_INTERP)
			return TWINOS_EXECUTABLE_DYNAMIC;
	}
	return TWINOS_EXECUTABLE_STATIC;
}
