// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "exit.h"
#include "launch.h"
#include "output.h"
#include "plan.h"
#include "twins.h"

static bool is_taken(const struct twinos_status *list, size_t nr,
		     const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(list[i].name, name))
			return true;
	return false;
}

static int find_free_name(struct options *options, struct twinos_error *err)
{
	struct twinos_status *list;
	unsigned int number = 0;
	size_t nr;
	int ret;

	ret = twinos_list(&list, &nr, err);
	if (ret)
		return ret;
	do {
		snprintf(options->free_name, sizeof(options->free_name),
			 "twin%u", number++);
	} while (is_taken(list, nr, options->free_name));
	twinos_list_free(list, nr);
	options->config.name = options->free_name;
	return 0;
}

static int load(const struct twinos_config *config, struct twinos_twin **twin,
		struct twinos_error *err)
{
	int ret;

	ret = twinos_twin_new(config, twin, err);
	if (ret)
		return ret;
	ret = twinos_twin_load(*twin, err);
	if (ret)
		twinos_twin_free(*twin);
	return ret;
}

int launch_load(struct options *options, struct twinos_twin **twin,
		struct twinos_error *err)
{
	int tries = 10, ret;

	if (options->config.name)
		return load(&options->config, twin, err);
	/* Another twinctl may take the same name after we have looked. */
	do {
		ret = find_free_name(options, err);
		if (!ret)
			ret = load(&options->config, twin, err);
	} while (ret == -EEXIST && err->kind == TWINOS_ERROR_NAME && --tries);
	return ret;
}

static int dry_run(struct options *options)
{
	struct twinos_twin *twin;
	struct twinos_error err;
	int code;

	if (launch_load(options, &twin, &err))
		return fail(&err);
	options_tell(options);
	code = plan_print(twinos_twin_plan(twin));
	twinos_twin_free(twin);
	return code;
}

/* getopt_long(3) has moved the "--" before the operands. */
static int take_command(struct options *options, const char *command, int argc,
			char **argv)
{
	if (!argc)
		return EXIT_OK;
	if (strcmp(argv[-1], "--"))
		return fail_usage(command, "put '--' before COMMAND");
	options->command = argv;
	return EXIT_OK;
}

static int check_and_launch(struct options *options, const char *command,
			    int (*launch)(struct options *options))
{
	int code;

	code = options_finish(options, command);
	if (code)
		return code;
	return options->dry_run ? dry_run(options) : launch(options);
}

/* The command line counts more than the file that it names: it is read once more. */
static bool parse_over_conf(const struct args *args, struct options *options,
			    int *argc, char ***argv, int *code)
{
	const char *conf = options->conf;
	struct twinos_error err;

	options_release(options);
	options_init(options);
	if (!conf_read(conf, options, &err))
		return args_parse(args, options, argc, argv, code);
	*code = fail(&err);
	return false;
}

static bool parse(const struct args *args, struct options *options, int *argc,
		  char ***argv, int *code)
{
	int whole_argc = *argc;
	char **whole_argv = *argv;

	options_init(options);
	if (!args_parse(args, options, argc, argv, code))
		return false;
	if (!options->conf)
		return true;
	*argc = whole_argc;
	*argv = whole_argv;
	return parse_over_conf(args, options, argc, argv, code);
}

int launch_command(const struct args *args,
		   int (*launch)(struct options *options), int argc,
		   char **argv)
{
	struct options options;
	int code;

	if (parse(args, &options, &argc, &argv, &code)) {
		code = take_command(&options, args->command, argc, argv);
		if (!code)
			code = check_and_launch(&options, args->command,
						launch);
	}
	options_release(&options);
	return code;
}

int launch_print_started(const char *name, const unsigned int *cpus,
			 size_t nr_cpus, bool shared, pid_t owner)
{
	char text[TWINS_CPUS_SIZE];

	if (output_json)
		return output_object(
			json_pack("{s:s, s:s, s:s, s:o, s:i}", "name", name,
				  "state", twinos_state_name(TWINOS_RUNNING),
				  "mode", twins_mode(shared), "cpus",
				  twins_json_cpus(cpus, nr_cpus), "owner",
				  (int)owner),
			JSON_COMPACT);
	printf("twin '%s' started on CPU%s %s%s\n", name,
	       nr_cpus > 1 ? "s" : "",
	       twins_cpus(text, sizeof(text), cpus, nr_cpus),
	       shared ? " (shared)" : "");
	return EXIT_OK;
}
