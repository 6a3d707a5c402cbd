// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_memory RESERVED NOWHERE DISK - memory that can't be had, mapped or read
 *
 * RESERVED and NOWHERE are addresses, multiples of 2 MiB, that the host was told at
 * boot to leave alone, 16 MiB each: at RESERVED there is RAM, at NOWHERE there is not.
 * DISK may be written to.
 * TAP on standard output.
 */
#include <limits.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "ioctl.h"

#define RESERVED_LENGTH (8 * RANGE)

static uint64_t reserved, nowhere;
static const char *disk;

static const unsigned int all_kinds[] = { TWINOS_MEMORY_LOW,
					  TWINOS_MEMORY_RESERVED,
					  TWINOS_MEMORY_CONTIG };

struct wrong {
	const char *what;
	int want;
	uint64_t length, min, max, start;
};

static void try_all(int owner, unsigned int kind, const struct wrong *wrong,
		    size_t nr)
{
	uint64_t start;
	size_t i;

	for (i = 0; i < nr; i++) {
		start = wrong[i].start;
		expect(add(owner, kind, wrong[i].length, wrong[i].min,
			   wrong[i].max, &start),
		       wrong[i].want, "%s", wrong[i].what);
	}
}

static void test_kinds(int device)
{
	static const unsigned int kinds[] = { 3, 4, 0x100, 1U << 31, UINT_MAX };
	int owner = create(device, "kinds");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		expect(add(owner, kinds[i], RANGE, 0, UINT64_MAX, NULL), EINVAL,
		       "memory of kind %#x", kinds[i]);
	close(owner);
}

static void test_low(int device)
{
	static const struct wrong wrong[] = {
		{ "low: no bytes", EINVAL, 0, 0, 0, 0 },
		{ "low: too few", EINVAL, TWINOS_LOW_MIN - 4096, 0, 0, 0 },
		{ "low: too many", EINVAL, TWINOS_LOW_MAX + 4096, 0, 0, 0 },
		{ "low: half a page", EINVAL, TWINOS_LOW_MIN + 2048, 0, 0, 0 },
		{ "low: a byte", EINVAL, TWINOS_LOW_MIN + 1, 0, 0, 0 },
		{ "low: 2^64 - 4096", EINVAL, -4096ULL, 0, 0, 0 },
		{ "low: a minimum", EINVAL, TWINOS_LOW_MIN, 1, 0, 0 },
		{ "low: a maximum", EINVAL, TWINOS_LOW_MIN, 0, 1, 0 },
		{ "low: a start", EINVAL, TWINOS_LOW_MIN, 0, 0, 0x20000 },
		{ "low: good", 0, TWINOS_LOW_MIN, 0, 0, 0 },
		{ "low: another", EEXIST, TWINOS_LOW_MIN, 0, 0, 0 },
	};
	int owner = create(device, "low");

	try_all(owner, TWINOS_MEMORY_LOW, wrong, ARRAY_SIZE(wrong));
	close(owner);
}

static void test_contig(int device)
{
	static const uint64_t max = UINT64_MAX, tib = 1ULL << 40;
	const struct wrong wrong[] = {
		{ "contig: no bytes", EINVAL, 0, 0, max, 0 },
		{ "contig: a page", EINVAL, 4096, 0, max, 0 },
		{ "contig: a page more", EINVAL, RANGE + 4096, 0, max, 0 },
		{ "contig: a byte less", EINVAL, RANGE - 1, 0, max, 0 },
		{ "contig: 2^64 - 2 MiB", ENOMEM, -RANGE, 0, max, 0 },
		{ "contig: 2^63", ENOMEM, 1ULL << 63, 0, max, 0 },
		{ "contig: 1 TiB", ENOMEM, tib, 0, max, 0 },
		{ "contig: a start", EINVAL, RANGE, 0, max, 64 * RANGE },
		{ "contig: a small start", EINVAL, RANGE, 0, max, 1 },
		{ "contig: min above max", EINVAL, RANGE, tib, tib - 1, 0 },
		{ "contig: no maximum", EINVAL, RANGE, 0, 0, 0 },
		{ "contig: no room", EINVAL, RANGE, RANGE, 2 * RANGE - 2, 0 },
		{ "contig: the lowest", ENOMEM, RANGE, 0, RANGE - 1, 0 },
		{ "contig: unaligned room", ENOMEM, RANGE, 64 * RANGE + 4096,
		  66 * RANGE - 4097, 0 },
		{ "contig: beyond memory", ENOMEM, RANGE, tib, max, 0 },
		{ "contig: at the end", ENOMEM, RANGE, -RANGE, max, 0 },
	};
	int owner = create(device, "contig");
	uint64_t start = 0;

	try_all(owner, TWINOS_MEMORY_CONTIG, wrong, ARRAY_SIZE(wrong));
	expect(add(owner, TWINOS_MEMORY_CONTIG, 2 * RANGE, 0x8000000,
		   0x3fffffff, &start),
	       0, "contig: good");
	check(start >= 0x8000000 && start + 2 * RANGE - 1 <= 0x3fffffff &&
		      start % RANGE == 0,
	      "contig: where it was wanted");
	close(owner);
}

