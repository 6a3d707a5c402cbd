// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk DEVICE [SECONDS [SEED [PAUSE_US [FIRST [BLOCKS]]]]] - write to a block device past
 * the page cache, and verify everything that is read back; to BLOCKS of 4096 bytes from
 * number FIRST on
 *
 * Prints "disk written=N verified=N" now and then and at its end, and exits with
 * 1 at the first wrong word. Until SIGTERM without SECONDS.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/fs.h>

#include "job.h"

#define BLOCK 4096
#define WORDS (BLOCK / 8)
#define RUN 16 /* blocks in one request at most */
#define MOST 16384 /* blocks that are used: 64 MiB */

static uint64_t buffer[RUN * WORDS] __attribute__((aligned(BLOCK)));
static uint32_t written[MOST]; /* how many times each block was */
static unsigned long long writes, reads;
static uint64_t seed;
static size_t first_block;

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

static uint64_t word(size_t block, size_t i)
{
	return mix(seed + (block << 32) + ((uint64_t)written[block] << 12) + i);
}

static int failed(const char *what, size_t block)
{
	fprintf(stderr, "disk: %s block %zu: %s\n", what, block,
		strerror(errno));
	return 1;
}

static off_t offset_of(size_t block)
{
	return (off_t)((first_block + block) * BLOCK);
}

static int write_run(int fd, size_t block, size_t n)
{
	for (size_t i = 0; i < n * WORDS; i++) {
		written[block + i / WORDS] += !(i % WORDS);
		buffer[i] = word(block + i / WORDS, i % WORDS);
	}
	if (pwrite(fd, buffer, n * BLOCK, offset_of(block)) !=
	    (ssize_t)(n * BLOCK))
		return failed("can't write", block);
	writes += n;
	return 0;
}

static int verify_block(size_t block, const uint64_t *words)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (words[i] == word(block, i))
			continue;
		fprintf(stderr, "disk: word %zu of block %zu is %#llx\n", i,
			block, (unsigned long long)words[i]);
		return 1;
	}
	reads++;
	return 0;
}

static int read_run(int fd, size_t block, size_t n)
{
	memset(buffer, 0x55, n * BLOCK);
	if (pread(fd, buffer, n * BLOCK, offset_of(block)) !=
	    (ssize_t)(n * BLOCK))
		return failed("can't read", block);
	for (size_t i = 0; i < n; i++)
		if (written[block + i] &&
		    verify_block(block + i, buffer + i * WORDS))
			return 1;
	return 0;
}

static int step(int fd, size_t nr, uint64_t random)
{
	size_t n = 1 + random % RUN;
	size_t block = (random >> 8) % (nr - n + 1);

	return random >> 62 ? read_run(fd, block, n) : write_run(fd, block, n);
}

static int tell(void)
{
	return printf("disk written=%llu verified=%llu\n", writes, reads) < 0;
}

/* How many blocks are used; 0: the device is too small. */
static size_t choose_blocks(int argc, char **argv, uint64_t size)
{
	size_t most = job_number(argc, argv, 6, MOST), nr = size / BLOCK;

	first_block = job_number(argc, argv, 5, 0);
	nr = nr > first_block ? nr - first_block : 0;
	if (most > MOST)
		most = MOST;
	return nr < RUN || most < RUN ? 0 : nr < most ? nr : most;
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_DIRECT) : -1;
	unsigned long pause_us;
	uint64_t size = 0;
	size_t nr;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size)) {
		perror("disk");
		return 2;
	}
	nr = choose_blocks(argc, argv, size);
	if (!nr) {
		fprintf(stderr, "disk: there are no %d such blocks\n", RUN);
		return 2;
	}
	job_begin(job_number(argc, argv, 2, 0));
	seed = mix(job_number(argc, argv, 3, 1));
	pause_us = job_number(argc, argv, 4, 0);
	for (uint64_t i = 1; job_goes_on(); i++) {
		if (pause_us)
			usleep(pause_us);
		if (step(fd, nr, mix(mix(seed + i) + i)) ||
		    (!(i % 64) && tell()))
			return 1;
	}
	return tell() || !reads;
}
