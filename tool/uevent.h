/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel tells everybody about twins at once: uevents, see doc/sysfs.md. */
#ifndef TWINCTL_UEVENT_H
#define TWINCTL_UEVENT_H

#include <linux/twinos.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct uevent - one of a twin's
 * @removed: the twin is gone; otherwise it is there, and
 * @state: is what it has become, TWINOS_CREATED if it is new
 * @reason: TWINOS_REASON_*
 * @time_ms: when it was read, since 1970 UTC
 */
struct uevent {
	char name[TWINOS_NAME_SIZE];
	bool removed;
	unsigned int state;
	unsigned int reason;
	int64_t time_ms;
};

/* uevent_open() - none that comes from now on is missed; the fd, or -errno */
int uevent_open(void);

/*
 * uevent_next() - 1; 0: there is none for now; -ENOBUFS: some are lost, but there may
 * be more; -errno
 */
int uevent_next(int fd, struct uevent *uevent);

/* uevent_parse() - what the kernel has sent; false: it is not about a twin */
bool uevent_parse(struct uevent *uevent, const char *data, size_t length);

#endif
