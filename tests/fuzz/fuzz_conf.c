// SPDX-License-Identifier: GPL-2.0-only
/* A file of twin.conf(5), with any bytes in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twinos_error err = { 0 };
	struct options options;
	int ret;

	options_init(&options);
	ret = conf_parse("f", (const char *)data, size, &options, &err);
	if (ret && strncmp(err.text, "f:", 2))
		abort();
	if (!ret && !options_check(&options, "start", &err) &&
	    (!options.config.nr_cpus ||
	     options.config.memory % TWINOS_RANGE_ALIGN))
		abort();
	options_release(&options);
	return 0;
}