static void test_reserved(int device)
{
	const uint64_t max = UINT64_MAX, length = RESERVED_LENGTH;
	const struct wrong wrong[] = {
		{ "reserved: no bytes", EINVAL, 0, 0, max, reserved },
		{ "reserved: a page", EINVAL, 4096, 0, max, reserved },
		{ "reserved: not aligned", EINVAL, RANGE, 0, max,
		  reserved + 4096 },
		{ "reserved: below min", EINVAL, RANGE, reserved + RANGE, max,
		  reserved },
		{ "reserved: above max", EINVAL, RANGE, 0, reserved + RANGE - 2,
		  reserved },
		{ "reserved: wraps", EINVAL, 2 * RANGE, 0, max, -RANGE },
		{ "reserved: 2^63", EINVAL, 1ULL << 63, 0, max, 1ULL << 63 },
		{ "reserved: the host's", EADDRNOTAVAIL, RANGE, 0, max,
		  64 * RANGE },
		{ "reserved: address 0", EADDRNOTAVAIL, RANGE, 0, max, 0 },
		{ "reserved: begins before", EADDRNOTAVAIL, 2 * RANGE, 0, max,
		  reserved - RANGE },
		{ "reserved: ends behind", EADDRNOTAVAIL, length + RANGE, 0,
		  max, reserved },
		{ "reserved: 1 TiB", EADDRNOTAVAIL, 1ULL << 40, 0, max,
		  reserved },
		{ "reserved: where nothing is", EADDRNOTAVAIL, RANGE, 0, max,
		  nowhere },
		{ "reserved: beyond all", EADDRNOTAVAIL, RANGE, 0, max,
		  1ULL << 53 },
		{ "reserved: good", 0, 2 * RANGE, 0, max, reserved + RANGE },
		{ "reserved: again", EBUSY, 2 * RANGE, 0, max,
		  reserved + RANGE },
		{ "reserved: a part again", EBUSY, length, 0, max, reserved },
		{ "reserved: before it", 0, RANGE, 0, max, reserved },
	};
	int owner = create(device, "reserved"), other = create(device, "other");
	uint64_t start = reserved + 2 * RANGE;

	try_all(owner, TWINOS_MEMORY_RESERVED, wrong, ARRAY_SIZE(wrong));
	expect(add(other, TWINOS_MEMORY_RESERVED, RANGE, 0, max, &start), EBUSY,
	       "reserved: another twin's");
	close(owner);
	expect(add(other, TWINOS_MEMORY_RESERVED, RANGE, 0, max, &start), 0,
	       "reserved: free again");
	close(other);
}

static bool all_zero(const uint64_t *words, uint64_t length)
{
	for (uint64_t i = 0; i < length / sizeof(*words); i++)
		if (words[i])
			return false;
	return true;
}

static char *map_range(int owner, uint64_t start, uint64_t length)
{
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
			    owner, start);

	if (memory == MAP_FAILED)
		must(-1, "map memory");
	return memory;
}

/* struct taken - a range of each kind, and a map of it */
struct taken {
	uint64_t start, length;
	char *memory;
};

static struct taken take(int owner, unsigned int kind)
{
	bool low = kind == TWINOS_MEMORY_LOW;
	struct taken taken = {
		.start = kind == TWINOS_MEMORY_RESERVED ? reserved : 0,
		.length = low ? TWINOS_LOW_MIN : RANGE,
	};

	must(add(owner, kind, taken.length, 0, low ? 0 : UINT64_MAX,
		 &taken.start),
	     "take memory");
	taken.memory = map_range(owner, taken.start, taken.length);
	return taken;
}

