// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can be said of a twin before anything is taken, and without the module. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "devices.h"
#include "error.h"
#include "file.h"
#include "shared.h"

static int check_file(const char *path, struct twinos_error *err)
{
	struct twinos_file file = { 0 };
	int ret = twinos_file_map(&file, path, err);

	twinos_file_unmap(&file);
	return ret;
}

static int check_initrds(const struct twinos_config *config,
			 struct twinos_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < config->nr_initrds && !ret; i++)
		ret = check_file(config->initrds[i], err);
	return ret;
}

static int check_directory(const char *path, struct twinos_error *err)
{
	struct stat stat_buf;
	int code = stat(path, &stat_buf) ? errno : 0;

	if (!code && !S_ISDIR(stat_buf.st_mode))
		code = ENOTDIR;
	return code ? twinos_fail(err, TWINOS_ERROR_IMAGE, code, "%.300s: %s",
				  path, strerror(code)) :
		      0;
}

static int check_devices(const struct twinos_config *config,
			 struct twinos_error *err)
{
	if (!config->nr_devices)
		return 0;
	if (!config->nr_initrds && !config->root)
		return twinos_fail(
			err, TWINOS_ERROR_USAGE, EINVAL,
			"devices need an initrd, in which the guest module is put");
	return twinos_devices_check(config->devices, config->nr_devices,
				    config->shared, err);
}

int twinos_config_check(const struct twinos_config *config,
			struct twinos_error *err)
{
	int ret = twinos_shared_check(config, err);

	if (!ret)
		ret = twinos_cmdline_check(config->cmdline, config->shared,
					   !config->no_guest, err);
	if (!ret && config->kernel)
		ret = check_file(config->kernel, err);
	if (!ret)
		ret = check_initrds(config, err);
	if (!ret && config->guest_dir)
		ret = check_directory(config->guest_dir, err);
	if (!ret)
		ret = check_devices(config, err);
	return ret;
}
