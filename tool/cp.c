// SPDX-License-Identifier: GPL-2.0-only
/* twinctl cp: files and trees between host and twin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "args.h"
#include "commands.h"
#include "copy.h"
#include "exit.h"
#include "output.h"
#include "parse.h"

/* struct place - an operand: @twin is "" for one on the host */
struct place {
	char twin[TWINOS_NAME_SIZE];
	char *path;
};

static int set_recursive(void *into, const char *value,
			 struct twinos_error *err)
{
	struct copy *copy = into;

	(void)value;
	(void)err;
	copy->recursive = true;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "recursive",
	  .letter = 'r',
	  .set = set_recursive,
	  .help = "copy directories, with all that is in them" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args cp_args = {
	.command = "cp",
	.operands = "SOURCE... TARGET",
	.min_operands = 2,
	.max_operands = 1 << 20,
	.help = "Copy files between the host and a twin in which twinos-agent "
		"runs. NAME:PATH is a\npath in twin NAME, from root's home on "
		"if it does not begin with '/'. Either the\ntarget is in a "
		"twin, or all sources are. For a file of the host with a colon "
		"in\nits name write ./a:b.",
	.places = { { .kinds = ARGS_TWIN_PATH | ARGS_FILE } },
	.options = options,
};

/* As scp(1) has it: a colon behind a slash is part of a path. */
static size_t twin_length(const char *operand)
{
	size_t length = strcspn(operand, ":/");

	return operand[length] == ':' ? length : 0;
}

/* Programs there must not take a path for an option, so that begins with "./". */
static int set_path(struct place *place, const char *path)
{
	int ret;

	if (!*path)
		path = ".";
	ret = asprintf(&place->path, "%s%s", *path == '-' ? "./" : "", path);
	if (ret >= 0)
		return EXIT_OK;
	place->path = NULL;
	return fail_with(EXIT_SYSTEM, "there is no memory");
}

static int read_place(const char *operand, struct place *place)
{
	size_t length = twin_length(operand);
	struct twinos_error err;

	memset(place, 0, sizeof(*place));
	if (!*operand)
		return fail_usage(cp_args.command, "a file's name is empty");
	if (!length)
		return set_path(place, operand);
	if (length >= sizeof(place->twin))
		return fail_usage(cp_args.command,
				  "'%.*s' can't name a twin: it is too long",
				  (int)MIN(length, 64), operand);
	memcpy(place->twin, operand, length);
	if (parse_name(place->twin, &err))
		return fail_usage(cp_args.command, "%s", err.text);
	return set_path(place, operand + length + 1);
}

static int print_copied(const struct copy *copy, const char *source,
			const char *target)
{
	if (!output_json)
		return EXIT_OK;
	return output_object(json_pack("{s:s, s:s, s:I}", "source", source,
				       "target", target, "bytes",
				       (json_int_t)copy->done),
			     JSON_COMPACT);
}

static int copy_place(const struct copy *wanted, const struct place *from,
		      const struct place *to, struct copy *copy)
{
	if (!*from->twin == !*to->twin)
		return fail_usage(cp_args.command,
				  "one side must be a twin's, NAME:PATH, and "
				  "the other the host's");
	*copy = *wanted;
	copy->name = *to->twin ? to->twin : from->twin;
	copy->from = from->path;
	copy->to = to->path;
	return *to->twin ? copy_to_twin(copy) : copy_from_twin(copy);
}

static int copy_one(const struct copy *wanted, const char *source,
		    const char *target)
{
	struct place from = { 0 }, to = { 0 };
	struct copy copy;
	int code;

	code = read_place(source, &from);
	if (!code)
		code = read_place(target, &to);
	if (!code)
		code = copy_place(wanted, &from, &to, &copy);
	if (!code)
		code = print_copied(&copy, source, target);
	free(from.path);
	free(to.path);
	return code;
}

/* One that can't be copied does not keep the others; the first error counts. */
int command_cp(int argc, char **argv)
{
	struct copy wanted = { 0 };
	int code, ret, i;

	if (!args_parse(&cp_args, &wanted, &argc, &argv, &code))
		return code;
	wanted.into = argc > 2;
	for (code = EXIT_OK, i = 0; i < argc - 1; i++) {
		ret = copy_one(&wanted, argv[i], argv[argc - 1]);
		code = code ? code : ret;
		if (ret == EXIT_USAGE)
			break;
	}
	return code;
}
