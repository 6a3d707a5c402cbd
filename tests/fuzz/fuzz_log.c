// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a list of writes into a good twin's memory, of which the first
 * half are there from the start and the others happen while it is read: first
 * its log, then all of it for a dump.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core.h"

/* Fuzzers are linked with the library alone. */
#include "../unit/fake_twin.c"

#define MAX_RECORDS 256
#define MAX_FAILS 3 /* each may be a scan of the whole memory */

struct poke {
	uint16_t where;
	uint8_t area;
	uint8_t length;
	uint8_t bytes[8];
};

struct pokes {
	const uint8_t *data;
	size_t nr;
	size_t next;
};

static struct pokes pokes;

static void apply_poke(struct fake_twin *fake)
{
	static const size_t areas[] = { 0,	     TWIN_RING,
					TWIN_TABLES, TWIN_VMCOREINFO,
					TWIN_DESCS,  TWIN_INFOS,
					TWIN_DATA,   TWIN_RING };
	struct poke poke;
	size_t at;

	memcpy(&poke, pokes.data + pokes.next++ * sizeof(poke), sizeof(poke));
	at = areas[poke.area % 8] +
	     poke.where % (poke.area % 8 == 2 ? 0x8000 : 0x400);
	memcpy(fake->memory + at, poke.bytes, poke.length % 9);
}

static void poke_later(struct fake_twin *fake)
{
	if (pokes.next < pokes.nr)
		apply_poke(fake);
	fake->hook_at = fake->nr_reads + 1 + pokes.next % 3;
}

static void write_records(struct fake_twin *fake, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		fake_twin_print(fake, &"some text of a record"[i % 21]);
	fake_twin_reserve(fake, "never finished");
	fake_twin_set_state(fake, fake_twin_reserve(fake, "open"),
			    TWIN_COMMITTED);
}

static void check(const struct fake_twin *fake,
		  const struct twinos_record *record)
{
	size_t sum = 0;

	if (fake->strayed || record->level > 7)
		abort();
	for (size_t i = 0; i < record->length; i++)
		sum += (uint8_t)record->text[i];
	if (sum > record->length * UINT8_MAX)
		abort();
}

/* Whatever stands in the memory, it can be dumped. */
static void dump(struct fake_twin *fake)
{
	static int file = -1;
	struct twinos_dump_result result;
	struct twinos_dump dump = {
		.path = "memfd",
		.ranges = &fake->range,
		.nr_ranges = 1,
		.read = fake_twin_read,
		.read_ctx = fake,
	};

	if (file < 0)
		file = memfd_create("dump", 0);
	if (ftruncate(file, 0) ||
	    twinos_core_write(&dump, file, &result, NULL) || fake->strayed)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_options options;
	struct fake_twin fake;
	struct twinos_log *log;
	struct twinos_record record;
	unsigned int nr_fails = 0;

	if (!size)
		return 0;
	options.dynamic = data[0] & 1;
	options.levels = 4 + (data[0] >> 1 & 1);
	options.page_level = 1 + (data[0] >> 2 & 3) % 3;
	pokes = (struct pokes){
		.data = data + 1,
		.nr = (size - 1) / sizeof(struct poke),
	};
	fake_twin_init(&fake, &options);
	write_records(&fake, data[0] >> 4);
	while (pokes.next < pokes.nr / 2)
		apply_poke(&fake);
	fake.hook = poke_later;
	fake.hook_at = 2;

	if (twinos_log_new(&log, &fake.range, 1, fake_twin_read, &fake))
		abort();
	for (unsigned int i = 0; i < MAX_RECORDS && nr_fails < MAX_FAILS; i++) {
		if (twinos_log_next(log, &record) == 1)
			check(&fake, &record);
		else
			nr_fails++;
	}
	if (fake.strayed)
		abort();
	twinos_log_free(log);
	dump(&fake);
	fake_twin_free(&fake);
	return 0;
}
