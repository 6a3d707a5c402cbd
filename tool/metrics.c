// SPDX-License-Identifier: GPL-2.0-only
/* twinctl metrics: numbers of all twins for Prometheus, by node_exporter's textfile collector. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "newfile.h"
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

/* The collector, which is another user, must be able to read it. 0 or -errno */
static int write_all(int fd, const struct sample *sample)
{
	int copy = fchmod(fd, 0644) ? -1 : dup(fd);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "w");
	bool failed;

	if (!file)
		return -errno;
	prometheus_write(file, sample->twins, sample->nr);
	failed = fflush(file) || ferror(file);
	return fclose(file) || failed ? -errno : 0;
}

/* The collector takes only what ends in ".prom": never the half-written one. */
static int write_file(const char *path, const struct sample *sample)
{
	struct twinos_newfile file;
	struct twinos_error err;
	int ret;

	ret = twinos_newfile_open(&file, path, true, &err);
	if (!ret)
		ret = twinos_newfile_close(&file, write_all(file.fd, sample),
					   &err);
	if (!ret)
		return EXIT_OK;
	/* A device or a pipe must not become a file. */
	if (ret == -EEXIST)
		return fail(&err);
	errno = -ret;
	return fail_errno("cannot write to '%s'", path);
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
