// SPDX-License-Identifier: GPL-2.0-only
/* twinctl device: the virtio devices of a twin, which come and go while it runs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "control.h"
#include "devicelist.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "watch.h"

#define DEFAULT_TIMEOUT_MS 10000
#define ASK_AGAIN_US 50000

struct device {
	bool force;
	int64_t timeout_ms;
};

static int set_force(void *into, const char *value, struct twinos_error *err)
{
	struct device *device = into;

	(void)value;
	(void)err;
	device->force = true;
	return 0;
}

static int set_timeout(void *into, const char *value, struct twinos_error *err)
{
	struct device *device = into;

	return parse_seconds(value, &device->timeout_ms, err);
}

static const struct args_option options[] = {
	{ .name = "force",
	  .only = "remove",
	  .set = set_force,
	  .help = "remove: close it although the twin does not let go of it\n"
		  "in time; whoever uses it there hangs" },
	{ .name = "timeout",
	  .only = "remove",
	  .value = "SECONDS",
	  .set = set_timeout,
	  .help = "remove: how long to wait (default: 10)" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

static const struct args_sub subs[] = {
	{ "list", { { .kinds = ARGS_TWIN } } },
	{ "add", { { .kinds = ARGS_TWIN }, { .kinds = ARGS_DEVICE } } },
	{ "remove", { { .kinds = ARGS_TWIN } } },
	{ 0 },
};

const struct args device_args = {
	.command = "device",
	.operands = "list|add|remove NAME [KIND[=HOW] | DEVICE]",
	.min_operands = 2,
	.max_operands = 3,
	.help = "Show the devices of the twin NAME, give it one more, or take "
		"one away:\n"
		"  twinctl device list web\n"
		"  twinctl device add web disk=data.img,ro\n"
		"  twinctl device remove web disk1\n"
		"KIND and HOW are what 'twinctl run' takes as --KIND HOW.",
	.subs = subs,
	.options = options,
};

static int list(const char *name)
{
	struct twinos_error err;
	json_t *answer, *array;
	int code;

	answer =
		control_ask(name, json_pack("{s:s}", "order", "devices"), &err);
	if (!answer)
		return fail(&err);
	array = json_incref(json_object_get(answer, "devices"));
	json_decref(answer);
	if (output_json)
		return output_object(array, JSON_INDENT(2));
	code = devicelist_print(array);
	json_decref(array);
	return code;
}

static int print_added(const char *name, json_t *answer)
{
	const char *device =
		json_string_value(json_object_get(answer, "device"));

	if (output_json)
		return output_object(answer, JSON_COMPACT);
	printf("twin '%s' has device '%s'\n", name, device ? device : "?");
	json_decref(answer);
	return EXIT_OK;
}

static int add(const char *name, const char *what)
{
	const char *how = strchr(what, '=');
	char kind[16], directory[PATH_MAX];
	struct twinos_error err;
	json_t *order, *answer;

	snprintf(kind, sizeof(kind), "%.*s",
		 how ? (int)(how - what) : (int)sizeof(kind) - 1, what);
	if (!getcwd(directory, sizeof(directory)))
		return fail_errno("cannot tell the current directory");
	order = json_pack("{s:s, s:s, s:s, s:s}", "order", "add", "kind", kind,
			  "text", how ? how + 1 : "", "directory", directory);
	if (!order)
		return fail_usage(device_args.command, "'%.64s' is not UTF-8",
				  what);
	answer = control_ask(name, order, &err);
	return answer ? print_added(name, answer) : fail(&err);
}

static int ask_to_remove(const char *name, const char *device, bool force,
			 struct twinos_error *err)
{
	json_t *order, *answer;

	order = json_pack("{s:s, s:s, s:b}", "order", "remove", "device",
			  device, "force", force);
	if (!order) {
		err->kind = TWINOS_ERROR_NAME;
		snprintf(err->text, sizeof(err->text),
			 "the twin has no such device");
		return -ENOENT;
	}
	answer = control_ask(name, order, err);
	if (!answer)
		return -err->code;
	json_decref(answer);
	return 0;
}

static int remove_device(const struct device *how, const char *name,
			 const char *device)
{
	int64_t until = watch_now() + how->timeout_ms;
	struct twinos_error err;
	int ret;

	for (;;) {
		ret = ask_to_remove(name, device, false, &err);
		if (ret != -EINPROGRESS || watch_now() >= until)
			break;
		usleep(ASK_AGAIN_US);
	}
	if (ret == -EINPROGRESS && how->force)
		ret = ask_to_remove(name, device, true, &err);
	if (ret == -EINPROGRESS)
		return fail_with(EXIT_TIMED_OUT,
				 "twin '%s' has not let go of '%s' after %g s; "
				 "--force closes it all the same",
				 name, device, (double)how->timeout_ms / 1000);
	return ret ? fail(&err) : EXIT_OK;
}

int command_device(int argc, char **argv)
{
	struct device device = { .timeout_ms = DEFAULT_TIMEOUT_MS };
	struct twinos_error err;
	int code;

	if (!args_parse(&device_args, &device, &argc, &argv, &code))
		return code;
	if (parse_name(argv[1], &err))
		return fail_usage(device_args.command, "%s", err.text);
	if (!strcmp(argv[0], "list") && argc == 2)
		return list(argv[1]);
	if (!strcmp(argv[0], "add") && argc == 3)
		return add(argv[1], argv[2]);
	if (!strcmp(argv[0], "remove") && argc == 3)
		return remove_device(&device, argv[1], argv[2]);
	return fail_usage(device_args.command,
			  "give 'list NAME', 'add NAME KIND=HOW' or "
			  "'remove NAME DEVICE'");
}