/* What one twin wrote the next one must not see. */
static void test_zeroed(int device)
{
	struct taken taken;
	size_t i;

	for (i = 0; i < 2 * ARRAY_SIZE(all_kinds); i++) {
		unsigned int kind = all_kinds[i / 2];
		int owner = create(device, "zeroed");

		taken = take(owner, kind);
		check(all_zero((uint64_t *)taken.memory, taken.length),
		      "memory of kind %u comes zeroed, time %zu", kind,
		      i % 2 + 1);
		memset(taken.memory, 0xa5, taken.length);
		munmap(taken.memory, taken.length);
		close(owner);
	}
}

#define DIRECT 0x8000 /* bytes */

static void fill_pattern(char *to, unsigned int seed)
{
	for (size_t i = 0; i < DIRECT; i++)
		to[i] = (char)(i * 31 + i / 251 + seed);
}

/* A device reads and writes the memory itself. */
static void use_directly(int fd, unsigned int kind, const struct taken *taken)
{
	char *at = taken->memory + taken->length - DIRECT, wanted[DIRECT];

	fill_pattern(wanted, kind);
	memcpy(at, wanted, DIRECT);
	check(pwrite(fd, at, DIRECT, 0) == DIRECT,
	      "the disk is written from memory of kind %u", kind);
	memset(at, 0, DIRECT);
	check(pread(fd, at, DIRECT, 0) == DIRECT,
	      "the disk is read to memory of kind %u", kind);
	check(!memcmp(at, wanted, DIRECT), "what was written was read");
}

static void test_direct(int device)
{
	int fd = must(open(disk, O_RDWR | O_DIRECT | O_CLOEXEC), "open a disk");
	struct taken taken;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_kinds); i++) {
		int owner = create(device, "direct");

		taken = take(owner, all_kinds[i]);
		use_directly(fd, all_kinds[i], &taken);
		munmap(taken.memory, taken.length);
		close(owner);
	}
	close(fd);
}

/* As an answer that is still to come would: a pipe holds one page of it. */
static void hold_page(int device, unsigned int kind, const int *pipes,
		      struct taken *taken)
{
	int owner = create(device, "held");
	struct iovec page;

	*taken = take(owner, kind);
	page = (struct iovec){ taken->memory + taken->length / 2, 4096 };
	memset(page.iov_base, 0x5a, page.iov_len);
	check(vmsplice(pipes[1], &page, 1, 0) == 4096,
	      "a page of kind %u can be held", kind);
	munmap(taken->memory, taken->length);
	close(owner);
}

static bool get_page(const int *pipes)
{
	char got[4096], wanted[4096];

	memset(wanted, 0x5a, sizeof(wanted));
	return read(pipes[0], got, sizeof(got)) == sizeof(got) &&
	       !memcmp(got, wanted, sizeof(got));
}

/* Free at the latest a few looks later. */
static bool comes_back(int device, uint64_t start)
{
	int owner = create(device, "after"), ret = -1;
	unsigned int try;

	for (try = 0; try < 100 && ret; try++) {
		ret = add(owner, TWINOS_MEMORY_RESERVED, RANGE, 0, UINT64_MAX,
			  &start);
		usleep(ret ? 100000 : 0);
	}
	close(owner);
	return !ret;
}

static void test_held(int device)
{
	struct taken taken;
	int pipes[2], other;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_kinds); i++) {
		must(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), "pipe");
		hold_page(device, all_kinds[i], pipes, &taken);
		check(!count_twins(), "the twin is gone");
		other = create(device, "next");
		if (all_kinds[i] == TWINOS_MEMORY_RESERVED)
			expect(add(other, TWINOS_MEMORY_RESERVED, RANGE, 0,
				   UINT64_MAX, &taken.start),
			       EBUSY, "its memory is not free yet");
		close(other);
		usleep(200000);
		check(get_page(pipes), "what is held is as it was");
		if (all_kinds[i] == TWINOS_MEMORY_RESERVED)
			check(comes_back(device, taken.start),
			      "then its memory is");
		close(pipes[0]);
		close(pipes[1]);
	}
}

static void no_map(int fd, uint64_t length, int flags, uint64_t offset,
		   const char *what)
{
	/* Not through mmap(), which checks the offset itself. */
	long ret =
		syscall(SYS_mmap, NULL, length, PROT_READ, flags, fd, offset);

	check(ret == -1 && errno != EFAULT, "no map %s", what);
}

