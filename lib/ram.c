// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ram.h"

int twinos_read_fd(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const int *fd = ctx;
	char *to = buf;

	while (len) {
		ssize_t ret = pread(*fd, to, len, addr);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : -EIO;
		to += ret;
		addr += ret;
		len -= ret;
	}
	return 0;
}

static bool is_sane(const struct twinos_range *range)
{
	uint64_t end;

	return range->length &&
	       !__builtin_add_overflow(range->start, range->length, &end);
}

int twinos_ram_init(struct twinos_ram *ram, const struct twinos_range *ranges,
		    size_t nr_ranges, twinos_read_fn read, void *ctx)
{
	if (!nr_ranges)
		return -EINVAL;
	for (size_t i = 0; i < nr_ranges; i++)
		if (!is_sane(&ranges[i]))
			return -EINVAL;

	ram->ranges = calloc(nr_ranges, sizeof(*ranges));
	if (!ram->ranges)
		return -ENOMEM;
	memcpy(ram->ranges, ranges, nr_ranges * sizeof(*ranges));
	ram->nr_ranges = nr_ranges;
	ram->read = read;
	ram->ctx = ctx;
	return 0;
}

void twinos_ram_destroy(struct twinos_ram *ram)
{
	free(ram->ranges);
}

/* How many bytes from @addr on are in the range that holds it; 0: none does. */
static uint64_t bytes_from(const struct twinos_ram *ram, uint64_t addr)
{
	for (size_t i = 0; i < ram->nr_ranges; i++) {
		const struct twinos_range *range = &ram->ranges[i];

		if (addr >= range->start && addr - range->start < range->length)
			return range->length - (addr - range->start);
	}
	return 0;
}

int twinos_ram_read(const struct twinos_ram *ram, uint64_t addr, void *buf,
		    size_t len)
{
	uint8_t *to = buf;

	while (len) {
		uint64_t part = bytes_from(ram, addr);
		int ret;

		if (!part)
			return -EFAULT;
		if (part > len)
			part = len;
		ret = ram->read(ram->ctx, addr, to, part);
		if (ret)
			return ret;
		addr += part;
		to += part;
		len -= part;
	}
	return 0;
}
