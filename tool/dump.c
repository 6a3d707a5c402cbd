// SPDX-License-Identifier: GPL-2.0-only
/* twinctl dump: a twin's memory as a file that crash(8) opens. */
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "exit.h"
#include "follow.h"
#include "output.h"
#include "parse.h"
#include "twins.h"
#include "vmcore.h"

struct dump {
	bool force;
};

static int set_force(void *into, const char *value, struct twinos_error *err)
{
	struct dump *dump = into;

	(void)value;
	(void)err;
	dump->force = true;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "force",
	  .set = set_force,
	  .help = "replace FILE if it is there" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args dump_args = {
	.command = "dump",
	.operands = "NAME FILE",
	.min_operands = 2,
	.max_operands = 2,
	.help = "Write a twin's memory to FILE, an ELF vmcore that crash and "
		"makedumpfile read.\nThe twin may run, hang or have panicked; "
		"it is not stopped.",
	.places = { { .kinds = ARGS_TWIN }, { .kinds = ARGS_FILE } },
	.options = options,
};

static int write_and_print(const struct vmcore *vmcore)
{
	struct twinos_dump_result result;
	struct twinos_error err;

	if (vmcore_write(vmcore, &result, &err))
		return fail(&err);
	return vmcore_print(vmcore, &result);
}

static int dump_fd(const struct dump *dump, int fd, const char *name,
		   const char *path, int signals)
{
	const struct twinos_status *status;
	struct twinos_status *list;
	size_t nr;
	int code;

	code = twins_find(name, &list, &nr, &status);
	if (code)
		return code;
	code = write_and_print(&(struct vmcore){
		.name = name,
		.fd = fd,
		.ranges = status->ranges,
		.nr_ranges = status->nr_ranges,
		.path = path,
		.force = dump->force,
		.signals = signals,
	});
	twinos_list_free(list, nr);
	return code;
}

static int dump_twin(const struct dump *dump, const char *name,
		     const char *path)
{
	struct twinos_error err;
	int fd, signals, code;

	fd = twinos_open(name, &err);
	if (fd < 0)
		return fail(&err);
	signals = follow_signals();
	if (signals < 0)
		code = fail_with(EXIT_SYSTEM, "cannot wait for signals: %s",
				 strerror(-signals));
	else
		code = dump_fd(dump, fd, name, path, signals);
	close(signals);
	close(fd);
	return code;
}

int command_dump(int argc, char **argv)
{
	struct dump dump = { 0 };
	struct twinos_error err;
	int code;

	if (!args_parse(&dump_args, &dump, &argc, &argv, &code))
		return code;
	if (parse_name(argv[0], &err))
		return fail_usage(dump_args.command, "%s", err.text);
	if (!*argv[1])
		return fail_usage(dump_args.command,
				  "the file's name is empty");
	return dump_twin(&dump, argv[0], argv[1]);
}
