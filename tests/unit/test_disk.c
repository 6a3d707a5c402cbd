// SPDX-License-Identifier: GPL-2.0-only
/*
 * The twin's disk and its source of entropy, from the driver's side; the disk once by
 * io_uring, if it can be had, and once where it can't.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_driver.h"
#include "vdev.h"

#define SECTOR 512
#define NR_SECTORS 64
#define FLUSHES (1ULL << VIRTIO_BLK_F_FLUSH)
#define WRITE VRING_DESC_F_WRITE
#define NONE 0xee /* a status that nobody has written */

#define HEADER DRIVER_DATA
#define STATUS (DRIVER_DATA + 0x100)
#define RANGES (DRIVER_DATA + 0x200)
#define DATA (DRIVER_DATA + 0x1000)
#define DATA_SIZE 0x8000

static char directory[sizeof("/tmp/test_disk.XXXXXX")];
static char path[64], spec[192];
static struct twinos_error err;
static struct twinos_vdev *vdev;
static struct fake_driver driver;
static struct vring_used_elem used;
static uint16_t nr_descs;

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i ^ i >> 8 ^ i >> 13);
}

static void make_file(size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc(pattern(i), file);
	assert_int_equal(fclose(file), 0);
}

static int file_byte(size_t at)
{
	FILE *file = fopen(path, "r");
	int byte;

	assert_non_null(file);
	assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
	byte = fgetc(file);
	fclose(file);
	return byte;
}

static int open_with(const char *options)
{
	snprintf(spec, sizeof(spec), "%s%s", path, options);
	memset(&err, 0, sizeof(err));
	return twinos_disk_open(spec, &vdev, &err);
}

static void start_with(uint64_t features)
{
	fake_driver_init(&driver, features, 256);
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), 0);
}

static void begin(const char *options)
{
	make_file(NR_SECTORS * SECTOR);
	assert_int_equal(open_with(options), 0);
	start_with(vdev->features);
}

static void end(void)
{
	vdev->ops->stop(vdev);
	fake_driver_free(&driver);
	vdev->ops->free(vdev);
}

/* A request is put together from the front: first(), then more(), then served(). */
static void more(uint64_t addr, uint32_t len, uint16_t flags)
{
	if (nr_descs) {
		struct vring_desc *last = fake_driver_at(
			&driver, DRIVER_DESC + 16 * (nr_descs - 1));

		last->flags |= VRING_DESC_F_NEXT;
	}
	fake_driver_desc(&driver, DRIVER_DESC, nr_descs,
			 (struct vring_desc){ addr, len, flags, nr_descs + 1 });
	nr_descs++;
}

static void header(uint32_t type, uint64_t sector)
{
	struct virtio_blk_outhdr hdr = { .type = type, .sector = sector };

	nr_descs = 0;
	memcpy(fake_driver_at(&driver, HEADER), &hdr, sizeof(hdr));
}

static void first(uint32_t type, uint64_t sector)
{
	header(type, sector);
	more(HEADER, 16, 0);
}

static int serve(void)
{
	uint8_t *status = fake_driver_at(&driver, STATUS);

	*status = NONE;
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
	assert_true(fake_driver_wait(&driver, &used));
	assert_int_equal(used.id, 0);
	return *status;
}

static int served(void)
{
	more(STATUS, 1, WRITE);
	return serve();
}

static int read_sectors(uint64_t sector, uint32_t bytes)
{
	memset(fake_driver_at(&driver, DATA), NONE, DATA_SIZE);
	first(VIRTIO_BLK_T_IN, sector);
	more(DATA, bytes, WRITE);
	return served();
}

static int write_sectors(uint64_t sector, uint32_t bytes)
{
	first(VIRTIO_BLK_T_OUT, sector);
	more(DATA, bytes, 0);
	return served();
}

static int one_range(uint32_t type, uint64_t sector, uint32_t nr_sectors,
		     uint32_t flags)
{
	struct virtio_blk_discard_write_zeroes range = { sector, nr_sectors,
							 flags };

	memcpy(fake_driver_at(&driver, RANGES), &range, sizeof(range));
	first(type, 0);
	more(RANGES, sizeof(range), 0);
	return served();
}

static int flush(void)
{
	first(VIRTIO_BLK_T_FLUSH, 0);
	return served();
}

/* What was read is what the file has from @sector on. */
static void check_data(uint64_t sector, size_t bytes)
{
	uint8_t *data = fake_driver_at(&driver, DATA);

	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(data[i], pattern(sector * SECTOR + i));
	for (size_t i = bytes; i < DATA_SIZE; i++)
		assert_int_equal(data[i], NONE);
}

