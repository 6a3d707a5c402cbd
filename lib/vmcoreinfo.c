// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmcoreinfo.h"

/* kernel/crash_core.c (since 6.9 kernel/vmcore_info.c) writes this line first. */
static const char first_key[] = "OSRELEASE=";

/* Big enough to make system calls rare, small enough for the caches. */
#define CHUNK_SIZE (1U << 20)

/*
 * A kernel has one such page and kdump may add a copy. More of them than this
 * is a twin that wants to keep us busy.
 */
#define MAX_CANDIDATES 256

struct scan {
	const struct twinos_ram *ram;
	twinos_vmcoreinfo_fn fn;
	void *ctx;
	uint8_t *chunk;
	unsigned int nr_candidates;
};

/* Cut the text behind its last whole line. */
static size_t whole_lines(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	while (length && text[length - 1] != '\n')
		length--;
	return length;
}

static int try_page(struct scan *scan, uint64_t addr, const uint8_t *page)
{
	struct twinos_vmcoreinfo info = { .addr = addr };

	if (memcmp(page, first_key, strlen(first_key)) != 0)
		return 0;
	if (++scan->nr_candidates > MAX_CANDIDATES)
		return -EILSEQ;
	memcpy(info.text, page, sizeof(info.text));
	info.length = whole_lines(info.text, sizeof(info.text));
	return scan->fn(scan->ctx, &info);
}

static int scan_chunk(struct scan *scan, uint64_t start, size_t size)
{
	int ret = twinos_ram_read(scan->ram, start, scan->chunk, size);

	while (!ret && size) {
		size -= TWINOS_VMCOREINFO_SIZE;
		ret = try_page(scan, start + size, scan->chunk + size);
	}
	return ret;
}

static int scan_range(struct scan *scan, const struct twinos_range *range)
{
	uint64_t mask = TWINOS_VMCOREINFO_SIZE - 1;
	uint64_t start = (range->start + mask) & ~mask;
	uint64_t end = (range->start + range->length) & ~mask;
	int ret = 0;

	/* Rounding up may have wrapped or passed the end of a tiny range. */
	if (start < range->start)
		return 0;
	while (!ret && end > start) {
		size_t size = CHUNK_SIZE;

		if (size > end - start)
			size = end - start;
		end -= size;
		ret = scan_chunk(scan, end, size);
	}
	return ret;
}

/* The range with the highest start below @limit, NULL if there is none. */
static const struct twinos_range *next_lower(const struct twinos_ram *ram,
					     uint64_t limit)
{
	const struct twinos_range *found = NULL;

	for (size_t i = 0; i < ram->nr_ranges; i++) {
		const struct twinos_range *range = &ram->ranges[i];

		if (range->start < limit &&
		    (!found || range->start > found->start))
			found = range;
	}
	return found;
}

int twinos_vmcoreinfo_scan(const struct twinos_ram *ram,
			   twinos_vmcoreinfo_fn fn, void *ctx)
{
	struct scan scan = { .ram = ram, .fn = fn, .ctx = ctx };
	const struct twinos_range *range = next_lower(ram, UINT64_MAX);
	int ret = 0;

	scan.chunk = malloc(CHUNK_SIZE);
	if (!scan.chunk)
		return -ENOMEM;
	while (!ret && range) {
		ret = scan_range(&scan, range);
		range = next_lower(ram, range->start);
	}
	free(scan.chunk);
	return ret;
}

/* The value of the line that starts with @key and '=', NULL if there is none. */
static const char *find_value(const struct twinos_vmcoreinfo *info,
			      const char *key, size_t *length)
{
	size_t key_length = strlen(key);
	const char *line = info->text;
	const char *end = info->text + info->length;

	while (line < end) {
		const char *newline = memchr(line, '\n', end - line);
		size_t line_length = newline - line;

		if (line_length > key_length &&
		    !memcmp(line, key, key_length) && line[key_length] == '=') {
			*length = line_length - key_length - 1;
			return line + key_length + 1;
		}
		line = newline + 1;
	}
	return NULL;
}

static unsigned int base_of(const char *key)
{
	if (!strncmp(key, "SYMBOL(", 7) || !strcmp(key, "KERNELOFFSET"))
		return 16;
	return 10;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int parse_digits(const char *text, size_t length, unsigned int base,
			uint64_t *value)
{
	*value = 0;
	if (!length)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		int digit = digit_value(text[i]);

		if (digit < 0 || (unsigned int)digit >= base ||
		    __builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return -EINVAL;
	}
	return 0;
}

int twinos_vmcoreinfo_get(const struct twinos_vmcoreinfo *info, const char *key,
			  uint64_t *value)
{
	size_t length;
	const char *text = find_value(info, key, &length);
	bool negative;
	int ret;

	if (!text)
		return -ENOENT;
	negative = length && *text == '-';
	ret = parse_digits(text + negative, length - negative, base_of(key),
			   value);
	if (!ret && negative)
		*value = -*value;
	return ret;
}
