// SPDX-License-Identifier: GPL-2.0-only
/* twinctl dmesg: a twin's kernel log, read from its memory without its help. */
#include <errno.h>
#include <linux/twinos.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "lastlog.h"
#include "output.h"
#include "parse.h"
#include "record.h"
#include "twins.h"
#include "watch.h"

/* How often --follow looks: nothing tells us of a new line. */
#define LOOK_MS 100

struct dmesg {
	bool follow;
	bool last; /* what was kept, though another twin has its name now */
	unsigned int level; /* the least severe one to print */
};

static int set_follow(void *into, const char *value, struct twinos_error *err)
{
	struct dmesg *dmesg = into;

	(void)value;
	(void)err;
	dmesg->follow = true;
	return 0;
}

static int set_last(void *into, const char *value, struct twinos_error *err)
{
	struct dmesg *dmesg = into;

	(void)value;
	(void)err;
	dmesg->last = true;
	return 0;
}

static int set_level(void *into, const char *value, struct twinos_error *err)
{
	struct dmesg *dmesg = into;

	return parse_level(value, &dmesg->level, err);
}

static const struct args_option options[] = {
	{ .name = "follow",
	  .set = set_follow,
	  .help = "go on until the twin has ended" },
	{ .name = "last",
	  .set = set_last,
	  .help = "what was kept of the last one of that name that has ended" },
	{ .name = "level",
	  .value = "LEVEL",
	  .set = set_level,
	  .offer.words = parse_levels,
	  .help = "only what is as severe as LEVEL or more: 0 to 7, or\n"
		  "emerg, alert, crit, err, warn, notice, info, debug" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "one JSON object a record on standard output, errors too" },
	{ 0 },
};

const struct args dmesg_args = {
	.command = "dmesg",
	.operands = "NAME",
	.min_operands = 1,
	.max_operands = 1,
	.help = "Print a twin's kernel log, also of one that hangs, has "
		"panicked or is gone.",
	.places = { { .kinds = ARGS_TWIN } },
	.options = options,
};

static int print_kept(const struct dmesg *dmesg, FILE *file)
{
	struct twinos_record record;
	char *text;
	int ret = 0;

	while (!ret && lastlog_next(file, &record, &text) > 0) {
		if (record.level <= dmesg->level)
			ret = record_print(&record);
		free(text);
	}
	return ret;
}

/* Of a twin that is gone; @missing is why there is no live one. */
static int print_last(const struct dmesg *dmesg, const char *name,
		      const struct twinos_error *missing)
{
	char when[32] = "";
	time_t end;
	FILE *file = lastlog_open(LASTLOG_DIR, name, &end);
	int ret;

	if (!file && missing)
		return fail(missing);
	if (!file && errno == ENOENT)
		return fail_with(EXIT_NAME, "no twin '%s' has left a log",
				 name);
	if (!file)
		return fail_errno("cannot read the last log of twin '%s'",
				  name);
	strftime(when, sizeof(when), "%F %T", localtime(&end));
	note("twin '%s' ended at %s; this is its last log", name, when);
	ret = print_kept(dmesg, file);
	fclose(file);
	errno = -ret;
	return ret ? fail_errno("cannot write to standard output") : EXIT_OK;
}

static bool has_started(unsigned int state)
{
	return state != TWINOS_CREATED && state != TWINOS_LOADED &&
	       state != TWINOS_STARTING;
}

/* Prints what there is; 0, or -errno of the log. */
static int print_records(const struct dmesg *dmesg, struct twinos_log *log,
			 int *print_error)
{
	struct twinos_record record;
	int ret;

	while ((ret = twinos_log_next(log, &record)) > 0) {
		if (record.level > dmesg->level)
			continue;
		*print_error = record_print(&record);
		if (*print_error)
			return 0;
	}
	return ret;
}

/*
 * The state is read before the log: once it says that the twin has ended,
 * nothing is written behind what we then print.
 */
static int print_until_end(const struct dmesg *dmesg, int fd,
			   struct twinos_log *log, int *print_error)
{
	struct pollfd change = { .fd = fd, .events = POLLIN };
	unsigned int state;
	int ret;

	for (;;) {
		ret = twinos_get_state(fd, &state, NULL);
		if (ret)
			return ret;
		ret = print_records(dmesg, log, print_error);
		if (*print_error || twins_ended(state))
			return ret;
		if (ret && ret != -EAGAIN && ret != -EILSEQ)
			return ret;
		poll(&change, 1, ret == -EAGAIN ? WATCH_SEARCH_MS : LOOK_MS);
	}
}

static int tell_failure(const char *name, int ret)
{
	if (ret == -EAGAIN)
		return fail_with(EXIT_SYSTEM,
				 "twin '%s' has not set its log up "
				 "yet; try again or use --follow",
				 name);
	if (ret == -EILSEQ)
		return fail_with(EXIT_SYSTEM,
				 "what stands in the memory of twin "
				 "'%s' is no kernel log",
				 name);
	if (ret == -ENODEV)
		return fail_with(EXIT_NAME,
				 "twin '%s' is gone, and its log "
				 "with it",
				 name);
	errno = -ret;
	return fail_errno("cannot read the log of twin '%s'", name);
}

static int print_log(const struct dmesg *dmesg, int fd, const char *name,
		     struct twinos_log *log)
{
	int print_error = 0, ret;

	if (dmesg->follow)
		ret = print_until_end(dmesg, fd, log, &print_error);
	else
		ret = print_records(dmesg, log, &print_error);
	/* With --follow a twin that goes away is the end that was waited for. */
	if (dmesg->follow && ret == -ENODEV)
		ret = 0;
	if (ret)
		return tell_failure(name, ret);
	if (!print_error)
		return EXIT_OK;
	errno = -print_error;
	return fail_errno("cannot write to standard output");
}

/* Before the start its ranges are not all there. */
static int wait_for_start(int fd, const char *name)
{
	unsigned int state, reason;
	int ret;

	ret = watch_until(fd, has_started, -1, &state, &reason);
	return ret ? tell_failure(name, ret) : EXIT_OK;
}

static int open_log(struct twinos_log **log, int fd, const char *name)
{
	const struct twinos_status *status;
	struct twinos_status *list;
	size_t nr;
	int code, ret;

	code = twins_find(name, &list, &nr, &status);
	if (code)
		return code;
	ret = twinos_log_open(log, fd, status->ranges, status->nr_ranges);
	twinos_list_free(list, nr);
	return ret ? tell_failure(name, ret) : EXIT_OK;
}

static int dmesg_fd(const struct dmesg *dmesg, int fd, const char *name)
{
	struct twinos_log *log;
	int code = EXIT_OK;

	if (dmesg->follow)
		code = wait_for_start(fd, name);
	if (!code)
		code = open_log(&log, fd, name);
	if (code)
		return code;
	code = print_log(dmesg, fd, name, log);
	twinos_log_free(log);
	return code;
}

int command_dmesg(int argc, char **argv)
{
	struct dmesg dmesg = { .level = 7 };
	struct twinos_error err;
	int fd, code;

	if (!args_parse(&dmesg_args, &dmesg, &argc, &argv, &code))
		return code;
	if (parse_name(argv[0], &err))
		return fail_usage(dmesg_args.command, "%s", err.text);
	if (dmesg.last)
		return print_last(&dmesg, argv[0], NULL);
	fd = twinos_open(argv[0], &err);
	if (fd < 0)
		return print_last(&dmesg, argv[0], &err);
	code = dmesg_fd(&dmesg, fd, argv[0]);
	close(fd);
	return code;
}
