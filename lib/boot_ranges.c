// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/twinos.h>

#include "boot_ranges.h"
#include "error.h"

#define CMDLINE_MAX 8192

/* The kernel's memparse(): a number with a unit; false if there is none. */
static bool parse_size(const char **text, uint64_t *size)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*size = strtoull(*text, &end, 0);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end & ~0x20) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unit - units + 1);

		if (*size > UINT64_MAX >> shift)
			return false;
		*size <<= shift;
		end++;
	}
	*text = end;
	return true;
}

/* One SIZE$ADDR; other kinds of memmap= are of no interest here. */
static bool parse_one(const char **text, struct twinos_range *range)
{
	uint64_t size, start, end;

	if (!parse_size(text, &size) || **text != '$')
		return false;
	++*text;
	if (!parse_size(text, &start) ||
	    __builtin_add_overflow(start, size, &end) ||
	    start > UINT64_MAX - TWINOS_RANGE_ALIGN)
		return false;
	start = (start + TWINOS_RANGE_ALIGN - 1) &
		-(uint64_t)TWINOS_RANGE_ALIGN;
	end &= -(uint64_t)TWINOS_RANGE_ALIGN;
	if (end <= start)
		return false;
	*range = (struct twinos_range){ .start = start,
					.length = end - start,
					.kind = TWINOS_MEMORY_RESERVED };
	return true;
}

size_t twinos_boot_ranges_parse(const char *cmdline,
				struct twinos_range *ranges, size_t max)
{
	static const char key[] = "memmap=";
	const char *at = cmdline;
	size_t nr = 0;

	while (nr < max && (at = strstr(at, key))) {
		bool first = at == cmdline || at[-1] == ' ';

		at += strlen(key);
		while (first && nr < max) {
			nr += parse_one(&at, &ranges[nr]);
			at += strcspn(at, ", \n");
			if (*at != ',')
				break;
			at++;
		}
	}
	return nr;
}

static int read_cmdline(char *cmdline, size_t size, struct twinos_error *err)
{
	ssize_t length;
	int fd;

	fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, errno,
				   "can't read /proc/cmdline: %s",
				   strerror(errno));
	length = read(fd, cmdline, size - 1);
	close(fd);
	cmdline[length > 0 ? length : 0] = '\0';
	return 0;
}

/* Takes @used out of @ranges; a hole in the middle makes two of one. */
static size_t subtract(struct twinos_range *ranges, size_t nr, size_t max,
		       const struct twinos_range *used)
{
	uint64_t from = used->start, to = used->start + used->length, end;
	size_t i, count = nr;

	for (i = 0; i < nr; i++) {
		end = ranges[i].start + ranges[i].length;
		if (from >= end || to <= ranges[i].start)
			continue;
		if (to < end && count < max) {
			ranges[count] = ranges[i];
			ranges[count].start = to;
			ranges[count++].length = end - to;
		}
		ranges[i].length =
			from > ranges[i].start ? from - ranges[i].start : 0;
	}
	return count;
}

static int by_length(const void *a, const void *b)
{
	const struct twinos_range *x = a, *y = b;

	return (x->length < y->length) - (x->length > y->length);
}

ssize_t twinos_boot_ranges_free(struct twinos_range *ranges, size_t max,
				struct twinos_error *err)
{
	struct twinos_status *list;
	char cmdline[CMDLINE_MAX];
	size_t nr, nr_twins, i, j;
	int ret;

	ret = read_cmdline(cmdline, sizeof(cmdline), err);
	if (ret)
		return ret;
	ret = twinos_list(&list, &nr_twins, err);
	if (ret)
		return ret;
	nr = twinos_boot_ranges_parse(cmdline, ranges, max);
	for (i = 0; i < nr_twins; i++)
		for (j = 0; j < list[i].nr_ranges; j++)
			nr = subtract(ranges, nr, max, &list[i].ranges[j]);
	twinos_list_free(list, nr_twins);

	qsort(ranges, nr, sizeof(*ranges), by_length);
	while (nr && !ranges[nr - 1].length)
		nr--;
	return nr;
}
