// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cpio.h"

#define HEADER 110 /* "070701" and 13 numbers of 8 hexadecimal digits */
#define ALIGNMENT 4
#define ENTRY_MAX 0x7fffffff

static const struct twinos_cpio_entry trailer = { .name = "TRAILER!!!" };

static size_t padded(size_t length)
{
	return (length + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static size_t name_size(const struct twinos_cpio_entry *entry)
{
	return padded(HEADER + strlen(entry->name) + 1);
}

static int add_size(size_t *sum, const struct twinos_cpio_entry *entry)
{
	if (entry->length > ENTRY_MAX)
		return -EFBIG;
	*sum += name_size(entry) + padded(entry->length);
	return *sum > ENTRY_MAX ? -EFBIG : 0;
}

static void put_header(char *at, const struct twinos_cpio_entry *entry,
		       unsigned int inode)
{
	char header[HEADER + 1];

	/*
	 * Magic, inode, mode, uid, gid, links, mtime, length, the numbers of
	 * the device that it lies on and of the one that it is, name, checksum.
	 */
	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 inode, (unsigned int)entry->mode, 0, 0,
		 S_ISDIR(entry->mode) ? 2 : 1, 0, (unsigned int)entry->length,
		 0, 0, 0, 0, (unsigned int)strlen(entry->name) + 1, 0);
	memcpy(at, header, HEADER);
}

static char *put(char *at, const struct twinos_cpio_entry *entry,
		 unsigned int inode)
{
	put_header(at, entry, inode);
	strcpy(at + HEADER, entry->name);
	at += name_size(entry);
	if (entry->length)
		memcpy(at, entry->data, entry->length);
	return at + padded(entry->length);
}

int twinos_cpio_build(struct twinos_file *archive,
		      const struct twinos_cpio_entry *entries, size_t nr)
{
	size_t size = TWINOS_CPIO_LEAD + name_size(&trailer), i;
	char *at;
	int ret;

	for (i = 0; i < nr; i++) {
		ret = add_size(&size, &entries[i]);
		if (ret)
			return ret;
	}
	/* What is between the entries stays zero. */
	at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	archive->data = at;
	archive->length = size;
	at += TWINOS_CPIO_LEAD;
	for (i = 0; i < nr; i++)
		at = put(at, &entries[i], (unsigned int)i + 1);
	put(at, &trailer, 0);
	return 0;
}
