// SPDX-License-Identifier: GPL-2.0-only
/* twinctl reserve: set memory aside for twins at the next boot. */
#include <errno.h>
#include <linux/twinos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "error.h"
#include "exit.h"
#include "grubcfg.h"
#include "output.h"
#include "parse.h"
#include "twins.h"

struct reserve {
	bool undo;
	bool at_given;
	struct twinos_reservation wanted;
	struct twinos_reservation old;
};

static int set_at(void *into, const char *value, struct twinos_error *err)
{
	struct reserve *reserve = into;

	reserve->at_given = true;
	return parse_aligned(value, &reserve->wanted.start, err);
}

static int set_undo(void *into, const char *value, struct twinos_error *err)
{
	struct reserve *reserve = into;

	(void)value;
	(void)err;
	reserve->undo = true;
	return 0;
}

static const struct args_option options[] = {
	{ .name = "at",
	  .value = "ADDR",
	  .set = set_at,
	  .help = "where, a multiple of 2M (default: a place above 4G, or\n"
		  "the highest one below)" },
	{ .name = "undo", .set = set_undo, .help = "reserve nothing any more" },
	{ .name = "json",
	  .set = args_set_json,
	  .help = "JSON on standard output, errors too" },
	{ 0 },
};

const struct args reserve_args = {
	.command = "reserve",
	.operands = "[SIZE]",
	.max_operands = 1,
	.help = "Have memory set aside for twins that are started with "
		"--reserved, in\n" GRUBCFG_PATH ". It counts after "
		"update-grub and a\nreboot. Without SIZE and --undo, show "
		"what is set aside.",
	.options = options,
};

/* ---- what is there --------------------------------------------------------- */

/* The kernel that runs was told to reserve just this. */
static bool is_active(const struct twinos_hostfs *fs,
		      const struct twinos_reservation *reservation)
{
	char *cmdline = twinos_hostfs_read(fs, "/proc/cmdline");
	char option[GRUBCFG_OPTION_SIZE], *word, *rest = cmdline;
	bool found = false;

	grubcfg_option(option, reservation);
	while (!found && rest && (word = strsep(&rest, " \n")))
		found = !strcmp(word, option);
	free(cmdline);
	return found;
}

static int print_json(const struct twinos_reservation *reservation, bool active)
{
	if (!reservation->length)
		return output_object(json_pack("{s:s, s:n, s:n, s:b}", "file",
					       GRUBCFG_PATH, "start", "length",
					       "active", 0),
				     JSON_COMPACT);
	return output_object(
		json_pack("{s:s, s:I, s:I, s:b}", "file", GRUBCFG_PATH, "start",
			  (json_int_t)reservation->start, "length",
			  (json_int_t)reservation->length, "active", active),
		JSON_COMPACT);
}

static int print(const struct twinos_hostfs *fs,
		 const struct twinos_reservation *reservation)
{
	bool active = reservation->length && is_active(fs, reservation);
	char size[TWINS_TEXT_SIZE];

	if (output_json)
		return print_json(reservation, active);
	if (!reservation->length)
		printf("nothing is set aside: there is no %s\n", GRUBCFG_PATH);
	else
		printf("%s at 0x%llx: %s\n",
		       twins_size(size, sizeof(size), reservation->length),
		       (unsigned long long)reservation->start,
		       active ? "this kernel has set it aside" :
				"set aside after update-grub and a reboot");
	return EXIT_OK;
}

/* ---- the two orders -------------------------------------------------------- */

static int undo(const struct reserve *reserve, const struct twinos_hostfs *fs)
{
	struct twinos_error err;

	if (!reserve->old.length)
		return print(fs, &reserve->old);
	if (grubcfg_remove(fs, &err))
		return fail(&err);
	if (output_json)
		return print_json(&(struct twinos_reservation){ 0 }, false);
	puts("given back after update-grub and a reboot");
	return EXIT_OK;
}

static int set_aside(struct reserve *reserve, const struct twinos_hostfs *fs)
{
	struct twinos_error err;

	if (twinos_reservation_place(&reserve->wanted, &reserve->old, fs,
				     &err) ||
	    grubcfg_write(fs, &reserve->wanted, &err))
		return fail(&err);
	return print(fs, &reserve->wanted);
}

static int check(const struct reserve *reserve)
{
	bool sized = reserve->wanted.length;

	if (reserve->undo && (sized || reserve->at_given))
		return fail_usage(reserve_args.command,
				  "--undo goes with neither SIZE nor --at");
	if (reserve->at_given && !sized)
		return fail_usage(reserve_args.command, "--at needs a SIZE");
	return EXIT_OK;
}

static int work(struct reserve *reserve, const struct twinos_hostfs *fs)
{
	struct twinos_error err;

	if (grubcfg_read(fs, &reserve->old, &err))
		return fail(&err);
	if (reserve->undo)
		return undo(reserve, fs);
	if (reserve->wanted.length)
		return set_aside(reserve, fs);
	return print(fs, &reserve->old);
}

int command_reserve(int argc, char **argv)
{
	struct reserve reserve = { 0 };
	struct twinos_hostfs fs;
	struct twinos_error err;
	int code, ret;

	if (!args_parse(&reserve_args, &reserve, &argc, &argv, &code))
		return code;
	if (argc && parse_aligned(argv[0], &reserve.wanted.length, &err))
		return fail_usage(reserve_args.command, "%s", err.text);
	code = check(&reserve);
	if (code)
		return code;
	ret = twinos_hostfs_open(&fs, "/");
	if (ret) {
		errno = -ret;
		return fail_errno("cannot open /");
	}
	code = work(&reserve, &fs);
	twinos_hostfs_close(&fs);
	return code;
}