static void test_mmap(int device)
{
	int owner = create(device, "mmap"), observer = observe(device, "mmap");
	uint64_t start = 0;
	char *memory;

	no_map(owner, 4096, MAP_SHARED, 0x100000, "without memory");
	must(add_contig(owner, RANGE, &start), "take memory");
	no_map(owner, 4096, MAP_PRIVATE, start, "that is private");
	no_map(owner, 0, MAP_SHARED, start, "of no bytes");
	no_map(owner, 4096, MAP_SHARED, start + 1, "that is not aligned");
	no_map(owner, 4096, MAP_SHARED, start - 4096, "before the range");
	no_map(owner, 8192, MAP_SHARED, start - 4096, "that begins before it");
	no_map(owner, RANGE + 4096, MAP_SHARED, start, "that ends behind it");
	no_map(owner, 4096, MAP_SHARED, start + RANGE, "behind it");
	no_map(owner, 4096, MAP_SHARED, 0, "at 0");
	no_map(owner, 4096, MAP_SHARED, 1ULL << 63, "at 2^63");
	no_map(owner, 4096, MAP_SHARED, -4096ULL, "of the last page");
	no_map(owner, 8192, MAP_SHARED, -4096ULL, "that wraps");
	no_map(owner, 1ULL << 46, MAP_SHARED, start, "of 64 TiB");
	no_map(observer, 4096, MAP_SHARED, start, "of an observer");

	memory = map_range(owner, start, RANGE);
	check(mremap(memory, RANGE, 2 * RANGE, MREMAP_MAYMOVE) == MAP_FAILED,
	      "a map does not grow");
	check(!munmap(memory + RANGE / 2, RANGE / 2), "a map shrinks");
	memory[RANGE / 2 - 1] = 1;
	munmap(memory, RANGE / 2);
	close(observer);
	close(owner);
}

#define ROOM (1UL << 32)

static void test_read(int device)
{
	int owner = create(device, "read"), observer = observe(device, "read");
	char *edge = edge_page(PROT_READ | PROT_WRITE), *memory;
	uint64_t start = 0, last;
	char *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(pread(observer, edge, 1, 0x100000), ENODEV,
	       "a read without memory");
	must(add_contig(owner, RANGE, &start), "take memory");
	last = start + RANGE - 4096;
	memory = map_range(owner, start, RANGE);
	memset(memory, 0xa5, RANGE);
	check(pread(observer, edge, 4096, start) == 4096 &&
		      !memcmp(edge, memory, 4096),
	      "a read sees what the owner wrote");
	check(pread(observer, edge, 4096, last + 4095) == 1,
	      "a read at the end is short");
	expect(pread(observer, edge, SSIZE_MAX, last), EFAULT,
	       "a read of 2^63 - 1 bytes");
	check(pread(observer, room, ROOM, last) == 4096,
	      "a read of 4 GiB at the end is short");
	check(pread(observer, edge, 0, start) == 0, "a read of no bytes");
	check(pread(observer, edge + 4095, 4096, start) <= 1,
	      "a read to the edge of memory");
	expect(pread(observer, edge, 1, start + RANGE), EFAULT,
	       "a read behind the range");
	expect(pread(observer, edge, 4096, start - 1), EFAULT,
	       "a read that begins before it");
	expect(pread(observer, edge, 1, 0), EFAULT, "a read at 0");
	expect(pread(observer, edge, 1, INT64_MAX - 1), EFAULT,
	       "a read at 2^63 - 2");
	expect(pread(observer, edge, 1, -1), EINVAL, "a read at -1");
	expect(pread(observer, edge, 1, INT64_MIN), EINVAL, "a read at -2^63");
	expect(pread(observer, edge + 4096, 4096, start), EFAULT,
	       "a read to no memory");
	expect(pread(observer, KERNEL_ADDRESS, 4096, start), EFAULT,
	       "a read to the kernel's memory");
	munmap(memory, RANGE);
	close(owner);
	expect(pread(observer, edge, 1, start), ENODEV,
	       "a read when the twin is gone");
	munmap(room, ROOM);
	munmap(edge, TWINOS_PAGE_SIZE);
	close(observer);
}

