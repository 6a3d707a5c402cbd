// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "exit.h"
#include "output.h"
#include "progress.h"
#include "vmcore.h"

struct writing {
	struct progress progress;
	int signals;
};

/* The signal stays where it is: it is for whoever called us as well. */
static int step(void *ctx, uint64_t done, uint64_t total)
{
	struct writing *writing = ctx;
	struct pollfd in = { .fd = writing->signals, .events = POLLIN };

	progress_show(&writing->progress, done, total);
	return poll(&in, 1, 0) > 0;
}

int vmcore_write(const struct vmcore *vmcore, struct twinos_dump_result *result,
		 struct twinos_error *err)
{
	struct writing writing = { .signals = vmcore->signals };
	int fd = vmcore->fd, ret;
	struct twinos_dump dump = {
		.path = vmcore->path,
		.force = vmcore->force,
		.ranges = vmcore->ranges,
		.nr_ranges = vmcore->nr_ranges,
		.read = twinos_read_fd,
		.read_ctx = &fd,
		.progress = step,
		.progress_ctx = &writing,
	};

	progress_begin(&writing.progress);
	ret = twinos_dump(&dump, result, err);
	progress_end(&writing.progress);
	return ret;
}

static json_t *to_json(const char *path,
		       const struct twinos_dump_result *result)
{
	return json_pack("{s:s, s:I, s:I}", "file", path, "bytes",
			 (json_int_t)result->bytes, "stored",
			 (json_int_t)result->stored);
}

static int print_json(const struct vmcore *vmcore,
		      const struct twinos_dump_result *result)
{
	char plain[PATH_MAX * ESCAPE_MAX + 1];
	json_t *object = to_json(vmcore->path, result);

	/* jansson takes no text that is not UTF-8 */
	if (!object) {
		escape(plain, vmcore->path, strnlen(vmcore->path, PATH_MAX),
		       "");
		object = to_json(plain, result);
	}
	return output_object(object, JSON_COMPACT);
}

void vmcore_describe(const struct vmcore *vmcore,
		     const struct twinos_dump_result *result, char *text,
		     size_t size)
{
	snprintf(text, size,
		 "the memory of twin '%s' is in %s: %llu MiB, %llu MiB stored",
		 vmcore->name, vmcore->path,
		 (unsigned long long)result->bytes >> 20,
		 (unsigned long long)result->stored >> 20);
}

void vmcore_describe_lack(const struct vmcore *vmcore, char *text, size_t size)
{
	snprintf(text, size,
		 "the kernel of twin '%s' has not described itself yet "
		 "(no VMCOREINFO): readers of the dump need its addresses",
		 vmcore->name);
}

int vmcore_print(const struct vmcore *vmcore,
		 const struct twinos_dump_result *result)
{
	char text[VMCORE_TEXT_SIZE];

	if (!result->described) {
		vmcore_describe_lack(vmcore, text, sizeof(text));
		note("%s", text);
	}
	if (output_json)
		return print_json(vmcore, result);
	vmcore_describe(vmcore, result, text, sizeof(text));
	note("%s", text);
	return EXIT_OK;
}
