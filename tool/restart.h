/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a twin that has ended is started anew, and when. */
#ifndef TWINCTL_RESTART_H
#define TWINCTL_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "libtwinos.h"

enum restart_policy {
	RESTART_NO,
	RESTART_ON_FAILURE, /* it panicked, hung, or restarted by itself */
	RESTART_ALWAYS, /* also: it halted or powered off */
};

#define RESTART_LIMIT 5

/**
 * struct restart
 * @limit: how often in a row; 0: without end
 * @count: how often so far; a twin that ran for a while begins anew
 */
struct restart {
	enum restart_policy policy;
	unsigned int limit;
	unsigned int count;
};

/* restart_parse() - one of restart_words, which ends with NULL: no, on-failure, always */
extern const char *const restart_words[];
int restart_parse(const char *text, enum restart_policy *policy,
		  struct twinos_error *err);

/*
 * restart_wanted() - for a twin that ran for @ran_ms and ended with @reason,
 * TWINOS_REASON_*; counts it. @wait_ms: for how long to wait before that.
 */
bool restart_wanted(struct restart *restart, unsigned int reason,
		    int64_t ran_ms, int64_t *wait_ms);

#endif
