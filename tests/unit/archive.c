// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "archive.h"

static unsigned int field(const char *header, unsigned int i)
{
	char digits[9] = { 0 };
	unsigned int number;
	int end = 0;

	memcpy(digits, header + 6 + 8 * i, 8);
	assert_int_equal(strspn(digits, "0123456789ABCDEFabcdef"), 8);
	assert_int_equal(sscanf(digits, "%x%n", &number, &end), 1);
	assert_int_equal(end, 8);
	return number;
}

static size_t aligned(size_t offset)
{
	return (offset + 3) / 4 * 4;
}

bool archive_next(const struct twinos_file *archive, size_t *offset,
		  struct archive_entry *entry)
{
	const char *data = archive->data, *header = data + *offset;
	size_t name_size;

	assert_int_equal(*offset % 4, 0);
	assert_true(*offset + 110 <= archive->length);
	assert_memory_equal(header, "070701", 6);
	entry->mode = field(header, 1);
	entry->links = field(header, 4);
	entry->length = field(header, 6);
	name_size = field(header, 11);
	assert_int_equal(field(header, 12), 0);
	assert_in_range(name_size, 2, sizeof(entry->name));
	assert_true(*offset + 110 + name_size <= archive->length);
	memcpy(entry->name, header + 110, name_size);
	assert_int_equal(strlen(entry->name), name_size - 1);
	*offset = aligned(*offset + 110 + name_size);
	entry->data = data + *offset;
	*offset = aligned(*offset + entry->length);
	assert_true(*offset <= archive->length);
	return strcmp(entry->name, "TRAILER!!!") != 0;
}

size_t archive_first(const struct twinos_file *archive)
{
	assert_memory_equal(archive->data, "\0\0\0\0", 4);
	return 4;
}
