// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each change of a twin is written to its history in sysfs and then told by one uevent,
 * in the same order. So if sysfs told us more than one, the uevents of the others are
 * still to come, and are counted off. A twin may be gone from sysfs, and another of the
 * same name be there, when its uevents are read: then they are all there is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"

/* Twins that come and go without end must not keep us from beginning. */
#define SETTLE_ROUNDS 16

struct history {
	struct twinos_change changes[TWINOS_CHANGES_MAX]; /* the newest last */
	size_t nr;
};

/**
 * struct known - a twin that was told
 * @history: as far as it was told
 * @ahead: the uevents of so many of these have not come yet
 */
struct known {
	char name[TWINOS_NAME_SIZE];
	struct history history;
	size_t ahead;
};

/**
 * struct changes
 * @queue: uevents from number @first on are yet to be looked at
 * @overrun: some are not in it
 * @begun: the module was there
 */
struct changes {
	const struct changes_ops *ops;
	struct known *known;
	size_t nr_known;
	struct uevent *queue;
	size_t first, nr_queue;
	bool overrun;
	bool begun;
};

static int no_memory(struct twinos_error *err)
{
	err->kind = TWINOS_ERROR_SYSTEM;
	err->code = ENOMEM;
	strcpy(err->text, "out of memory");
	return -ENOMEM;
}

/* ---- telling ---- */

static void tell(const struct changes *changes, enum changes_kind kind,
		 const char *name, const struct twinos_change *change)
{
	struct changes_event event = { .kind = kind, .name = name };

	if (change)
		event.change = *change;
	changes->ops->tell(changes->ops->ctx, &event);
}

static void remember(struct history *history,
		     const struct twinos_change *change)
{
	if (history->nr == TWINOS_CHANGES_MAX)
		memmove(history->changes, history->changes + 1,
			--history->nr * sizeof(*change));
	history->changes[history->nr++] = *change;
}

static const struct twinos_change *last_of(const struct history *history)
{
	static const struct twinos_change none = { .state = TWINOS_GONE };

	return history->nr ? &history->changes[history->nr - 1] : &none;
}

/* The history @now, but for its last @nr changes, is the end of @before. */
static bool continues(const struct history *before, const struct history *now,
		      size_t nr)
{
	size_t old = now->nr - nr;

	return old <= before->nr &&
	       !memcmp(now->changes, before->changes + before->nr - old,
		       old * sizeof(*now->changes));
}

static size_t count_new(const struct history *before, const struct history *now)
{
	size_t nr = 0;

	while (!continues(before, now, nr))
		nr++;
	return nr;
}

/* Returns how many there were. */
static size_t tell_new(const struct changes *changes, struct known *known,
		       const struct history *now)
{
	size_t nr = count_new(&known->history, now), i;

	for (i = now->nr - nr; i < now->nr; i++)
		tell(changes, CHANGES_CHANGE, known->name, &now->changes[i]);
	known->history = *now;
	return nr;
}

/* ---- the twins ---- */

static struct known *find(const struct changes *changes, const char *name)
{
	size_t i;

	for (i = 0; i < changes->nr_known; i++)
		if (!strcmp(changes->known[i].name, name))
			return &changes->known[i];
	return NULL;
}

static struct known *add(struct changes *changes, const char *name)
{
	struct known *known;

	known = realloc(changes->known,
			(changes->nr_known + 1) * sizeof(*known));
	if (!known)
		return NULL;
	changes->known = known;
	known += changes->nr_known++;
	memset(known, 0, sizeof(*known));
	strcpy(known->name, name);
	return known;
}

static void tell_gone(struct changes *changes, struct known *known,
		      int64_t time_ms)
{
	const struct twinos_change gone = {
		.time_ms = time_ms,
		.state = TWINOS_GONE,
		.reason = last_of(&known->history)->reason,
	};

	tell(changes, CHANGES_GONE, known->name, &gone);
	*known = changes->known[--changes->nr_known];
}

/* ---- the queue ---- */

