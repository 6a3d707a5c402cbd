// SPDX-License-Identifier: GPL-2.0-only
/*
 * qcow2 FILE MIB - make an empty disk of MIB MiB (see QEMU's docs/interop/qcow2.txt): of
 * its clusters the first four are the header, a table of the blocks of reference counts,
 * one such block, and a table of 512 MiB each.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLUSTER_BITS 16
#define CLUSTER (1U << CLUSTER_BITS)
#define COVERED_MIB 512 /* by one entry of the last table */
#define CLUSTERS 4

struct header {
	char magic[4];
	uint32_t version;
	uint64_t backing_file_offset;
	uint32_t backing_file_size;
	uint32_t cluster_bits;
	uint64_t size;
	uint32_t encryption;
	uint32_t table_entries;
	uint64_t table;
	uint64_t counts;
	uint32_t counts_clusters;
	uint32_t snapshots;
	uint64_t snapshots_offset;
} __attribute__((packed));

static void fill(char *image, uint64_t mib)
{
	const struct header header = {
		.magic = { 'Q', 'F', 'I', (char)0xfb },
		.version = htobe32(2),
		.cluster_bits = htobe32(CLUSTER_BITS),
		.size = htobe64(mib << 20),
		.table_entries = htobe32(
			(uint32_t)((mib + COVERED_MIB - 1) / COVERED_MIB)),
		.table = htobe64(3 * CLUSTER),
		.counts = htobe64(CLUSTER),
		.counts_clusters = htobe32(1),
	};
	const uint64_t block = htobe64(2 * CLUSTER);
	const uint16_t one = htobe16(1);
	size_t i;

	memcpy(image, &header, sizeof(header));
	memcpy(image + CLUSTER, &block, sizeof(block));
	for (i = 0; i < CLUSTERS; i++)
		memcpy(image + 2 * CLUSTER + i * sizeof(one), &one,
		       sizeof(one));
}

int main(int argc, char **argv)
{
	static char image[CLUSTERS * CLUSTER];
	int fd;

	if (argc != 3)
		return 2;
	fill(image, strtoull(argv[2], NULL, 10));
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, image, sizeof(image)) != sizeof(image) ||
	    close(fd)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