static void no_memory_fds(int owner, uint64_t start)
{
	const uint64_t starts[] = { 0,
				    1,
				    start - 4096,
				    start - 1,
				    start + 1,
				    start + 4096,
				    start + RANGE,
				    1ULL << 63,
				    UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		expect(memory_fd_flags(owner, starts[i], 0), EADDRNOTAVAIL,
		       "no memory fd at %#llx", (unsigned long long)starts[i]);
}

static void test_no_memory_fd(int device)
{
	int owner = create(device, "memfd"), fd;
	uint64_t start = 0;

	expect(memory_fd_flags(owner, RANGE, 0), EADDRNOTAVAIL,
	       "no memory fd without memory");
	must(add_contig(owner, RANGE, &start), "take memory");
	no_memory_fds(owner, start);
	fd = memory_fd(owner, start);
	no_map(fd, 4096, MAP_PRIVATE, 0, "of a memory fd that is private");
	no_map(fd, RANGE + 4096, MAP_SHARED, 0, "beyond a memory fd");
	no_map(fd, 4096, MAP_SHARED, RANGE, "behind a memory fd");
	no_map(fd, 8192, MAP_SHARED, RANGE - 4096, "at its end");
	no_map(fd, 4096, MAP_SHARED, -4096ULL, "of its last page");
	no_map(fd, 8192, MAP_SHARED, -4096ULL, "of it that wraps");
	no_map(fd, 4096, MAP_SHARED, 1ULL << 63, "of it at 2^63");
	no_map(fd, 4096, MAP_SHARED, start, "of it by address");
	close(fd);
	close(owner);
}

static void test_memory_fd(int device)
{
	struct taken taken;
	char page[4096], *memory;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_kinds); i++) {
		int owner = create(device, "memfd"), fd;

		taken = take(owner, all_kinds[i]);
		fd = memory_fd(owner, taken.start);
		check(lseek(fd, 0, SEEK_END) == (off_t)taken.length &&
			      !lseek(fd, 0, SEEK_SET),
		      "it has the length of its range");
		memory = map_range(fd, 4096, taken.length - 4096);
		memset(memory, 0x3c, 4096);
		check(taken.memory[4096] == 0x3c && taken.memory[8191] == 0x3c,
		      "the twin's memory of kind %u is written by it",
		      all_kinds[i]);
		check(pread(fd, page, sizeof(page), 4096) == sizeof(page) &&
			      !memcmp(page, memory, sizeof(page)),
		      "and read");
		check(pread(fd, page, 4096, taken.length - 1) == 1,
		      "a read at its end is short");
		check(!pread(fd, page, 4096, taken.length) &&
			      !pread(fd, page, 1, INT64_MAX - 1),
		      "and there is nothing behind it");
		expect(pread(fd, page, 1, -1), EINVAL, "nor at -1");
		expect(pread(fd, KERNEL_ADDRESS, 4096, 0), EFAULT,
		       "a read to the kernel's memory");
		munmap(memory, taken.length - 4096);
		munmap(taken.memory, taken.length);
		close(fd);
		close(owner);
	}
}

/* The owner's end is the twin's, but not that of the memory. */
static void use_without_twin(int fd, int observer, char *memory,
			     uint64_t length)
{
	char byte, *again;

	check(!count_twins(), "a memory fd does not keep the twin");
	expect(pread(observer, &byte, 1, reserved), ENODEV,
	       "an observer reads nothing more");
	check(memory[length - 1] == 0x77, "its map is as it was");
	memory[0] = 0x78;
	again = map_range(fd, 0, 4096);
	check(again[0] == 0x78, "it can be mapped again");
	check(pread(fd, &byte, 1, length - 1) == 1 && byte == 0x77, "and read");
	munmap(again, 4096);
}

static void test_memory_fd_alone(int device)
{
	int owner = create(device, "memfd"), other = create(device, "next");
	int observer = observe(device, "memfd"), fd;
	uint64_t start = reserved;
	struct taken taken = take(owner, TWINOS_MEMORY_RESERVED);
	char *memory;

	fd = memory_fd(owner, taken.start);
	memory = map_range(fd, 0, taken.length);
	memset(taken.memory, 0x77, taken.length);
	munmap(taken.memory, taken.length);
	close(other);
	close(owner);
	use_without_twin(fd, observer, memory, taken.length);
	other = create(device, "memfd");
	close(fd);
	expect(add(other, TWINOS_MEMORY_RESERVED, RANGE, 0, UINT64_MAX, &start),
	       EBUSY, "a map of it keeps the memory");
	munmap(memory, taken.length);
	expect(add(other, TWINOS_MEMORY_RESERVED, RANGE, 0, UINT64_MAX, &start),
	       0, "its end gives it back");
	memory = map_range(other, start, RANGE);
	check(all_zero((uint64_t *)memory, RANGE), "zeroed");
	munmap(memory, RANGE);
	close(observer);
	close(other);
}

