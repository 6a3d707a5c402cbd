/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The heartbeats of a twin's CPUs, as its guest module shows them. */
#ifndef TWINOS_LIB_BEATS_H
#define TWINOS_LIB_BEATS_H

#include <stdint.h>

#include <twinos/handover.h>

/**
 * struct twinos_beats - what was seen so far; all zeros at first
 * @seen: CPUs that had a heartbeat at the last look
 * @last: each one's count
 * @since: when it had changed, by the clock that twinos_beats_look() is given
 */
struct twinos_beats {
	uint64_t seen[TWINOS_BEATS / 64];
	uint32_t last[TWINOS_BEATS];
	int64_t since[TWINOS_BEATS];
};

/*
 * twinos_beats_look() - for how long one CPU has not counted, at @now; a CPU is
 * as good as one that counted when it is seen first. Any value may stand in
 * @handover.
 */
int64_t twinos_beats_look(struct twinos_beats *beats,
			  const volatile struct twinos_handover *handover,
			  int64_t now);

#endif
