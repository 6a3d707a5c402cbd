// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdbool.h>

#include "beats.h"

static bool get_bit(uint64_t word, unsigned int i)
{
	return word >> i % 64 & 1;
}

static int64_t look_at(struct twinos_beats *beats, unsigned int cpu, bool first,
		       uint32_t count, int64_t now)
{
	if (first || count != beats->last[cpu]) {
		beats->last[cpu] = count;
		beats->since[cpu] = now;
	}
	return now - beats->since[cpu];
}

/* The CPUs of one word of the bitmap, from @cpu on. */
static int64_t look_at_word(struct twinos_beats *beats,
			    const volatile struct twinos_handover *handover,
			    unsigned int cpu, int64_t now)
{
	uint64_t beating = handover->beating[cpu / 64];
	uint64_t seen = beats->seen[cpu / 64];
	int64_t silence, longest = 0;
	unsigned int i;

	for (i = cpu; i < cpu + 64; i++) {
		if (!get_bit(beating, i))
			continue;
		silence = look_at(beats, i, !get_bit(seen, i),
				  handover->beats[i], now);
		longest = silence > longest ? silence : longest;
	}
	beats->seen[cpu / 64] = beating;
	return longest;
}

int64_t twinos_beats_look(struct twinos_beats *beats,
			  const volatile struct twinos_handover *handover,
			  int64_t now)
{
	int64_t silence, longest = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < TWINOS_BEATS; cpu += 64) {
		silence = look_at_word(beats, handover, cpu, now);
		longest = silence > longest ? silence : longest;
	}
	return longest;
}
