// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/twinos.h>
#include <stdio.h>
#include <string.h>

#include "restart.h"

/* What runs for that long is in order, and its next end is a new trouble. */
#define IN_ORDER_MS 60000
#define WAIT_MOST_MS 60000

const char *const restart_words[] = {
	[RESTART_NO] = "no",
	[RESTART_ON_FAILURE] = "on-failure",
	[RESTART_ALWAYS] = "always",
	NULL,
};

int restart_parse(const char *text, enum restart_policy *policy,
		  struct twinos_error *err)
{
	unsigned int i;

	for (i = 0; restart_words[i]; i++)
		if (!strcmp(text, restart_words[i])) {
			*policy = i;
			return 0;
		}
	err->kind = TWINOS_ERROR_USAGE;
	err->code = EINVAL;
	snprintf(err->text, sizeof(err->text),
		 "'%.64s' is none of no, on-failure, always", text);
	return -EINVAL;
}

static bool is_covered(enum restart_policy policy, unsigned int reason)
{
	switch (reason) {
	case TWINOS_REASON_PANICKED:
	case TWINOS_REASON_HUNG:
	case TWINOS_REASON_REBOOTED:
		return policy != RESTART_NO;
	case TWINOS_REASON_HALTED:
		return policy == RESTART_ALWAYS;
	}
	return false;
}

/* At once, then after 1 s, 2 s, 4 s... */
static int64_t wait_before(unsigned int count)
{
	if (!count)
		return 0;
	return count > 6 ? WAIT_MOST_MS : 1000LL << (count - 1);
}

bool restart_wanted(struct restart *restart, unsigned int reason,
		    int64_t ran_ms, int64_t *wait_ms)
{
	if (!is_covered(restart->policy, reason))
		return false;
	if (ran_ms >= IN_ORDER_MS)
		restart->count = 0;
	if (restart->limit && restart->count >= restart->limit)
		return false;
	*wait_ms = wait_before(restart->count++);
	return true;
}
