// SPDX-License-Identifier: GPL-2.0-only
/* mark LETTER - write it to port 0x3300: in QEMU's trace, at no device. */
#include <stdio.h>
#include <sys/io.h>

int main(int argc, char **argv)
{
	if (argc != 2 || ioperm(0x3300, 1, 1)) {
		perror("mark");
		return 1;
	}
	outb(*argv[1], 0x3300);
	return 0;
}
