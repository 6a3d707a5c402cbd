// SPDX-License-Identifier: LGPL-2.1-or-later
/* Offsets are those of the PE Format document of Microsoft. */
#include "le.h"
#include "pe.h"

#define PE_OFFSET 0x3c /* of the offset of the PE header, in the MZ header */
#define PE_OPTIONAL 24 /* of the optional header, in the PE header */
#define PE32_PLUS 0x20b
#define PE_NR_DIRECTORIES 108 /* in the optional header of PE32+ */
#define PE_CERTIFICATES 144 /* directory 4: offset in the file, length */
#define PE_CERTIFICATES_END 152

/* The PE header with at least @need bytes, or NULL. */
static const uint8_t *pe_header(const uint8_t *data, size_t length, size_t need)
{
	uint32_t offset;

	if (length < PE_OFFSET + 4 || memcmp(data, "MZ", 2))
		return NULL;
	offset = twinos_le32(data + PE_OFFSET);
	if (offset > length || length - offset < need ||
	    memcmp(data + offset, "PE\0", 4))
		return NULL;
	return data + offset;
}

uint16_t twinos_pe_machine(const void *data, size_t length)
{
	const uint8_t *pe = pe_header(data, length, PE_OPTIONAL);

	return pe ? twinos_le16(pe + 4) : 0;
}

uint64_t twinos_pe_end(const void *data, size_t length)
{
	const uint8_t *pe =
		pe_header(data, length, PE_OPTIONAL + PE_CERTIFICATES_END);

	if (!pe)
		return 0;
	pe += PE_OPTIONAL;
	if (twinos_le16(pe) != PE32_PLUS ||
	    twinos_le32(pe + PE_NR_DIRECTORIES) < 5)
		return 0;
	return (uint64_t)twinos_le32(pe + PE_CERTIFICATES) +
	       twinos_le32(pe + PE_CERTIFICATES + 4);
}
