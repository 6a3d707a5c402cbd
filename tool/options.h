/* SPDX-License-Identifier: GPL-2.0-only */
/* The options that run and start share: they say what twin is wanted. */
#ifndef TWINCTL_OPTIONS_H
#define TWINCTL_OPTIONS_H

#include <limits.h>

#include "args.h"
#include "parse.h"
#include "restart.h"
#include "rootfs.h"

/**
 * struct options - what the user said
 * @config: after options_finish() what the library is to do; its pointers go
 *	to the command line and into this struct
 * @on_panic: absolute path of the directory for the dump of a twin that
 *	panics; "": none is written
 * @restart: whether it is started anew
 * @hang_ms: a CPU without a heartbeat for so long hangs; 0: that is not looked for
 * @keep: the twin outlives its supervisor
 * @dry_run: show the plan only
 * @command: with run: what is to be run in the twin, up to a NULL; or NULL
 * @conf: what --config says; NULL: it is not given
 */
struct options {
	struct twinos_config config;
	char on_panic[PATH_MAX];
	struct restart restart;
	int64_t hang_ms;
	bool keep;
	bool dry_run;
	char *const *command;
	const char *conf;

	/* private */
	struct parse_cpus cpus;
	bool cpus_given;
	unsigned int shared_cpu;
	bool memory_given;
	bool vsock_given;
	int vsock_error;
	struct twinos_root root;
	const char *rootfs_text;
	struct rootfs rootfs;
	const char *panic_dir;
	bool limit_given;
	const char **initrds;
	struct twinos_device *devices;
	const char *append;
	bool reuse_cmdline;
	char *cmdline;
	char free_name[TWINOS_NAME_SIZE];
	char **kept;
	size_t nr_kept;
};

extern const struct args_option options_table[];

/* options_init() - the defaults */
void options_init(struct options *options);

/*
 * options_keep() - a copy of @text, for a setter, that lives until
 * options_release(); NULL: no memory
 */
const char *options_keep(struct options *options, const char *text);

/*
 * options_check() - check what takes two options to check, and fill @config; 0 or
 * -errno. config.name stays NULL if none was given.
 */
int options_check(struct options *options, const char *command,
		  struct twinos_error *err);

/* options_finish() - the same: 0 or an exit code, with its line printed */
int options_finish(struct options *options, const char *command);

/* options_tell() - note what was chosen and may surprise; after the twin is made */
void options_tell(const struct options *options);

void options_release(struct options *options);

#endif
