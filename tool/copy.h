/* SPDX-License-Identifier: GPL-2.0-only */
/* One file or tree on its way between host and twin. */
#ifndef TWINCTL_COPY_H
#define TWINCTL_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "progress.h"

/**
 * struct copy
 * @name: of the twin
 * @from: path, on the host or in the twin
 * @to: path on the other side: a directory to put it in, or its new name
 * @recursive: @from may be a directory
 * @into: @to must be a directory
 * @done: bytes that have passed
 */
struct copy {
	const char *name;
	const char *from;
	const char *to;
	bool recursive;
	bool into;
	uint64_t done;

	/* private */
	uint64_t total;
	struct progress progress;
};

/* Each returns an exit code, and has printed the line if that is not 0. */
int copy_to_twin(struct copy *copy);
int copy_from_twin(struct copy *copy);

/*
 * copy_run() - for those two: run @argv in the twin, with @in and @out (-1: nothing, or
 * the beginning into @text). An exit code; 0 if it ended with 0, else the line is printed.
 */
int copy_run(struct copy *copy, const char *const *argv, int in, int out,
	     char *text, size_t size);

/* copy_fail() - print that it can't be done, and why; EXIT_SYSTEM */
int copy_fail(const struct copy *copy, const char *why);

/*
 * copy_base() - into @base: what @from is called in another directory; "." for "..", "/"
 * and the like, whose contents only are copied
 */
void copy_base(const struct copy *copy, char *base, size_t size);

#endif
