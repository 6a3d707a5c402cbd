/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * twin.conf(5): what run and start take as options, in a file. The keys of its section
 * [twin] are the rows of options_table, and no other list of them exists.
 */
#ifndef TWINCTL_CONF_H
#define TWINCTL_CONF_H

#include <limits.h>

#include "options.h"

#define CONF_DIR "/etc/twinos"

/* Of a line, with its end, and of a file: more than any twin can need. */
#define CONF_LINE_MAX 4096
#define CONF_FILE_MAX (256 << 10)

/*
 * conf_path() - which file @conf means: itself if there is a slash in it, otherwise
 * that of the twin of this name in CONF_DIR; -EINVAL: that can't be a name
 */
int conf_path(char path[PATH_MAX], const char *conf, struct twinos_error *err);

/*
 * conf_read() - have the file that @conf means set @options, which lives no longer than
 * @conf; 0 or -errno with its line, that of a mistake in it as "FILE:LINE: ..."
 */
int conf_read(const char *conf, struct options *options,
	      struct twinos_error *err);

/* conf_parse() - the same with what is in it; @path is for @err only */
int conf_parse(const char *path, const char *text, size_t length,
	       struct options *options, struct twinos_error *err);

#endif
