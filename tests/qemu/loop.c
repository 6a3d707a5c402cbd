// SPDX-License-Identifier: GPL-2.0-only
/*
 * loop TTY [SECONDS] - send bytes to a serial port that hears itself, and see
 * whether each comes back
 *
 * The port's own loop-back is used: nothing leaves it, but its interrupts are real.
 * Prints "loop bytes=N". Until SIGTERM without SECONDS.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "job.h"

#ifndef TIOCM_LOOP /* <asm/termios.h> does not go with <termios.h> */
#define TIOCM_LOOP 0x8000
#endif

#define BURST 14 /* fits the receiver's FIFO */
#define PATIENCE 30000 /* ms for a byte */

static int open_loop(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY), bits = TIOCM_LOOP;
	struct termios raw;

	if (fd < 0 || tcgetattr(fd, &raw))
		return -1;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	cfsetspeed(&raw, B115200);
	if (tcsetattr(fd, TCSANOW, &raw) || ioctl(fd, TIOCMBIS, &bits) ||
	    tcflush(fd, TCIOFLUSH))
		return -1;
	return fd;
}

static int is_there(int fd)
{
	struct pollfd can_read = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&can_read, 1, PATIENCE);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static int receive(int fd, const unsigned char *wanted, size_t n)
{
	unsigned char got[BURST];
	ssize_t length;

	for (size_t done = 0; done < n; done += length) {
		if (!is_there(fd)) {
			fprintf(stderr, "loop: %zu of %zu bytes came\n", done,
				n);
			return 1;
		}
		length = read(fd, got, n - done);
		if (length <= 0 || memcmp(got, wanted + done, length)) {
			fprintf(stderr, "loop: a wrong byte came\n");
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open_loop(argv[1]) : -1;
	unsigned char burst[BURST];
	unsigned long long bytes = 0;

	if (fd < 0) {
		perror("loop");
		return 2;
	}
	job_begin(job_number(argc, argv, 2, 0));
	while (job_goes_on()) {
		size_t n = 1 + bytes % BURST;

		for (size_t i = 0; i < n; i++)
			burst[i] = (bytes + i) * 167 >> 2;
		if (write(fd, burst, n) != (ssize_t)n || receive(fd, burst, n))
			return 1;
		bytes += n;
		usleep(5000);
	}
	return printf("loop bytes=%llu\n", bytes) < 0 || !bytes;
}
