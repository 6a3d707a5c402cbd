// SPDX-License-Identifier: GPL-2.0-only
/* twinctl metrics: numbers of all twins for Prometheus, by node_exporter's textfile collector. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "prometheus.h"

struct metrics {
	const char *output; /* NULL: standard output */
};

static int set_output(void *into, const char *value, struct twinos_error *err)
{
	struct metrics *metrics = into;

	if (!*value) {
		snprintf(err->text, sizeof(err->text),
			 "the file's name is empty");
		return -EINVAL;
	}
	metrics->output = value;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "output",
	  .value = "FILE",
	  .set = set_output,
	  .offer.kinds = ARGS_FILE,
	  .help = "write to FILE, which is replaced once all is written" },
	{ 0 },
};

const struct args metrics_args = {
	.command = "metrics",
	.operands = "",
	.help = "Print numbers of all twins in Prometheus' text format, for the "
		"textfile collector\nof node_exporter.",
	.options = options,
};

static int fail_output(const char *path, const char *partial)
{
	int code = errno;

	if (partial)
		unlink(partial);
	errno = code;
	return fail_errno("cannot write to '%s'", path);
}

/* The collector, which is another user, must be able to read it. */
static FILE *create(char *partial)
{
	int fd = mkostemp(partial, O_CLOEXEC);
	FILE *file;

	if (fd < 0)
		return NULL;
	file = fchmod(fd, 0644) ? NULL : fdopen(fd, "w");
	if (!file) {
		int code = errno;

		close(fd);
		unlink(partial);
		errno = code;
	}
	return file;
}

/* A device or a pipe must not become a file. */
static bool is_replaceable(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) || S_ISREG(stat.st_mode);
}

/* The collector takes only what ends in ".prom": never the half-written one. */
static int write_file(const char *path, const struct sample *sample)
{
	char partial[PATH_MAX];
	bool failed;
	FILE *file;

	if (!is_replaceable(path))
		return fail_with(EXIT_SYSTEM,
				 "'%s' is there and is no regular file", path);
	if ((size_t)snprintf(partial, sizeof(partial), "%s.XXXXXX", path) >=
	    sizeof(partial)) {
		errno = ENAMETOOLONG;
		return fail_output(path, NULL);
	}
	file = create(partial);
	if (!file)
		return fail_output(path, NULL);
	prometheus_write(file, sample->twins, sample->nr);
	failed = fflush(file) || ferror(file);
	if (fclose(file) || failed || rename(partial, path))
		return fail_output(path, partial);
	return EXIT_OK;
}

int command_metrics(int argc, char **argv)
{
	struct metrics metrics = { 0 };
	struct twinos_error err;
	struct sample sample;
	int code = EXIT_OK;

	if (!args_parse(&metrics_args, &metrics, &argc, &argv, &code))
		return code;
	if (sample_take(&sample, &err))
		return fail(&err);
	if (metrics.output)
		code = write_file(metrics.output, &sample);
	else
		prometheus_write(stdout, sample.twins, sample.nr);
	sample_free(&sample);
	return code;
}
