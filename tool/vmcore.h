/* SPDX-License-Identifier: GPL-2.0-only */
/* A twin's memory in a file. */
#ifndef TWINCTL_VMCORE_H
#define TWINCTL_VMCORE_H

#include <limits.h>

#include "libtwinos.h"

/**
 * struct vmcore - what to write, and where to
 * @name: the twin's
 * @fd: its owner or observer fd
 * @path: the file; @force replaces one that is there
 * @signals: of follow_signals(); one that comes ends the dump
 */
struct vmcore {
	const char *name;
	int fd;
	const struct twinos_range *ranges;
	size_t nr_ranges;
	const char *path;
	bool force;
	int signals;
};

/* vmcore_write() - with a bar on a terminal; as twinos_dump() otherwise */
int vmcore_write(const struct vmcore *vmcore, struct twinos_dump_result *result,
		 struct twinos_error *err);

/* vmcore_print() - what was written: a note, or an object with --json; an exit code */
int vmcore_print(const struct vmcore *vmcore,
		 const struct twinos_dump_result *result);

/*
 * In words: vmcore_describe() - where the file is and how large;
 * vmcore_describe_lack() - that what its readers need to know is not in it
 */
void vmcore_describe(const struct vmcore *vmcore,
		     const struct twinos_dump_result *result, char *text,
		     size_t size);
void vmcore_describe_lack(const struct vmcore *vmcore, char *text, size_t size);

#define VMCORE_TEXT_SIZE (PATH_MAX + 256)

#endif
