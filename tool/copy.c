// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "agent.h"
#include "copy.h"
#include "exit.h"
#include "output.h"
#include "remote.h"
#include "watch.h"

int copy_fail(const struct copy *copy, const char *why)
{
	return fail_with(EXIT_SYSTEM, "cannot copy '%.200s' to '%.200s': %s",
			 copy->from, copy->to, why);
}

void copy_base(const struct copy *copy, char *base, size_t size)
{
	size_t end = strlen(copy->from), start;

	while (end && copy->from[end - 1] == '/')
		end--;
	for (start = end; start && copy->from[start - 1] != '/';)
		start--;
	snprintf(base, size, "%.*s", (int)(end - start), copy->from + start);
	if (!*base || !strcmp(base, ".."))
		snprintf(base, size, ".");
}

static void take_progress(void *ctx, size_t bytes)
{
	struct copy *copy = ctx;

	copy->done += bytes;
	if (copy->total)
		progress_show(&copy->progress, MIN(copy->done, copy->total),
			      copy->total);
}

/* Programs that fail without a word are rare, but there are some. */
static int fail_exited(const struct copy *copy, char *complaint,
		       unsigned int code)
{
	complaint[strcspn(complaint, "\n")] = '\0';
	if (!*complaint)
		sprintf(complaint, "exit code %u in the twin", code);
	return copy_fail(copy, complaint);
}

static int say_end(const struct copy *copy, char *complaint,
		   const struct remote_end *end)
{
	char what[256];

	if (end->kind == REMOTE_EXITED && !end->value)
		return EXIT_OK;
	if (end->kind == REMOTE_EXITED)
		return fail_exited(copy, complaint, end->value);
	if (end->kind == REMOTE_SIGNALED)
		return copy_fail(copy, "it was ended by a signal in the twin");
	snprintf(what, sizeof(what), "copy '%.200s'", copy->from);
	return remote_fail(copy->name, what, end);
}

int copy_run(struct copy *copy, const char *const *argv, int in, int out,
	     char *text, size_t size)
{
	char complaint[256] = "";
	struct remote remote = {
		.argv = (char *const *)argv,
		.in = in,
		.out = { .fd = out, .text = text, .size = size },
		.err = { .fd = -1,
			 .text = complaint,
			 .size = sizeof(complaint) },
		.signals = -1,
		.until = -1,
		.progress = take_progress,
		.ctx = copy,
	};
	struct remote_end end;
	struct twinos_error err;
	int fd;

	fd = agent_connect(copy->name, watch_now() + AGENT_ANSWER_MS, &err);
	if (fd < 0)
		return agent_fail(&err);
	progress_begin(&copy->progress);
	remote_run(fd, &remote, &end);
	progress_end(&copy->progress);
	close(fd);
	return say_end(copy, complaint, &end);
}
