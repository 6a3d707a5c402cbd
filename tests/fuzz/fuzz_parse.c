// SPDX-License-Identifier: GPL-2.0-only
/* Every notation of twinctl's command line; the first byte says which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "parse.h"
#include "reuse.h"

static void fuzz_cpus(const char *text)
{
	struct twinos_error err;
	struct parse_cpus cpus;
	size_t i;

	if (parse_cpus(text, &cpus, &err))
		return;
	if (cpus.nr == 0 || cpus.nr > TWINOS_MAX_CPUS)
		abort();
	for (i = 1; cpus.listed && i < cpus.nr; i++)
		if (cpus.cpus[i] == cpus.cpus[i - 1])
			abort();
}

static void fuzz_name(const char *text)
{
	struct twinos_error err;

	if (!parse_name(text, &err) && strlen(text) >= TWINOS_NAME_SIZE)
		abort();
}

static void fuzz_values(const char *text)
{
	enum twinos_entry entry;
	struct twinos_error err;
	unsigned int level, cpu, us;
	uint64_t size;
	int64_t ms;

	parse_size(text, &size, &err);
	parse_entry(text, &entry, &err);
	parse_level(text, &level, &err);
	parse_cpu(text, &cpu, &err);
	if (!parse_slice(text, &us, &err) &&
	    (us < TWINOS_SLICE_MIN_US || us > TWINOS_SLICE_MAX_US))
		abort();
	if (!parse_seconds(text, &ms, &err) && ms < 0)
		abort();
}

static void fuzz_reuse(const char *text, bool shared)
{
	char *options = reuse_filter(text, shared);

	if (!options || strlen(options) > strlen(text) ||
	    twinos_cmdline_check(options, shared, shared, NULL))
		abort();
	free(options);
}

static void fuzz_escape(const char *text, size_t length)
{
	char *out = malloc(length * ESCAPE_MAX + 1);
	size_t written = escape(out, text, length, "\n\t");

	if (strlen(out) != written || strspn(out, "\n\t") > length ||
	    strchr(out, 0x1b))
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	switch (data[0] % 5) {
	case 0:
		fuzz_cpus(text);
		break;
	case 1:
		fuzz_name(text);
		break;
	case 2:
		fuzz_values(text);
		break;
	case 3:
		fuzz_reuse(text, false);
		fuzz_reuse(text, true);
		break;
	case 4:
		fuzz_escape((const char *)data + 1, size - 1);
		break;
	}
	free(text);
	return 0;
}
