// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

/* No record is longer (kernel/printk/internal.h: PRINTKRB_RECORD_MAX + prefix). */
#define RECORD_MAX 8192
#define LOG_MAX (32UL << 20)
/* Bits of the priority below the facility, which is 0 for the kernel. */
#define LEVELS 8

/*
 * One read() is one record. EPIPE: records were overwritten since the last one.
 * EAGAIN: there is no more.
 */
static char *read_records(int fd)
{
	size_t length = 0;
	char *text = NULL, *grown;
	ssize_t got;

	for (;;) {
		grown = realloc(text, length + RECORD_MAX + 1);
		if (!grown)
			break;
		text = grown;
		if (length > LOG_MAX)
			break;
		got = read(fd, text + length, RECORD_MAX);
		if (got < 0 && errno == EPIPE)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	if (text)
		text[length] = '\0';
	return text;
}

/*
 * A record is "PRIORITY,SEQUENCE,...;TEXT" (Documentation/ABI/testing/dev-kmsg);
 * lines that begin with a space belong to it. Keeps the texts of the kernel's.
 */
static void keep_kernel(struct twinos_kmsg *log)
{
	char *from = log->text, *to = log->text, *end, *text;
	unsigned long priority, sequence;

	for (; *from; from = end + (*end == '\n')) {
		end = from + strcspn(from, "\n");
		text = memchr(from, ';', (size_t)(end - from));
		if (!text)
			continue;
		priority = strtoul(from, &from, 10);
		sequence = *from == ',' ? strtoul(from + 1, NULL, 10) : 1;
		log->whole |= !sequence;
		if (priority >= LEVELS)
			continue;
		memmove(to, text + 1, (size_t)(end - text - 1));
		to += end - text - 1;
		*to++ = '\n';
	}
	*to = '\0';
}

void twinos_kmsg_load(struct twinos_kmsg *log, const struct twinos_hostfs *fs)
{
	int fd = twinos_hostfs_fd(fs, "/dev/kmsg");

	memset(log, 0, sizeof(*log));
	if (fd < 0)
		return;
	log->text = read_records(fd);
	close(fd);
	if (!log->text)
		return;
	keep_kernel(log);
	if (*log->text)
		return;
	twinos_kmsg_free(log);
}

void twinos_kmsg_free(struct twinos_kmsg *log)
{
	free(log->text);
	memset(log, 0, sizeof(*log));
}

bool twinos_kmsg_says(const struct twinos_kmsg *log, const char *words)
{
	return log->text && strstr(log->text, words);
}