static int push(struct changes *changes, const struct uevent *uevent)
{
	struct uevent *longer;

	longer = realloc(changes->queue,
			 (changes->nr_queue + 1) * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	changes->queue = longer;
	longer[changes->nr_queue++] = *uevent;
	return 0;
}

static void drop_queue(struct changes *changes)
{
	changes->first = changes->nr_queue = 0;
	changes->overrun = false;
}

static int fail_read(int ret, struct twinos_error *err)
{
	if (ret == -ENOMEM)
		return no_memory(err);
	err->kind = TWINOS_ERROR_SYSTEM;
	err->code = -ret;
	strcpy(err->text, "the kernel's uevents can't be read");
	return ret;
}

/* All that there are. */
static int fill(struct changes *changes, struct twinos_error *err)
{
	struct uevent uevent;
	int ret;

	for (;;) {
		ret = changes->ops->next(changes->ops->ctx, &uevent);
		if (!ret)
			return 0;
		if (ret > 0)
			ret = push(changes, &uevent);
		else if (ret == -ENOBUFS)
			changes->overrun = true, ret = 0;
		if (ret)
			return fail_read(ret, err);
	}
}

static bool is_removed_in_queue(const struct changes *changes, const char *name)
{
	size_t i;

	for (i = changes->first; i < changes->nr_queue; i++)
		if (changes->queue[i].removed &&
		    !strcmp(changes->queue[i].name, name))
			return true;
	return false;
}

/* ---- sysfs ---- */

/* If the module is removed while we look on, its twins are gone before. */
static int list(const struct changes *changes, struct twinos_status **twins,
		size_t *nr, struct twinos_error *err)
{
	int ret = changes->ops->list(changes->ops->ctx, twins, nr, err);

	if (!ret || err->kind != TWINOS_ERROR_MODULE || !changes->begun)
		return ret;
	*twins = NULL;
	*nr = 0;
	return 0;
}

/* Nothing while it is being removed. */
static struct history history_of(const struct twinos_status *status)
{
	struct history history = { .nr = status->nr_changes };

	memcpy(history.changes, status->changes, sizeof(history.changes));
	return history;
}

static const struct twinos_status *
find_status(const struct twinos_status *twins, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(twins[i].name, name))
			return &twins[i];
	return NULL;
}

/*
 * What sysfs has of @name. Nothing if it was removed meanwhile, which is told before
 * another of that name can be there. 0 or -errno
 */
static int look(struct changes *changes, const char *name,
		struct history *history, struct twinos_error *err)
{
	const struct twinos_status *status;
	struct twinos_status *twins;
	size_t nr;
	int ret;

	history->nr = 0;
	ret = list(changes, &twins, &nr, err);
	if (ret)
		return ret;
	status = find_status(twins, nr, name);
	if (status)
		*history = history_of(status);
	twinos_list_free(twins, nr);
	ret = fill(changes, err);
	if (is_removed_in_queue(changes, name))
		history->nr = 0;
	return ret;
}

/* ---- uevents ---- */

/* A state never follows on itself: that was told already. */
static void tell_uevent(struct changes *changes, struct known *known,
			const struct uevent *uevent)
{
	const struct twinos_change *last = last_of(&known->history);
	const struct twinos_change change = {
		.time_ms = uevent->time_ms,
		.state = uevent->state,
		.reason = uevent->reason,
	};

	if (last->state == change.state && last->reason == change.reason)
		return;
	tell(changes, CHANGES_CHANGE, known->name, &change);
	remember(&known->history, &change);
}

static int take_change(struct changes *changes, struct known *known,
		       const struct uevent *uevent, struct twinos_error *err)
{
	struct history now;
	size_t nr;
	int ret;

	if (known->ahead) {
		known->ahead--;
		return 0;
	}
	ret = look(changes, uevent->name, &now, err);
	if (ret)
		return ret;
	if (!now.nr) {
		tell_uevent(changes, known, uevent);
		return 0;
	}
	nr = tell_new(changes, known, &now);
	known->ahead = nr ? nr - 1 : 0;
	return 0;
}

static int take(struct changes *changes, const struct uevent *uevent,
		struct twinos_error *err)
{
	struct known *known = find(changes, uevent->name);

	if (uevent->removed) {
		if (known)
			tell_gone(changes, known, uevent->time_ms);
		return 0;
	}
	if (!known)
		known = add(changes, uevent->name);
	return known ? take_change(changes, known, uevent, err) :
		       no_memory(err);
}

/* ---- the beginning, and after an overrun ---- */

