// SPDX-License-Identifier: GPL-2.0-only
/* twinctl mkinitrd: a small root for twins, out of what is installed here. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "args.h"
#include "commands.h"
#include "error.h"
#include "exit.h"
#include "output.h"

/* struct mkinitrd - @modules is @root's list */
struct mkinitrd {
	struct twinos_root root;
	const char *output;
	const char **modules;
	bool force;
};

static int set_text(const char **into, const char *value,
		    struct twinos_error *err)
{
	if (!*value)
		return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL,
				   "the value is empty");
	*into = value;
	return 0;
}

static int set_output(void *into, const char *value, struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	return set_text(&mkinitrd->output, value, err);
}

static int set_force(void *into, const char *value, struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	(void)value;
	(void)err;
	mkinitrd->force = true;
	return 0;
}

static int set_release(void *into, const char *value, struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	return set_text(&mkinitrd->root.release, value, err);
}

static int set_modules_dir(void *into, const char *value,
			   struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	return set_text(&mkinitrd->root.modules_dir, value, err);
}

static int set_no_modules(void *into, const char *value,
			  struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	(void)value;
	(void)err;
	mkinitrd->root.no_modules = true;
	return 0;
}

static int set_module(void *into, const char *value, struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;
	size_t nr = mkinitrd->root.nr_modules;
	const char **modules;

	modules = reallocarray(mkinitrd->modules, nr + 1, sizeof(*modules));
	if (!modules)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	mkinitrd->modules = modules;
	mkinitrd->root.nr_modules = nr + 1;
	return set_text(&modules[nr], value, err);
}

static int set_busybox(void *into, const char *value, struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	return set_text(&mkinitrd->root.busybox, value, err);
}

static int set_agent(void *into, const char *value, struct twinos_error *err)
{
	struct mkinitrd *mkinitrd = into;

	return set_text(&mkinitrd->root.agent, value, err);
}

static const struct args_option options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .set = set_output,
	  .offer.kinds = ARGS_FILE,
	  .help = "where to write it (default: twin-RELEASE.cpio.gz)" },
	{ .name = "force",
	  .set = set_force,
	  .help = "replace FILE if it is there" },
	{ .name = "release",
	  .value = "RELEASE",
	  .set = set_release,
	  .help = "for which kernel (default: the one that this machine\n"
		  "runs)" },
	{ .name = "modules-dir",
	  .value = "DIR",
	  .set = set_modules_dir,
	  .offer.kinds = ARGS_DIRECTORY,
	  .help = "where its modules are (default: /lib/modules/RELEASE)" },
	{ .name = "module",
	  .value = "NAME",
	  .repeatable = true,
	  .set = set_module,
	  .help = "one more module, with those that it needs; may be\n"
		  "repeated" },
	{ .name = "no-modules",
	  .set = set_no_modules,
	  .help = "none at all: the kernel has built in what it needs" },
	{ .name = "busybox",
	  .value = "FILE",
	  .set = set_busybox,
	  .offer.kinds = ARGS_FILE,
	  .help = "a static busybox (default: the one in PATH)" },
	{ .name = "agent",
	  .value = "FILE",
	  .set = set_agent,
	  .offer.kinds = ARGS_FILE,
	  .help = "twinos-agent (default: /usr/lib/twinos/twinos-agent)" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args mkinitrd_args = {
	.command = "mkinitrd",
	.operands = "",
	.help = "Make a small root for twins of what is installed here: busybox, "
		"the agent, drivers\nfor a twin's devices, and an init that "
		"ends in a shell. 'twinctl run' without\n--initrd makes the "
		"same by itself.",
	.options = options,
};

static json_t *missing(const struct twinos_root_result *result)
{
	char text[sizeof(result->missing)], *rest = text, *word;
	json_t *array = json_array();

	memcpy(text, result->missing, sizeof(text));
	while ((word = strsep(&rest, " ")))
		if (*word)
			json_array_append_new(array, json_string(word));
	return array;
}

static json_t *to_json(const struct mkinitrd *mkinitrd,
		       const struct twinos_root_result *result)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:o}", "file", mkinitrd->output,
			 "release", mkinitrd->root.release, "bytes",
			 (json_int_t)result->bytes, "modules",
			 (json_int_t)result->nr_modules, "missing",
			 missing(result));
}

static int print_result(const struct mkinitrd *mkinitrd,
			const struct twinos_root_result *result)
{
	if (output_json)
		return output_object(to_json(mkinitrd, result), JSON_COMPACT);
	if (*result->missing)
		note("kernel %s has no %s: a twin's devices that need it will not work",
		     mkinitrd->root.release, result->missing);
	printf("%s: %llu KiB, %zu module%s of kernel %s\n", mkinitrd->output,
	       (unsigned long long)result->bytes >> 10, result->nr_modules,
	       result->nr_modules == 1 ? "" : "s", mkinitrd->root.release);
	return EXIT_OK;
}

static int make(struct mkinitrd *mkinitrd)
{
	struct twinos_root_result result;
	struct twinos_error err;
	char output[PATH_MAX];
	struct utsname uts;

	uname(&uts);
	if (!mkinitrd->root.release)
		mkinitrd->root.release = uts.release;
	snprintf(output, sizeof(output), "twin-%s.cpio.gz",
		 mkinitrd->root.release);
	if (!mkinitrd->output)
		mkinitrd->output = output;
	mkinitrd->root.modules = mkinitrd->modules;
	if (twinos_root_write(&mkinitrd->root, mkinitrd->output,
			      mkinitrd->force, &result, &err))
		return fail(&err);
	return print_result(mkinitrd, &result);
}

static int check_and_make(struct mkinitrd *mkinitrd)
{
	const struct twinos_root *root = &mkinitrd->root;

	if (root->no_modules && (root->modules_dir || root->nr_modules))
		return fail_usage(
			mkinitrd_args.command,
			"--no-modules goes with neither --modules-dir nor --module");
	return make(mkinitrd);
}

int command_mkinitrd(int argc, char **argv)
{
	struct mkinitrd mkinitrd = { 0 };
	int code;

	if (args_parse(&mkinitrd_args, &mkinitrd, &argc, &argv, &code))
		code = check_and_make(&mkinitrd);
	free(mkinitrd.modules);
	return code;
}
