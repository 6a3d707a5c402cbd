// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iomem.h"

#define RANGES_MAX 4096
#define FIRMWARE "/sys/firmware/memmap"

static int add(struct twinos_iomem *map, uint64_t start, uint64_t last,
	       const char *name)
{
	struct twinos_iomem_range *grown;

	if (last < start || last == UINT64_MAX || map->nr_ranges == RANGES_MAX)
		return 0;
	grown = reallocarray(map->ranges, map->nr_ranges + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	map->ranges = grown;
	grown += map->nr_ranges++;
	grown->start = start;
	grown->end = last + 1;
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	return 0;
}

/* Lines of inner levels are indented. Who may not see addresses sees zeros. */
static int parse(struct twinos_iomem *map, char *text)
{
	uint64_t start, last, any = 0;
	char *line, *name;
	int ret = 0;

	while (!ret && (line = strsep(&text, "\n"))) {
		if (*line == ' ' || !(name = strstr(line, " : ")) ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &last) != 2)
			continue;
		any |= last;
		ret = add(map, start, last, name + 3);
	}
	if (!ret && !any)
		ret = map->nr_ranges ? -EACCES : -ENODATA;
	return ret;
}

int twinos_iomem_load(struct twinos_iomem *map, const struct twinos_hostfs *fs)
{
	char *text = twinos_hostfs_read(fs, "/proc/iomem");
	int ret;

	memset(map, 0, sizeof(*map));
	if (!text)
		return -errno;
	ret = parse(map, text);
	free(text);
	if (ret)
		twinos_iomem_free(map);
	return ret;
}

static int add_firmware(struct twinos_iomem *map,
			const struct twinos_hostfs *fs, const char *entry)
{
	uint64_t start, last;
	char path[128], name[32];
	int ret;

	snprintf(path, sizeof(path), FIRMWARE "/%.40s/start", entry);
	ret = twinos_hostfs_number(fs, path, &start);
	snprintf(path, sizeof(path), FIRMWARE "/%.40s/end", entry);
	if (!ret)
		ret = twinos_hostfs_number(fs, path, &last);
	snprintf(path, sizeof(path), FIRMWARE "/%.40s/type", entry);
	if (!ret)
		ret = twinos_hostfs_line(fs, path, name, sizeof(name));
	return ret ? ret : add(map, start, last, name);
}

int twinos_iomem_load_firmware(struct twinos_iomem *map,
			       const struct twinos_hostfs *fs)
{
	char **names;
	ssize_t nr, i;
	int ret = 0;

	memset(map, 0, sizeof(*map));
	nr = twinos_hostfs_list(fs, FIRMWARE, &names);
	if (nr < 0)
		return (int)nr;
	for (i = 0; i < nr && !ret; i++)
		ret = add_firmware(map, fs, names[i]);
	free(names);
	if (!ret && !map->nr_ranges)
		ret = -ENODATA;
	if (ret)
		twinos_iomem_free(map);
	return ret;
}

void twinos_iomem_free(struct twinos_iomem *map)
{
	free(map->ranges);
	memset(map, 0, sizeof(*map));
}

static const struct twinos_iomem_range *find(const struct twinos_iomem *map,
					     const char *name, uint64_t at)
{
	size_t i;

	for (i = 0; i < map->nr_ranges; i++)
		if (!strcasecmp(map->ranges[i].name, name) &&
		    map->ranges[i].start <= at && at < map->ranges[i].end)
			return &map->ranges[i];
	return NULL;
}

bool twinos_iomem_covers(const struct twinos_iomem *map, const char *name,
			 uint64_t start, uint64_t end)
{
	const struct twinos_iomem_range *range;

	while (start < end) {
		range = find(map, name, start);
		if (!range)
			return false;
		start = range->end;
	}
	return true;
}

static uint64_t overlap(const struct twinos_iomem_range *range, uint64_t start,
			uint64_t end)
{
	if (start < range->start)
		start = range->start;
	if (end > range->end)
		end = range->end;
	return start < end ? end - start : 0;
}

uint64_t twinos_iomem_within(const struct twinos_iomem *map, const char *name,
			     uint64_t start, uint64_t end)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < map->nr_ranges; i++)
		if (!strcasecmp(map->ranges[i].name, name))
			bytes += overlap(&map->ranges[i], start, end);
	return bytes;
}