/* The twins, and no uevent that could be about what is seen here. 1: some were */
static int list_anew(struct changes *changes, struct twinos_status **twins,
		     size_t *nr, struct twinos_error *err)
{
	int ret = list(changes, twins, nr, err);
	bool some;

	if (ret)
		return ret;
	drop_queue(changes);
	ret = fill(changes, err);
	some = changes->nr_queue || changes->overrun;
	drop_queue(changes);
	if (ret)
		twinos_list_free(*twins, *nr);
	return ret ? ret : some;
}

static int settle(struct changes *changes, struct twinos_status **twins,
		  size_t *nr, struct twinos_error *err)
{
	int ret = list_anew(changes, twins, nr, err), round;

	for (round = 1; ret > 0 && round < SETTLE_ROUNDS; round++) {
		twinos_list_free(*twins, *nr);
		ret = list_anew(changes, twins, nr, err);
	}
	return ret < 0 ? ret : 0;
}

/* Another one of that name begins anew. */
static bool is_another(const struct known *known, const struct history *now)
{
	return count_new(&known->history, now) == now->nr &&
	       now->changes[0].state == TWINOS_CREATED;
}

static void drop_those_gone(struct changes *changes,
			    const struct twinos_status *twins, size_t nr)
{
	const struct twinos_status *status;
	struct history now = { 0 };
	struct known *known;
	size_t i;

	for (i = changes->nr_known; i-- > 0;) {
		known = &changes->known[i];
		known->ahead = 0;
		status = find_status(twins, nr, known->name);
		if (status)
			now = history_of(status);
		if (!status || is_another(known, &now))
			tell_gone(changes, known, 0);
	}
}

static int tell_those_there(struct changes *changes,
			    const struct twinos_status *twins, size_t nr,
			    struct twinos_error *err)
{
	struct history now;
	struct known *known;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!twins[i].nr_changes)
			continue;
		known = find(changes, twins[i].name);
		if (!known)
			known = add(changes, twins[i].name);
		if (!known)
			return no_memory(err);
		now = history_of(&twins[i]);
		tell_new(changes, known, &now);
	}
	return 0;
}

static int catch_up(struct changes *changes, struct twinos_error *err)
{
	struct twinos_status *twins;
	size_t nr;
	int ret;

	tell(changes, CHANGES_OVERRUN, NULL, NULL);
	ret = settle(changes, &twins, &nr, err);
	if (ret)
		return ret;
	drop_those_gone(changes, twins, nr);
	ret = tell_those_there(changes, twins, nr, err);
	twinos_list_free(twins, nr);
	return ret;
}

static int tell_present(struct changes *changes,
			const struct twinos_status *twins, size_t nr,
			struct twinos_error *err)
{
	struct known *known;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!twins[i].nr_changes)
			continue;
		known = add(changes, twins[i].name);
		if (!known)
			return no_memory(err);
		known->history = history_of(&twins[i]);
		tell(changes, CHANGES_PRESENT, known->name,
		     last_of(&known->history));
	}
	tell(changes, CHANGES_READY, NULL, NULL);
	return 0;
}

static int begin(struct changes *changes, struct twinos_error *err)
{
	struct twinos_status *twins;
	size_t nr;
	int ret = settle(changes, &twins, &nr, err);

	if (ret)
		return ret;
	changes->begun = true;
	ret = tell_present(changes, twins, nr, err);
	twinos_list_free(twins, nr);
	return ret;
}

int changes_begin(struct changes **changes, const struct changes_ops *ops,
		  struct twinos_error *err)
{
	struct changes *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return no_memory(err);
	new->ops = ops;
	ret = begin(new, err);
	if (ret)
		changes_end(new);
	else
		*changes = new;
	return ret;
}

void changes_end(struct changes *changes)
{
	free(changes->known);
	free(changes->queue);
	free(changes);
}

int changes_serve(struct changes *changes, struct twinos_error *err)
{
	struct uevent uevent;
	int ret = fill(changes, err);

	while (!ret && !changes->overrun &&
	       changes->first < changes->nr_queue) {
		uevent = changes->queue[changes->first++];
		ret = take(changes, &uevent, err);
	}
	if (!ret && changes->overrun)
		return catch_up(changes, err);
	drop_queue(changes);
	return ret;
}