static void test_many_ranges(int device)
{
	int owner = create(device, "ranges");
	unsigned int nr;
	char text[4096];

	must(add_low(owner, TWINOS_LOW_MIN, NULL), "take low memory");
	for (nr = 1; nr < TWINOS_MAX_RANGES; nr++)
		if (add_contig(owner, RANGE, NULL))
			break;
	check(nr == TWINOS_MAX_RANGES, "%u ranges are taken", nr);
	expect(add_contig(owner, RANGE, NULL), E2BIG, "one more is not");
	expect(add_low(owner, TWINOS_LOW_MIN, NULL), E2BIG,
	       "nor one of low memory");
	slurp("/sys/class/twinos/ranges/memory", text, sizeof(text));
	for (nr = 0; strchr(text, '\n'); nr++)
		*strchr(text, '\n') = ' ';
	check(nr == TWINOS_MAX_RANGES, "sysfs shows %u", nr);
	close(owner);
}

#define MANY 200

/* Twins with @low bytes below 640 KiB each, until there are no more. */
static unsigned int fill_low(int device, uint64_t low)
{
	int owners[MANY];
	unsigned int nr, made;
	char name[32];

	for (made = 0; made < MANY; made++) {
		snprintf(name, sizeof(name), "many%u", made);
		owners[made] = create(device, name);
		if (low && add_low(owners[made], low, NULL)) {
			made++;
			expect(-1, ENOMEM, "low memory ends");
			break;
		}
	}
	for (nr = 0; nr < made; nr++)
		close(owners[nr]);
	return made;
}

static void test_many_twins(int device)
{
	unsigned int nr;

	check(fill_low(device, 0) == MANY, "%d twins without memory", MANY);
	nr = fill_low(device, TWINOS_LOW_MAX);
	check(nr > 1, "%u twins with low memory", nr - 1);
	check(fill_low(device, TWINOS_LOW_MAX) == nr, "and as many again");
}

static void test_close_while_mapped(int device)
{
	int owner = create(device, "mapped");
	uint64_t start = 0;
	char *memory;

	must(add_contig(owner, RANGE, &start), "take memory");
	memory = map_range(owner, start, RANGE);
	close(owner);
	check(count_twins() == 1, "a map keeps the twin");
	memory[RANGE - 1] = 1;
	munmap(memory, RANGE);
	check(!count_twins(), "its end does not");
}

/* A child's copy of the fd keeps the twin; a map is not inherited. */
static void test_fork(int device)
{
	int owner = create(device, "forked"), pipes[2], status;
	uint64_t start = 0;
	char *memory, byte;
	pid_t pid;

	must(add_contig(owner, RANGE, &start), "take memory");
	memory = map_range(owner, start, RANGE);
	must(pipe(pipes), "pipe");
	fflush(stdout);
	pid = must(fork(), "fork");
	if (!pid) {
		close(pipes[1]);
		/* An unmapped page has no residence to tell. */
		byte = mincore(memory, 4096, (unsigned char *)&byte) == -1;
		must(read(pipes[0], &status, 1), "read");
		_exit(byte);
	}
	munmap(memory, RANGE);
	close(owner);
	check(count_twins() == 1, "a child's fd keeps the twin");
	close(pipes[1]);
	must(waitpid(pid, &status, 0), "wait");
	close(pipes[0]);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 1,
	      "a child does not inherit the map");
	check(!count_twins(), "its end gives all back");
}

int main(int argc, char **argv)
{
	static const struct group groups[] = {
		{ "kinds", test_kinds },
		{ "low memory", test_low },
		{ "contiguous memory", test_contig },
		{ "reserved memory", test_reserved },
		{ "zeroed memory", test_zeroed },
		{ "direct", test_direct },
		{ "held", test_held },
		{ "mmap", test_mmap },
		{ "read", test_read },
		{ "no memory fd", test_no_memory_fd },
		{ "memory fd", test_memory_fd },
		{ "memory fd alone", test_memory_fd_alone },
		{ "many ranges", test_many_ranges },
		{ "many twins", test_many_twins },
		{ "close while mapped", test_close_while_mapped },
		{ "fork", test_fork },
	};

	if (argc != 4)
		return 2;
	reserved = strtoull(argv[1], NULL, 0);
	nowhere = strtoull(argv[2], NULL, 0);
	disk = argv[3];
	return run_groups(groups, ARRAY_SIZE(groups));
}
