// SPDX-License-Identifier: GPL-2.0-only
/* twinctl exec: run a command in a twin, as if it were one here. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "args.h"
#include "commands.h"
#include "error.h"
#include "exec.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "raw.h"
#include "remote.h"
#include "watch.h"

#define MAX_ENVIRONMENT 1024

enum tty { TTY_AUTO, TTY_YES, TTY_NO };

/* struct exec - @environment has room for TERM and a NULL behind what was given */
struct exec {
	enum tty tty;
	const char *directory;
	int64_t timeout_ms;
	size_t nr_environment;
	char *environment[MAX_ENVIRONMENT + 2];
	char term[64];
};

static int set_tty(void *into, const char *value, struct twinos_error *err)
{
	struct exec *exec = into;

	(void)value;
	(void)err;
	exec->tty = TTY_YES;
	return 0;
}

static int set_no_tty(void *into, const char *value, struct twinos_error *err)
{
	struct exec *exec = into;

	(void)value;
	(void)err;
	exec->tty = TTY_NO;
	return 0;
}

static int set_env(void *into, const char *value, struct twinos_error *err)
{
	struct exec *exec = into;
	const char *equals = strchr(value, '=');

	if (!equals || equals == value)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "'%.64s' is not NAME=VALUE", value);
	if (exec->nr_environment == MAX_ENVIRONMENT)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "more than %d of them", MAX_ENVIRONMENT);
	exec->environment[exec->nr_environment++] = (char *)value;
	return 0;
}

static int set_cwd(void *into, const char *value, struct twinos_error *err)
{
	struct exec *exec = into;

	if (!*value)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "the directory's name is empty");
	exec->directory = value;
	return 0;
}

static int set_timeout(void *into, const char *value, struct twinos_error *err)
{
	struct exec *exec = into;

	return parse_seconds(value, &exec->timeout_ms, err);
}

static const struct args_option options[] = {
	{ .name = "tty",
	  .letter = 't',
	  .set = set_tty,
	  .help = "give the command a terminal (default: if standard\n"
		  "input and output are one)" },
	{ .name = "no-tty",
	  .letter = 'T',
	  .set = set_no_tty,
	  .help = "never give it one" },
	{ .name = "env",
	  .value = "NAME=VALUE",
	  .repeatable = true,
	  .set = set_env,
	  .help = "add to the command's environment; may be repeated" },
	{ .name = "cwd",
	  .value = "DIR",
	  .set = set_cwd,
	  .help = "the twin's directory to run it in (default: root's\n"
		  "home)" },
	{ .name = "timeout",
	  .value = "SECONDS",
	  .set = set_timeout,
	  .help = "end it with SIGTERM after that time (default: never)" },
	{ 0 },
};

const struct args exec_args = {
	.command = "exec",
	.operands = "NAME -- COMMAND [ARGUMENT]...",
	.min_operands = 2,
	.max_operands = 1 << 20,
	.help = "Run a command in a twin in which twinos-agent runs. Standard "
		"input, output and\nerror are the command's, and so are "
		"SIGINT, SIGTERM, SIGHUP and SIGQUIT; three of\nthem end "
		"twinctl too.\n\n"
		"The exit code is the command's, 128 + N if signal N ended "
		"it, 127 if there is no\nsuch command, 126 if it can't be "
		"run; or one of twinctl(8), which a command may\nhave as "
		"well: only then twinctl has said why on standard error.",
	.places = { { .kinds = ARGS_TWIN }, { .words = ARGS_WORDS("--") } },
	.options = options,
};

static bool wants_tty(const struct exec *exec)
{
	if (exec->tty == TTY_AUTO)
		return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	return exec->tty == TTY_YES;
}

/* The terminal there is the one here. A --env TERM= comes later, and counts. */
static void add_term(struct exec *exec)
{
	const char *term = getenv("TERM");

	if (!term || (size_t)snprintf(exec->term, sizeof(exec->term), "TERM=%s",
				      term) >= sizeof(exec->term))
		return;
	memmove(exec->environment + 1, exec->environment,
		exec->nr_environment * sizeof(*exec->environment));
	exec->environment[0] = exec->term;
	exec->nr_environment++;
}

/* No other file may become standard input because there is none. */
int exec_open_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return fail_errno("cannot open /dev/null");
	close(fd);
	return EXIT_OK;
}

static int64_t until(const struct exec *exec)
{
	return exec->timeout_ms < 0 ? -1 : watch_now() + exec->timeout_ms;
}

int exec_code(const char *name, const char *command,
	      const struct remote_end *end)
{
	char what[80];

	if (end->kind == REMOTE_EXITED)
		return (int)end->value;
	if (end->kind == REMOTE_SIGNALED)
		return 128 + (int)end->value;
	snprintf(what, sizeof(what), "run '%.64s'", command);
	return remote_fail(name, what, end);
}

static int run(struct exec *exec, int fd, char *const *argv,
	       struct remote_end *end)
{
	struct remote remote = {
		.argv = argv,
		.environment = exec->environment,
		.directory = exec->directory,
		.tty = wants_tty(exec),
		.in = STDIN_FILENO,
		.out = { .fd = STDOUT_FILENO },
		.err = { .fd = STDERR_FILENO },
		.signals = remote_signals(),
		.until = until(exec),
	};
	struct raw raw = { 0 };

	if (remote.signals < 0)
		return fail_with(EXIT_SYSTEM, "cannot wait for signals: %s",
				 strerror(-remote.signals));
	if (remote.tty) {
		add_term(exec);
		raw_begin(&raw);
	}
	remote_run(fd, &remote, end);
	raw_end(&raw);
	close(remote.signals);
	return EXIT_OK;
}

int exec_run(int fd, char *const *argv, struct remote_end *end)
{
	static struct exec exec = { .timeout_ms = -1 };

	return run(&exec, fd, argv, end);
}

static int64_t connect_until(const struct exec *exec)
{
	int64_t ms = exec->timeout_ms < 0 ? AGENT_ANSWER_MS : exec->timeout_ms;

	return watch_now() + ms;
}

static int run_in(struct exec *exec, char **operands)
{
	struct twinos_error err;
	struct remote_end end;
	int fd, code;

	fd = agent_connect(operands[0], connect_until(exec), &err);
	if (fd < 0)
		return agent_fail(&err);
	code = run(exec, fd, operands + 1, &end);
	close(fd);
	return code ? code : exec_code(operands[0], operands[1], &end);
}

/* getopt_long(3) has moved the "--" before the operands. */
int command_exec(int argc, char **argv)
{
	static struct exec exec = { .timeout_ms = -1 };
	struct twinos_error err;
	int code;

	if (!args_parse(&exec_args, &exec, &argc, &argv, &code))
		return code;
	if (strcmp(argv[-1], "--"))
		return fail_usage(exec_args.command,
				  "put '--' between NAME and COMMAND");
	if (parse_name(argv[0], &err))
		return fail_usage(exec_args.command, "%s", err.text);
	code = exec_open_files();
	return code ? code : run_in(&exec, argv);
}
