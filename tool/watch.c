// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "watch.h"

int64_t watch_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What poll(2) takes: -1 is for ever, and an int may be too small. */
static int poll_timeout(int64_t until)
{
	int64_t left;

	if (until < 0)
		return -1;
	left = until - watch_now();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int watch_until(int fd, bool (*reached)(unsigned int state), int64_t timeout_ms,
		unsigned int *state, unsigned int *reason)
{
	int64_t until = timeout_ms < 0 ? -1 : watch_now() + timeout_ms;
	struct pollfd change = { .fd = fd, .events = POLLIN };
	int ret;

	/* POLLIN means a change since the last GET_STATE: none is missed. */
	for (;;) {
		ret = twinos_get_state(fd, state, reason);
		if (ret || reached(*state))
			return ret;
		ret = poll(&change, 1, poll_timeout(until));
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (!ret && watch_now() >= until)
			return -ETIMEDOUT;
	}
}
