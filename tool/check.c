// SPDX-License-Identifier: GPL-2.0-only
/* twinctl check: look at files of twin.conf(5), and at what they name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "conf.h"
#include "error.h"
#include "escape.h"
#include "exit.h"
#include "options.h"
#include "output.h"

static const struct args_option options_of_check[] = {
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args check_args = {
	.command = "check",
	.operands = "NAME|FILE...",
	.min_operands = 1,
	.max_operands = 1 << 20,
	.places = { { .kinds = ARGS_FILE } },
	.help = "Tell whether files that 'twinctl run --config' takes are "
		"right, and whether the\nfiles that they name are there. NAME "
		"is that of /etc/twinos/NAME.conf; FILE has a\nslash in it. "
		"Nothing is taken or started, and the module is not needed.",
	.options = options_of_check,
};

static int check_config(const char *path, struct options *options,
			struct twinos_error *err)
{
	struct twinos_error what;
	int ret = options_check(options, check_args.command, &what);

	if (!ret)
		ret = twinos_config_check(&options->config, &what);
	return ret ? twinos_fail(err, what.kind, what.code, "%.256s: %s", path,
				 what.text) :
		     0;
}

static int check(const char *conf, char path[PATH_MAX],
		 struct twinos_error *err)
{
	struct options options;
	int ret = conf_path(path, conf, err);

	if (ret) {
		snprintf(path, PATH_MAX, "%s", conf);
		return ret;
	}
	options_init(&options);
	ret = conf_read(conf, &options, err);
	if (!ret)
		ret = check_config(path, &options, err);
	options_release(&options);
	return ret;
}

/* File names may be bytes that JSON can't hold. */
static json_t *json_text(const char *text)
{
	char plain[PATH_MAX * ESCAPE_MAX + 1];
	json_t *string = json_string(text);

	if (string)
		return string;
	escape(plain, text, strlen(text), "");
	return json_string(plain);
}

/* NULL as @err: it is right */
static void add_to(json_t *list, const char *path,
		   const struct twinos_error *err)
{
	json_array_append_new(
		list, json_pack("{s:o, s:b, s:o, s:i}", "file", json_text(path),
				"right", !err, "error",
				err ? json_text(err->text) : json_null(),
				"exit", err ? fail_code(err) : EXIT_OK));
}

static int check_one(const char *conf, json_t *list)
{
	struct twinos_error err;
	char path[PATH_MAX];
	int ret = check(conf, path, &err);

	if (list)
		add_to(list, path, ret ? &err : NULL);
	else if (ret)
		fail(&err);
	else
		printf("%s: right\n", path);
	return ret ? fail_code(&err) : EXIT_OK;
}

/* The first mistake counts. */
static int check_all(char **confs, json_t *list)
{
	int code = EXIT_OK, ret;

	for (; *confs; confs++) {
		ret = check_one(*confs, list);
		code = code ? code : ret;
	}
	return code;
}

int command_check(int argc, char **argv)
{
	json_t *list;
	int code, ret;

	if (!args_parse(&check_args, NULL, &argc, &argv, &code))
		return code;
	if (!output_json)
		return check_all(argv, NULL);
	list = json_array();
	code = list ? check_all(argv, list) : EXIT_OK;
	ret = output_object(list, JSON_INDENT(2));
	return ret ? ret : code;
}
