// SPDX-License-Identifier: GPL-2.0-only
/* twinctl stop: take the cores back by INIT and wait until all is given back. */
#include <errno.h>
#include <linux/twinos.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "twins.h"
#include "watch.h"

#define DEFAULT_TIMEOUT_MS 10000

struct stop {
	bool all;
	bool force;
	int64_t timeout_ms;
};

static int set_all(void *into, const char *value, struct twinos_error *err)
{
	struct stop *stop = into;

	(void)value;
	(void)err;
	stop->all = true;
	return 0;
}

static int set_force(void *into, const char *value, struct twinos_error *err)
{
	struct stop *stop = into;

	(void)value;
	(void)err;
	stop->force = true;
	return 0;
}

static int set_timeout(void *into, const char *value, struct twinos_error *err)
{
	struct stop *stop = into;

	return parse_seconds(value, &stop->timeout_ms, err);
}

static const struct args_option options[] = {
	{ .name = "all", .set = set_all, .help = "stop every twin" },
	{ .name = "force",
	  .set = set_force,
	  .help = "kill the process that holds the twin if it does not\n"
		  "let go of it in time" },
	{ .name = "timeout",
	  .value = "SECONDS",
	  .set = set_timeout,
	  .help = "how long to wait (default: 10)" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

static const struct args args = {
	.command = "stop",
	.operands = "NAME...",
	.max_operands = 1 << 20,
	.help = "Stop twins at once, as pulling the plug would, and wait until "
		"their CPUs and\nmemory are given back.",
	.options = options,
};

static bool is_given_back(unsigned int state)
{
	return state == TWINOS_GONE || state == TWINOS_LOST;
}

static pid_t find_owner(const char *name)
{
	struct twinos_status *list;
	pid_t owner = 0;
	size_t i, nr;

	if (twinos_list(&list, &nr, NULL))
		return 0;
	for (i = 0; i < nr; i++)
		if (!strcmp(list[i].name, name))
			owner = list[i].owner;
	twinos_list_free(list, nr);
	return owner;
}

/*
 * Process numbers are reused. But as long as the twin behind @fd is not gone its
 * owner lives, so what the pidfd was opened for is the owner.
 */
static void signal_owner(int fd, const char *name, int signal_nr)
{
	pid_t owner = find_owner(name);
	unsigned int state;
	int pidfd;

	pidfd = owner > 0 ? pidfd_open(owner, 0) : -1;
	if (pidfd < 0)
		return;
	if (!twinos_get_state(fd, &state, NULL) && state != TWINOS_GONE)
		pidfd_send_signal(pidfd, signal_nr, NULL, 0);
	close(pidfd);
}

/* An owner whose twin was not stopped by us does not know that it is to go. */
static int wait_for_owner(const struct stop *stop, int fd, const char *name,
			  unsigned int *state, unsigned int *reason)
{
	int ret;

	if (!twinos_get_state(fd, state, reason) &&
	    *reason != TWINOS_REASON_REQUEST)
		signal_owner(fd, name, SIGTERM);
	ret = watch_until(fd, is_given_back, stop->timeout_ms, state, reason);
	if (ret != -ETIMEDOUT || !stop->force)
		return ret;
	signal_owner(fd, name, SIGKILL);
	return watch_until(fd, is_given_back, stop->timeout_ms, state, reason);
}

static int not_given_back(const struct stop *stop, const char *name)
{
	return fail_with(EXIT_TIMED_OUT,
			 "process %d still holds twin '%s' after %g s%s",
			 (int)find_owner(name), name,
			 (double)stop->timeout_ms / 1000,
			 stop->force ? "" : "; --force kills it");
}

static int print_stopped(const char *name, unsigned int state)
{
	if (state == TWINOS_LOST)
		return twins_end(name, state, TWINOS_REASON_REQUEST);
	if (output_json)
		return output_object(json_pack("{s:s, s:s}", "name", name,
					       "state",
					       twinos_state_name(state)),
				     JSON_COMPACT);
	return EXIT_OK;
}

static int stop_fd(const struct stop *stop, int fd, const char *name)
{
	unsigned int state, reason;
	struct twinos_error err;
	int ret;

	ret = twinos_stop(fd, TWINOS_REASON_REQUEST, &err);
	/* ENODEV: it went by itself. EIO: it is lost, as its state will say. */
	if (ret && ret != -ENODEV && ret != -EIO)
		return fail(&err);
	ret = wait_for_owner(stop, fd, name, &state, &reason);
	if (ret == -ETIMEDOUT)
		return not_given_back(stop, name);
	if (!ret)
		return print_stopped(name, state);
	errno = -ret;
	return fail_errno("cannot wait for the end of twin '%s'", name);
}

static int stop_one(const struct stop *stop, const char *name)
{
	struct twinos_error err;
	int fd, code;

	if (parse_name(name, &err))
		return fail_usage(args.command, "%s", err.text);
	fd = twinos_open(name, &err);
	if (fd < 0)
		return fail(&err);
	code = stop_fd(stop, fd, name);
	close(fd);
	return code;
}

static int stop_all(const struct stop *stop)
{
	struct twinos_status *list;
	struct twinos_error err;
	int code = EXIT_OK, ret;
	size_t i, nr;

	if (twinos_list(&list, &nr, &err))
		return fail(&err);
	for (i = 0; i < nr; i++) {
		ret = stop_one(stop, list[i].name);
		code = code ? code : ret;
	}
	twinos_list_free(list, nr);
	return code;
}

/* One that can't be stopped does not save the others; the first error counts. */
int command_stop(int argc, char **argv)
{
	struct stop stop = { .timeout_ms = DEFAULT_TIMEOUT_MS };
	int code, ret, i;

	if (!args_parse(&args, &stop, &argc, &argv, &code))
		return code;
	if (stop.all == (argc > 0))
		return fail_usage(args.command, "give either names or --all");
	if (stop.all)
		return stop_all(&stop);
	for (code = EXIT_OK, i = 0; i < argc; i++) {
		ret = stop_one(&stop, argv[i]);
		code = code ? code : ret;
	}
	return code;
}
