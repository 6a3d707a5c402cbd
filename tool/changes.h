/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of all twins, none missing and none twice. Uevents say that something
 * has changed, sysfs says when, as long as the twin is there.
 */
#ifndef TWINCTL_CHANGES_H
#define TWINCTL_CHANGES_H

#include "libtwinos.h"
#include "uevent.h"

enum changes_kind {
	CHANGES_PRESENT, /* it is there already: what it has become last */
	CHANGES_READY, /* that was all; of no twin */
	CHANGES_CHANGE, /* what it has become; TWINOS_CREATED if it is new */
	CHANGES_GONE, /* TWINOS_GONE, and why it was stopped */
	CHANGES_OVERRUN, /* a twin that came and went now may be missing; of no twin */
};

/* struct changes_event - @name and @change are those of a twin; no time: now */
struct changes_event {
	enum changes_kind kind;
	const char *name;
	struct twinos_change change;
};

/**
 * struct changes_ops - where it comes from, and where it goes
 * @list: as twinos_list()
 * @next: as uevent_next(); the socket was opened before changes_begin()
 * @tell: each in its turn
 */
struct changes_ops {
	int (*list)(void *ctx, struct twinos_status **list, size_t *nr,
		    struct twinos_error *err);
	int (*next)(void *ctx, struct uevent *uevent);
	void (*tell)(void *ctx, const struct changes_event *event);
	void *ctx;
};

struct changes;

/* changes_begin() - tell those that are there; 0 or -errno */
int changes_begin(struct changes **changes, const struct changes_ops *ops,
		  struct twinos_error *err);
void changes_end(struct changes *changes);

/* changes_serve() - tell what there is to tell by now; 0 or -errno */
int changes_serve(struct changes *changes, struct twinos_error *err);

#endif
