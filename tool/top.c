// SPDX-License-Identifier: GPL-2.0-only
/* twinctl top: what all twins do, now and now again. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "rates.h"
#include "stamp.h"
#include "topscreen.h"
#include "topview.h"

#define DEFAULT_INTERVAL_MS 2000
#define INTERVAL_MIN_MS 100

struct top {
	int64_t interval_ms;
	bool once;
};

static int set_interval(void *into, const char *value, struct twinos_error *err)
{
	struct top *top = into;
	int ret = parse_seconds(value, &top->interval_ms, err);

	if (ret || top->interval_ms >= INTERVAL_MIN_MS)
		return ret;
	snprintf(err->text, sizeof(err->text), "give 0.1 or more");
	return -EINVAL;
}

static int set_once(void *into, const char *value, struct twinos_error *err)
{
	struct top *top = into;

	(void)value;
	(void)err;
	top->once = true;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "interval",
	  .value = "SECONDS",
	  .set = set_interval,
	  .help = "how often to look (default: 2)" },
	{ .name = "once",
	  .set = set_once,
	  .help = "look twice, print what was between, and end; needs no\n"
		  "terminal" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "with --once: JSON on standard output, errors too" },
	{ 0 },
};

const struct args top_args = {
	.command = "top",
	.operands = "",
	.help = "Show what all twins do: how busy their CPUs are, notifications, "
		"traffic, and the\nlast lines of the log of one that is "
		"selected. 'h' shows the keys.",
	.options = options,
};

static int sample(struct rates *rates)
{
	struct twinos_error err;
	struct sample now;

	if (sample_take(&now, &err))
		return fail(&err);
	if (!rates_take(rates, &now))
		return EXIT_OK;
	sample_free(&now);
	errno = ENOMEM;
	return fail_errno("cannot take a sample");
}

static int print(const struct rates *rates)
{
	struct topview_shape shape = topview_shape(rates, 0);
	char text[TOPVIEW_SIZE];
	size_t i;

	if (output_json)
		return output_object(topview_json(rates, stamp_now()),
				     JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	topview_head(text, &shape);
	puts(text);
	for (i = 0; i < rates->nr; i++) {
		topview_twin(text, &shape, &rates->twins[i]);
		puts(text);
	}
	return EXIT_OK;
}

static int print_once(const struct top *top, struct rates *rates)
{
	const struct timespec interval = {
		.tv_sec = top->interval_ms / 1000,
		.tv_nsec = top->interval_ms % 1000 * 1000000,
	};
	int code = sample(rates);

	if (code)
		return code;
	nanosleep(&interval, NULL);
	code = sample(rates);
	return code ? code : print(rates);
}

static int show(const struct top *top, struct rates *rates)
{
	int code;

	if (top->once)
		return print_once(top, rates);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fail_with(EXIT_USAGE,
				 "standard input and output are no terminal: "
				 "'twinctl top --once' needs none");
	/* Whether the module is there had best be told before. */
	code = sample(rates);
	return code ? code : topscreen_run(rates, top->interval_ms);
}

int command_top(int argc, char **argv)
{
	struct top top = { .interval_ms = DEFAULT_INTERVAL_MS };
	struct rates *rates;
	int code;

	if (!args_parse(&top_args, &top, &argc, &argv, &code))
		return code;
	if (output_json && !top.once)
		return fail_usage(top_args.command, "--json goes with --once");
	rates = rates_new();
	if (!rates) {
		errno = ENOMEM;
		return fail_errno("cannot begin");
	}
	code = show(&top, rates);
	rates_free(rates);
	return code;
}
