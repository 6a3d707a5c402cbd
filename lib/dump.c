// SPDX-License-Identifier: LGPL-2.1-or-later
/* The file of a memory dump. All secrets of the twin are in it. */
#include "core.h"
#include "newfile.h"

int twinos_dump(const struct twinos_dump *dump,
		struct twinos_dump_result *result, struct twinos_error *err)
{
	struct twinos_newfile file;
	int ret;

	ret = twinos_newfile_open(&file, dump->path, dump->force, err);
	if (ret)
		return ret;
	ret = twinos_core_write(dump, file.fd, result, err);
	return twinos_newfile_close(&file, ret, err);
}