static void refused(const char *options, int code, const char *text)
{
	assert_int_equal(open_with(options), -code);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, text))
		fail_msg("'%s' is not in '%s'", text, err.text);
}

static void counts(uint64_t in_bytes, uint64_t in_ops, uint64_t out_bytes,
		   uint64_t out_ops)
{
	struct twinos_traffic traffic;

	assert_true(vdev->ops->count(vdev, &traffic));
	assert_int_equal(traffic.in_bytes, in_bytes);
	assert_int_equal(traffic.in_ops, in_ops);
	assert_int_equal(traffic.out_bytes, out_bytes);
	assert_int_equal(traffic.out_ops, out_ops);
}

/* What is done, and nothing that fails or moves no data. */
static void test_traffic(void **state)
{
	(void)state;
	begin("");
	counts(0, 0, 0, 0);
	assert_int_equal(read_sectors(1, 3 * SECTOR), VIRTIO_BLK_S_OK);
	counts(3 * SECTOR, 1, 0, 0);
	assert_int_equal(write_sectors(1, SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(write_sectors(2, SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	assert_int_equal(read_sectors(NR_SECTORS, SECTOR), VIRTIO_BLK_S_IOERR);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(read_sectors(1, SECTOR), VIRTIO_BLK_S_IOERR);
	counts(3 * SECTOR, 1, 2 * SECTOR, 2);
	/* The same disk for the next life of the twin. */
	vdev->ops->stop(vdev);
	counts(3 * SECTOR, 1, 2 * SECTOR, 2);
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), 0);
	end();
}

static void test_config(void **state)
{
	struct virtio_blk_config config = { 0 };

	(void)state;
	make_file(NR_SECTORS * SECTOR);
	assert_int_equal(open_with(",name=root"), 0);
	assert_int_equal(vdev->id, VIRTIO_ID_BLOCK);
	assert_string_equal(vdev->kind, "disk");
	assert_string_equal(vdev->name, "root");
	assert_string_equal(vdev->detail, path);
	assert_int_equal(vdev->nr_queues, 1);
	assert_null(vdev->ops->write_config);
	assert_int_equal(vdev->features & (1 << VIRTIO_BLK_F_CONFIG_WCE |
					   1 << VIRTIO_BLK_F_RO),
			 0);
	assert_true(vdev->features & FLUSHES);
	assert_int_equal(vdev->config_size, 60);
	memcpy(&config, vdev->config, vdev->config_size);
	assert_int_equal(config.capacity, NR_SECTORS);
	assert_int_equal(config.seg_max, TWINOS_VDEV_QUEUE_SIZE - 2);
	assert_int_equal(config.blk_size, 512);
	assert_int_equal(config.discard_sector_alignment, 1);
	assert_int_equal(config.write_zeroes_may_unmap, 1);
	vdev->ops->free(vdev);
	assert_int_equal(open_with(",ro"), 0);
	assert_string_equal(vdev->name, "");
	assert_true(vdev->features & 1 << VIRTIO_BLK_F_RO);
	assert_int_equal(vdev->features & (1 << VIRTIO_BLK_F_DISCARD |
					   1 << VIRTIO_BLK_F_WRITE_ZEROES),
			 0);
	vdev->ops->free(vdev);
}

static void test_bad_options(void **state)
{
	(void)state;
	make_file(SECTOR);
	refused(",format=vmdk", EINVAL, "only raw and qcow2 are known");
	refused(",format=RAW", EINVAL, "only raw and qcow2 are known");
	refused(",format=qcow2,serial=1", EINVAL, "no serial number");
	refused(",format", EINVAL, "needs a value");
	refused(",ro=1", EINVAL, "takes no value");
	refused(",direct=on", EINVAL, "takes no value");
	refused(",busy-poll=0", EINVAL, "from 1 to 10000");
	refused(",busy-poll=10001", EINVAL, "from 1 to 10000");
	refused(",format=qcow2,busy-poll=50", EINVAL, "is of no use");
	refused(",cache=none", EINVAL, "is not known");
	refused(",serial=123456789012345678901", EINVAL, "too long");
	refused(",name=12345678901234567890123456789012", EINVAL,
		"a device's name");
	refused(",name=-a", EINVAL, "a device's name");
	assert_int_equal(err.kind, TWINOS_ERROR_USAGE);
	assert_int_equal(twinos_disk_open("", &vdev, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no file"));
	assert_int_equal(twinos_disk_open("ro", &vdev, &err), -EINVAL);
	assert_int_equal(open_with(",format=raw,serial=12345678901234567890,"
				   "name=1234567890123456789012345678901"),
			 0);
	vdev->ops->free(vdev);
}

static void test_bad_files(void **state)
{
	(void)state;
	unlink(path);
	refused("", ENOENT, "No such file");
	assert_int_equal(mkdir(path, 0700), 0);
	refused("", EINVAL, "neither a regular file");
	refused(",ro", EINVAL, "neither a regular file");
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused("", EINVAL, "neither a regular file");
	unlink(path);
	assert_int_equal(twinos_disk_open("/dev/null", &vdev, &err), -EINVAL);
	make_file(0);
	refused("", ENODATA, "empty");
	make_file(SECTOR + 1);
	refused("", EINVAL, "multiple of 512");
	make_file(SECTOR - 1);
	refused("", EINVAL, "multiple of 512");
}

static void test_qcow2(void **state)
{
	FILE *file = fopen(path, "w");
	static const char image[SECTOR] = "QFI\xfb";

	(void)state;
	assert_int_equal(fwrite(image, SECTOR, 1, file), 1);
	fclose(file);
	refused("", EINVAL, "looks like qcow2");
	refused(",ro", EINVAL, "looks like qcow2");
	assert_int_equal(open_with(",format=raw"), 0);
	vdev->ops->free(vdev);
}

/* Root writes what it likes, but not what is being run. */
static void test_not_writable(void **state)
{
	(void)state;
	unlink(path);
	if (geteuid()) {
		make_file(SECTOR);
		chmod(path, 0400);
	} else {
		assert_int_equal(symlink("/proc/self/exe", path), 0);
	}
	refused("", geteuid() ? EACCES : ETXTBSY, "',ro'");
	unlink(path);
}

/* Either one writes or any number read. */
static void test_lock(void **state)
{
	struct twinos_vdev *writer, *reader;

	(void)state;
	make_file(SECTOR);
	assert_int_equal(open_with(""), 0);
	writer = vdev;
	refused("", EBUSY, "locked");
	refused(",ro", EBUSY, "writes to it");
	writer->ops->free(writer);
	assert_int_equal(open_with(",ro"), 0);
	reader = vdev;
	refused("", EBUSY, "locked");
	assert_int_equal(open_with(",ro"), 0);
	vdev->ops->free(vdev);
	reader->ops->free(reader);
	assert_int_equal(open_with(""), 0);
	vdev->ops->free(vdev);
}

/* A child of ours has all that is open as well, unless it says that it needs it not. */
static void test_forked(void **state)
{
	int fds[2];
	pid_t child;
	char byte;

	(void)state;
	begin("");
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (!child) {
		vdev->ops->forked(vdev);
		_exit(write(fds[1], "", 1) == 1 && pause());
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(read_sectors(0, SECTOR), VIRTIO_BLK_S_OK);
	end();
	assert_int_equal(open_with(""), 0);
	vdev->ops->free(vdev);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_read(void **state)
{
	(void)state;
	begin("");
	assert_int_equal(read_sectors(0, SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, SECTOR + 1);
	check_data(0, SECTOR);
	assert_int_equal(read_sectors(1, 63 * SECTOR), VIRTIO_BLK_S_OK);
	check_data(1, 63 * SECTOR);
	assert_int_equal(read_sectors(63, SECTOR), VIRTIO_BLK_S_OK);
	check_data(63, SECTOR);
	end();
}

static void test_beyond_the_end(void **state)
{
	static const struct {
		uint64_t sector;
		uint32_t bytes;
	} bad[] = {
		{ 64, SECTOR },
		{ 63, 2 * SECTOR },
		{ 1, 64 * SECTOR },
		{ UINT64_MAX, SECTOR },
		{ UINT64_MAX / SECTOR + 1, SECTOR }, /* 0, in bytes */
		{ UINT64_MAX / SECTOR, 2 * SECTOR },
		{ 1ULL << 63, SECTOR },
		{ 64, 0 },
		{ 0, 0 },
		{ 0, 1 },
		{ 0, SECTOR + 1 },
		{ 0, SECTOR - 1 },
	};

	(void)state;
	begin("");
	memset(fake_driver_at(&driver, DATA), 1, DATA_SIZE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(write_sectors(bad[i].sector, bad[i].bytes),
				 VIRTIO_BLK_S_IOERR);
		assert_int_equal(used.len, 1);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_sectors(bad[i].sector, bad[i].bytes),
				 VIRTIO_BLK_S_IOERR);
		assert_int_equal(used.len, bad[i].bytes ? 0 : 1);
		check_data(0, 0);
	}
	assert_int_equal(read_sectors(0, 64 * SECTOR), VIRTIO_BLK_S_OK);
	check_data(0, 64 * SECTOR);
	assert_int_equal(file_byte(64 * SECTOR), EOF);
	end();
}

static void test_write(void **state)
{
	(void)state;
	begin("");
	memset(fake_driver_at(&driver, DATA), 0x5a, DATA_SIZE);
	assert_int_equal(write_sectors(2, 2 * SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, 1);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, 1);
	assert_int_equal(file_byte(2 * SECTOR - 1), pattern(2 * SECTOR - 1));
	assert_int_equal(file_byte(2 * SECTOR), 0x5a);
	assert_int_equal(file_byte(4 * SECTOR - 1), 0x5a);
	assert_int_equal(file_byte(4 * SECTOR), pattern(4 * SECTOR));
	assert_int_equal(write_sectors(63, SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(64 * SECTOR - 1), 0x5a);
	assert_int_equal(file_byte(64 * SECTOR), EOF);
	end();
}

/* Without flushes each write lasts by itself; the data is right at least. */
/* Where the file system of /tmp can't, that is said. */
static void test_direct(void **state)
{
	uint8_t *data;

	(void)state;
	make_file(NR_SECTORS * SECTOR);
	if (open_with(",direct")) {
		assert_int_equal(err.code, EOPNOTSUPP);
		assert_non_null(strstr(err.text, "leave ',direct' out"));
		skip();
	}
	assert_non_null(strstr(vdev->detail, " (direct)"));
	start_with(vdev->features);
	assert_int_equal(read_sectors(8, 8 * SECTOR), VIRTIO_BLK_S_OK);
	check_data(8, 8 * SECTOR);
	data = fake_driver_at(&driver, DATA);
	memset(data, 0x5a, DATA_SIZE);
	assert_int_equal(write_sectors(16, 8 * SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(16 * SECTOR), 0x5a);
	assert_int_equal(file_byte(24 * SECTOR - 1), 0x5a);
	assert_int_equal(file_byte(24 * SECTOR), pattern(24 * SECTOR));
	assert_int_equal(one_range(VIRTIO_BLK_T_WRITE_ZEROES, 16, 8, 0),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(16 * SECTOR), 0);
	end();
}

static void test_write_through(void **state)
{
	(void)state;
	make_file(NR_SECTORS * SECTOR);
	assert_int_equal(open_with(""), 0);
	start_with(vdev->features & ~FLUSHES);
	memset(fake_driver_at(&driver, DATA), 0x5a, DATA_SIZE);
	assert_int_equal(write_sectors(2, SECTOR), VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(2 * SECTOR), 0x5a);
	assert_int_equal(one_range(VIRTIO_BLK_T_WRITE_ZEROES, 2, 1, 0),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(2 * SECTOR), 0);
	end();
}

/* No layout of a request is promised. */
static void test_split(void **state)
{
	(void)state;
	begin("");
	memset(fake_driver_at(&driver, DATA), NONE, DATA_SIZE);
	header(VIRTIO_BLK_T_IN, 3);
	more(HEADER, 1, 0);
	more(HEADER + 1, 8, 0);
	more(HEADER + 9, 7, 0);
	more(DATA, 100, WRITE);
	more(DATA + 100, 413, WRITE); /* and the status */
	serve();
	assert_int_equal(used.len, SECTOR + 1);
	assert_int_equal(*(uint8_t *)fake_driver_at(&driver, DATA + SECTOR),
			 VIRTIO_BLK_S_OK);
	*(uint8_t *)fake_driver_at(&driver, DATA + SECTOR) = NONE;
	check_data(3, SECTOR);
	/* header and data in one */
	header(VIRTIO_BLK_T_OUT, 7);
	memset(fake_driver_at(&driver, HEADER + 16), 0x77, SECTOR);
	more(HEADER, 16 + SECTOR, 0);
	more(DATA, 1, WRITE);
	serve();
	assert_int_equal(*(uint8_t *)fake_driver_at(&driver, DATA),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(7 * SECTOR), 0x77);
	assert_int_equal(file_byte(8 * SECTOR - 1), 0x77);
	end();
}

static void test_no_status(void **state)
{
	(void)state;
	begin("");
	memset(fake_driver_at(&driver, DATA), 1, SECTOR);
	first(VIRTIO_BLK_T_OUT, 0);
	more(DATA, SECTOR, 0);
	assert_int_equal(serve(), NONE);
	assert_int_equal(used.len, 0);
	assert_int_equal(file_byte(1), pattern(1));
	first(VIRTIO_BLK_T_FLUSH, 0);
	more(STATUS, 0, WRITE);
	assert_int_equal(serve(), NONE);
	assert_int_equal(used.len, 0);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	end();
}

static void test_short_header(void **state)
{
	(void)state;
	begin("");
	header(VIRTIO_BLK_T_FLUSH, 0);
	assert_int_equal(served(), VIRTIO_BLK_S_IOERR);
	assert_int_equal(used.len, 1);
	header(VIRTIO_BLK_T_FLUSH, 0);
	more(HEADER, 15, 0);
	assert_int_equal(served(), VIRTIO_BLK_S_IOERR);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	end();
}

static void test_unknown_types(void **state)
{
	static const uint32_t types[] = { 2,  3,  5,	    10,
					  14, 16, 1U << 31, UINT32_MAX };

	(void)state;
	begin("");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		first(types[i], 0);
		more(DATA, SECTOR, WRITE);
		assert_int_equal(served(), VIRTIO_BLK_S_UNSUPP);
		assert_int_equal(used.len, 0);
	}
	end();
}

static void check_id(const char *id)
{
	char expected[32];

	memset(fake_driver_at(&driver, DATA), NONE, 32);
	memset(expected, NONE, sizeof(expected));
	strncpy(expected, id, 20);
	first(VIRTIO_BLK_T_GET_ID, 0);
	more(DATA, 20, WRITE);
	assert_int_equal(served(), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, 21);
	assert_memory_equal(fake_driver_at(&driver, DATA), expected, 32);
}

static void test_id(void **state)
{
	(void)state;
	begin(",serial=12345678901234567890,name=other");
	check_id("12345678901234567890");
	first(VIRTIO_BLK_T_GET_ID, 0);
	more(DATA, 7, WRITE);
	assert_int_equal(served(), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, 8);
	first(VIRTIO_BLK_T_GET_ID, 0);
	more(DATA, SECTOR, WRITE);
	assert_int_equal(served(), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, 20);
	end();
	assert_int_equal(open_with(""), 0);
	strcpy(vdev->name, "disk7"); /* as the bus does */
	start_with(vdev->features);
	check_id("disk7");
	end();
}

static void check_cleared(uint32_t type, uint32_t flags)
{
	struct stat st;

	begin("");
	assert_int_equal(one_range(type, 8, 16, flags), VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(8 * SECTOR - 1), pattern(8 * SECTOR - 1));
	assert_int_equal(file_byte(8 * SECTOR), 0);
	assert_int_equal(file_byte(24 * SECTOR - 1), 0);
	assert_int_equal(file_byte(24 * SECTOR), pattern(24 * SECTOR));
	assert_int_equal(one_range(type, 0, 64, flags), VIRTIO_BLK_S_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 64 * SECTOR);
	assert_int_equal(file_byte(0), 0);
	assert_int_equal(file_byte(64 * SECTOR - 1), 0);
	end();
}

/* These files can have holes, so a discard shows. */
static void test_clear(void **state)
{
	(void)state;
	check_cleared(VIRTIO_BLK_T_DISCARD, 0);
	check_cleared(VIRTIO_BLK_T_WRITE_ZEROES, 0);
	check_cleared(VIRTIO_BLK_T_WRITE_ZEROES, 1);
}

/* A file that can't be told to be zero: tmpfs has only holes. */
static void test_clear_by_writing(void **state)
{
	char file[sizeof(path)];
	int fd = memfd_create("image", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 1), -1);
	strcpy(file, path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_cleared(VIRTIO_BLK_T_DISCARD, 0);
	check_cleared(VIRTIO_BLK_T_WRITE_ZEROES, 0);
	check_cleared(VIRTIO_BLK_T_WRITE_ZEROES, 1);
	strcpy(path, file);
	close(fd);
}

/* More than is written at a time, up to the very end. */
static void test_clear_much(void **state)
{
	char file[sizeof(path)];
	int fd = memfd_create("image", MFD_CLOEXEC);

	(void)state;
	strcpy(file, path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	make_file(300 * SECTOR);
	assert_int_equal(open_with(""), 0);
	start_with(vdev->features);
	assert_int_equal(one_range(VIRTIO_BLK_T_WRITE_ZEROES, 1, 299, 0),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(SECTOR - 1), pattern(SECTOR - 1));
	for (size_t i = SECTOR; i < 300 * SECTOR; i += 256)
		assert_int_equal(file_byte(i), 0);
	assert_int_equal(file_byte(300 * SECTOR - 1), 0);
	assert_int_equal(file_byte(300 * SECTOR), EOF);
	end();
	strcpy(path, file);
	close(fd);
}

static void check_bad_ranges(uint32_t type)
{
	static const struct {
		uint64_t sector;
		uint32_t nr;
	} bad[] = {
		{ 0, 0 },
		{ 64, 1 },
		{ 63, 2 },
		{ 0, 65 },
		{ UINT64_MAX, 1 },
		{ UINT64_MAX, 2 },
		{ UINT64_MAX / SECTOR + 1, 1 },
		{ 0, UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(one_range(type, bad[i].sector, bad[i].nr, 0),
				 VIRTIO_BLK_S_IOERR);
	assert_int_equal(one_range(type, 0, 64, 2), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(one_range(type, 0, 64, 1U << 31), VIRTIO_BLK_S_UNSUPP);
	first(type, 0);
	assert_int_equal(served(), VIRTIO_BLK_S_IOERR);
	first(type, 0);
	more(RANGES, 17, 0);
	assert_int_equal(served(), VIRTIO_BLK_S_IOERR);
	first(type, 0);
	more(RANGES, 15, 0);
	assert_int_equal(served(), VIRTIO_BLK_S_IOERR);
}

static void test_bad_ranges(void **state)
{
	(void)state;
	begin("");
	check_bad_ranges(VIRTIO_BLK_T_DISCARD);
	check_bad_ranges(VIRTIO_BLK_T_WRITE_ZEROES);
	assert_int_equal(one_range(VIRTIO_BLK_T_DISCARD, 0, 1, 1),
			 VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(read_sectors(0, 64 * SECTOR), VIRTIO_BLK_S_OK);
	check_data(0, 64 * SECTOR);
	end();
}

static int many_ranges(uint16_t nr)
{
	struct virtio_blk_discard_write_zeroes range = { 0, 1, 0 };

	for (uint16_t i = 0; i < nr; i++) {
		range.sector = 2 * i;
		memcpy(fake_driver_at(&driver, DATA + 16 * i), &range, 16);
	}
	first(VIRTIO_BLK_T_WRITE_ZEROES, 0);
	more(DATA, 16 * nr, 0);
	return served();
}

static void test_many_ranges(void **state)
{
	struct virtio_blk_config config = { 0 };

	(void)state;
	begin("");
	memcpy(&config, vdev->config, vdev->config_size);
	assert_int_equal(many_ranges(config.max_write_zeroes_seg),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(file_byte(2 * SECTOR), 0);
	assert_int_equal(file_byte(3 * SECTOR), pattern(3 * SECTOR));
	assert_int_equal(many_ranges(config.max_write_zeroes_seg + 1),
			 VIRTIO_BLK_S_IOERR);
	end();
}

static void test_read_only(void **state)
{
	(void)state;
	begin(",ro");
	memset(fake_driver_at(&driver, DATA), 1, SECTOR);
	assert_int_equal(write_sectors(0, SECTOR), VIRTIO_BLK_S_IOERR);
	assert_int_equal(one_range(VIRTIO_BLK_T_DISCARD, 0, 8, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(one_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	assert_int_equal(read_sectors(0, 64 * SECTOR), VIRTIO_BLK_S_OK);
	check_data(0, 64 * SECTOR);
	end();
}

/* Somebody has cut the file off behind our back. */
static void test_shrunk(void **state)
{
	(void)state;
	begin("");
	assert_int_equal(truncate(path, 8 * SECTOR), 0);
	assert_int_equal(read_sectors(7, 2 * SECTOR), VIRTIO_BLK_S_IOERR);
	assert_int_equal(read_sectors(8, SECTOR), VIRTIO_BLK_S_IOERR);
	assert_int_equal(read_sectors(7, SECTOR), VIRTIO_BLK_S_OK);
	end();
}

static void test_stop_and_start(void **state)
{
	(void)state;
	begin("");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(read_sectors(5, SECTOR), VIRTIO_BLK_S_OK);
		vdev->ops->stop(vdev);
		fake_driver_free(&driver);
		start_with(vdev->features);
	}
	assert_int_equal(read_sectors(5, SECTOR), VIRTIO_BLK_S_OK);
	/* stopped is stopped */
	vdev->ops->stop(vdev);
	first(VIRTIO_BLK_T_FLUSH, 0);
	more(STATUS, 1, WRITE);
	fake_driver_offer(&driver, 0);
	fake_driver_kick(&driver);
	usleep(20000);
	assert_int_equal(fake_driver_used(&driver)->idx, 1);
	/* what was left is served without a kick */
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), 0);
	assert_true(fake_driver_wait(&driver, &used));
	end();
}

/* Number @i: a header, a status and @bytes of data, all of its own. */
static void queue(uint16_t i, uint32_t type, uint64_t sector, uint32_t bytes)
{
	const struct virtio_blk_outhdr hdr = { .type = type, .sector = sector };
	const uint16_t flags = type == VIRTIO_BLK_T_IN ? WRITE : 0;
	const uint64_t at = HEADER + 32 * i;
	const uint16_t d = 3 * i;

	memcpy(fake_driver_at(&driver, at), &hdr, sizeof(hdr));
	*(uint8_t *)fake_driver_at(&driver, at + 16) = NONE;
	fake_driver_desc(&driver, DRIVER_DESC, d,
			 (struct vring_desc){ at, 16, VRING_DESC_F_NEXT,
					      d + 1 });
	fake_driver_desc(&driver, DRIVER_DESC, d + 1,
			 (struct vring_desc){ DATA + i * bytes, bytes,
					      flags | VRING_DESC_F_NEXT,
					      d + 2 });
	fake_driver_desc(&driver, DRIVER_DESC, d + 2,
			 (struct vring_desc){ at + 16, 1, WRITE, 0 });
	fake_driver_offer(&driver, d);
}

static uint8_t status_of(uint16_t i)
{
	return *(uint8_t *)fake_driver_at(&driver, HEADER + 32 * i + 16);
}

/* Of @nr that were queued, in any order. */
static void all_are_served(uint16_t nr)
{
	uint64_t seen = 0;

	fake_driver_kick(&driver);
	for (uint16_t i = 0; i < nr; i++) {
		assert_true(fake_driver_wait(&driver, &used));
		assert_int_equal(used.id % 3, 0);
		seen |= 1ULL << used.id / 3;
		assert_int_equal(status_of((uint16_t)(used.id / 3)),
				 VIRTIO_BLK_S_OK);
	}
	assert_true(seen == (nr == 64 ? UINT64_MAX : (1ULL << nr) - 1));
}

/* More than the kernel is told of at once. */
static void test_many(void **state)
{
	uint8_t *data;

	(void)state;
	begin("");
	data = fake_driver_at(&driver, DATA);
	for (uint16_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < 64 * SECTOR; i++)
			data[i] = pattern(i + round);
		for (uint16_t i = 0; i < 64; i++)
			queue(i, VIRTIO_BLK_T_OUT, i, SECTOR);
		all_are_served(64);
		memset(data, 0, 64 * SECTOR);
		for (uint16_t i = 0; i < 64; i++)
			queue(i, VIRTIO_BLK_T_IN, i, SECTOR);
		all_are_served(64);
		for (size_t i = 0; i < 64 * SECTOR; i++)
			assert_int_equal(data[i], pattern(i + round));
	}
	end();
}

/* A request that is done in more than one step. */
/* While it looks by itself, it does not want to be told. */
static void test_busy_poll(void **state)
{
	(void)state;
	begin(",busy-poll=10000");
	for (int i = 0; i < 200; i++)
		assert_int_equal(read_sectors(5, SECTOR), VIRTIO_BLK_S_OK);
	assert_in_range(driver.nr_kicks, 1, 100);
	end();
}

static void test_long(void **state)
{
	const uint32_t nr = 250, bytes = DATA_SIZE;
	uint8_t *data;

	(void)state;
	make_file(SECTOR);
	assert_int_equal(truncate(path, nr * bytes), 0);
	assert_int_equal(open_with(""), 0);
	start_with(vdev->features);
	data = fake_driver_at(&driver, DATA);
	for (size_t i = 0; i < bytes; i++)
		data[i] = pattern(i);
	first(VIRTIO_BLK_T_OUT, 0);
	for (uint32_t i = 0; i < nr; i++)
		more(DATA, bytes, 0);
	assert_int_equal(served(), VIRTIO_BLK_S_OK);
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(file_byte(i * bytes + 77), pattern(77));
	memset(data, 0, bytes);
	first(VIRTIO_BLK_T_IN, 0);
	for (uint32_t i = 0; i < nr; i++)
		more(DATA, bytes, WRITE);
	assert_int_equal(served(), VIRTIO_BLK_S_OK);
	assert_int_equal(used.len, nr * bytes + 1);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(data[i], pattern(i));
	end();
}

/* The first page of DATA: whoever touches it waits until the fault is resolved. */
static int make_late(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register late = {
		.range = { (uintptr_t)fake_driver_at(&driver, DATA), 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fd;
	assert_int_equal(ioctl(fd, UFFDIO_API, &api), 0);
	madvise(fake_driver_at(&driver, DATA), 4096, MADV_DONTNEED);
	assert_int_equal(ioctl(fd, UFFDIO_REGISTER, &late), 0);
	return fd;
}

static void somebody_waits(int fd)
{
	struct pollfd fault = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&fault, 1, 5000), 1);
}

static void resolve(int fd)
{
	static char page[4096];
	struct uffdio_copy copy = {
		.dst = (uintptr_t)fake_driver_at(&driver, DATA),
		.src = (uintptr_t)page,
		.len = sizeof(page),
	};

	memset(page, 0x42, sizeof(page));
	assert_int_equal(ioctl(fd, UFFDIO_COPY, &copy), 0);
	close(fd);
}

static bool stopped;

static void *stop_it(void *arg)
{
	vdev->ops->stop(vdev);
	__atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
	return arg;
}

static void stop_late(int fd)
{
	pthread_t thread;

	stopped = false;
	assert_int_equal(pthread_create(&thread, NULL, stop_it, NULL), 0);
	usleep(100000);
	assert_false(__atomic_load_n(&stopped, __ATOMIC_ACQUIRE));
	resolve(fd);
	pthread_join(thread, NULL);
}

/* What was begun is over with stop(), and told of, but it needs not be done. */
static void check_late(uint32_t type)
{
	uint16_t nr;
	uint8_t *data;
	int fd;

	begin("");
	fd = make_late();
	if (fd < 0) {
		end();
		skip();
	}
	for (uint16_t i = 0; i < 7; i++)
		queue(i, type, 8 * i, 4096);
	fake_driver_kick(&driver);
	somebody_waits(fd);
	stop_late(fd);
	nr = fake_driver_used(&driver)->idx;
	assert_in_range(nr, 1, 7);
	data = fake_driver_at(&driver, DATA);
	memset(data, 0x99, 4096);
	for (uint16_t i = 0; i < nr; i++)
		assert_true(status_of(i) == VIRTIO_BLK_S_OK ||
			    status_of(i) == VIRTIO_BLK_S_IOERR);
	usleep(20000);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(data[i], 0x99);
	if (type == VIRTIO_BLK_T_OUT && status_of(0) == VIRTIO_BLK_S_OK)
		assert_int_equal(file_byte(4095), 0x42);
	start_with(vdev->features);
	assert_int_equal(flush(), VIRTIO_BLK_S_OK);
	assert_int_equal(read_sectors(63, SECTOR), VIRTIO_BLK_S_OK);
	end();
}

static void test_late_write(void **state)
{
	(void)state;
	check_late(VIRTIO_BLK_T_OUT);
}

static void test_late_read(void **state)
{
	(void)state;
	check_late(VIRTIO_BLK_T_IN);
}

static void test_bad_start(void **state)
{
	(void)state;
	begin("");
	vdev->ops->stop(vdev);
	driver.queue->size = 3;
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), -EINVAL);
	driver.queue->size = 256;
	driver.queue->device = DRIVER_END;
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), -EFAULT);
	driver.queue->ready = false;
	assert_int_equal(vdev->ops->start(vdev, &driver.setup), 0);
	end();
}

static void test_rng(void **state)
{
	static const uint8_t zeroes[64];

	(void)state;
	assert_int_equal(twinos_rng_open("", &vdev, &err), 0);
	assert_int_equal(vdev->id, VIRTIO_ID_RNG);
	assert_string_equal(vdev->kind, "rng");
	assert_int_equal(vdev->config_size, 0);
	start_with(vdev->features);
	nr_descs = 0;
	more(DATA, 64, WRITE);
	serve();
	assert_int_equal(used.len, 64);
	assert_memory_not_equal(fake_driver_at(&driver, DATA), zeroes, 64);
	assert_memory_equal(fake_driver_at(&driver, DATA + 64), zeroes, 64);
	nr_descs = 0;
	more(DATA, DATA_SIZE, WRITE);
	serve();
	assert_in_range(used.len, 64, 4096);
	nr_descs = 0;
	more(DATA, 64, 0);
	serve();
	assert_int_equal(used.len, 0);
	end();
}

static void test_rng_options(void **state)
{
	(void)state;
	assert_int_equal(twinos_rng_open("name=dice", &vdev, &err), 0);
	assert_string_equal(vdev->name, "dice");
	vdev->ops->free(vdev);
	assert_int_equal(twinos_rng_open("fair", &vdev, &err), -EINVAL);
	assert_int_equal(
		twinos_rng_open("name=12345678901234567890123456789012", &vdev,
				&err),
		-EINVAL);
}

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_disk.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/image", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

/* As container engines do it. For good, and for our threads too. */
static bool forbid_io_uring(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, filter };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) &&
	       syscall(SYS_io_uring_setup, 0, NULL) == -1 && errno == EPERM;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_qcow2),
		cmocka_unit_test(test_not_writable),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_forked),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_traffic),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_write_through),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_no_status),
		cmocka_unit_test(test_short_header),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_clear_by_writing),
		cmocka_unit_test(test_clear_much),
		cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_stop_and_start),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_busy_poll),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_late_write),
		cmocka_unit_test(test_late_read),
		cmocka_unit_test(test_bad_start),
		cmocka_unit_test(test_rng),
		cmocka_unit_test(test_rng_options),
	};

	int failed = cmocka_run_group_tests_name(
		"by io_uring", tests, make_directory, remove_directory);

	if (!forbid_io_uring())
		return 1;
	return failed + cmocka_run_group_tests_name("without io_uring", tests,
						    make_directory,
						    remove_directory);
}
