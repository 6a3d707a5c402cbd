/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a twin from options to a loaded kernel. */
#ifndef TWINCTL_LAUNCH_H
#define TWINCTL_LAUNCH_H

#include "options.h"

/*
 * launch_load() - find a name if there is none, and twinos_twin_new() and
 * _load(); 0 with @twin, or -errno with @err and nothing kept
 */
int launch_load(struct options *options, struct twinos_twin **twin,
		struct twinos_error *err);

/*
 * launch_command() - what run and start have alike: read the options of @args
 * and call @launch, or with --dry-run print the plan; an exit code
 */
int launch_command(const struct args *args,
		   int (*launch)(struct options *options), int argc,
		   char **argv);

/* launch_print_started() - what start says once it runs; an exit code */
int launch_print_started(const char *name, const unsigned int *cpus,
			 size_t nr_cpus, bool shared, pid_t owner);

#endif
