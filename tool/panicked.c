// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include "output.h"
#include "panicked.h"
#include "vmcore.h"

static int name_file(const char *name, const char *dir, char *path, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	return snprintf(path, size, "%s/%s-%s.vmcore", dir, name, when);
}

static void tell_log(const struct vmcore *vmcore, int ret,
		     const struct twinos_dump_result *result,
		     const struct twinos_error *err)
{
	char text[VMCORE_TEXT_SIZE];

	if (ret)
		tell(true, LOG_ERR, "twin '%s' panicked; no dump: %s",
		     vmcore->name, err->text);
	if (!ret && !result->described) {
		vmcore_describe_lack(vmcore, text, sizeof(text));
		tell(true, LOG_WARNING, "%s", text);
	}
	if (!ret) {
		vmcore_describe(vmcore, result, text, sizeof(text));
		tell(true, LOG_NOTICE, "%s", text);
	}
}

void panicked_save(const struct twinos_twin *twin, const char *dir, int signals,
		   bool log)
{
	const struct twinos_plan *plan = twinos_twin_plan(twin);
	struct twinos_dump_result result;
	struct twinos_error err;
	char path[PATH_MAX + 64];
	struct vmcore vmcore = {
		.name = plan->name,
		.fd = twinos_twin_fd(twin),
		.ranges = plan->ranges,
		.nr_ranges = plan->nr_ranges,
		.path = path,
		.signals = signals,
	};
	int ret;

	name_file(plan->name, dir, path, sizeof(path));
	ret = vmcore_write(&vmcore, &result, &err);
	if (log)
		tell_log(&vmcore, ret, &result, &err);
	else if (ret)
		fail(&err);
	else
		vmcore_print(&vmcore, &result);
}
