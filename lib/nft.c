// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "nft.h"
#include "program.h"

/* Where administrators' programs are, which may be no part of the user's path. */
#define SBIN "/usr/local/sbin:/usr/sbin:/sbin"

int twinos_nft_find(char path[PATH_MAX], struct twinos_error *err)
{
	if (twinos_program_find("nft", SBIN, path))
		return 0;
	return twinos_fail(
		err, TWINOS_ERROR_SYSTEM, ENOENT,
		"NAT needs the program nft: install the package nftables");
}

/* What is wrong it says to @out. */
static int spawn(const char *path, const char *script, int out, pid_t *pid)
{
	char *const argv[] = { "nft", (char *)script, NULL };
	posix_spawn_file_actions_t actions;
	int ret;

	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&actions, out,
						       STDERR_FILENO);
	if (!ret)
		ret = posix_spawn(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

/* 0, -errno, or 1: it failed, and has said why */
static int spawn_and_wait(const char *path, const char *script, int out)
{
	int status, ret;
	pid_t pid;

	ret = spawn(path, script, out, &pid);
	if (ret)
		return ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? 1 : 0;
}

static int fail_run(int ret, int out, struct twinos_error *err)
{
	char said[128] = "";

	if (ret > 0 && pread(out, said, sizeof(said) - 1, 0) > 0)
		said[strcspn(said, "\n")] = '\0';
	return twinos_fail(err, TWINOS_ERROR_SYSTEM, ret > 0 ? EIO : -ret,
			   "nft can't make the rules for NAT: %s",
			   ret < 0 ? strerror(-ret) :
			   *said   ? said :
				     "it does not say why");
}

int twinos_nft_run(const char *path, const char *script,
		   struct twinos_error *err)
{
	int out = memfd_create("nft", MFD_CLOEXEC), ret;

	ret = out < 0 ? -errno : spawn_and_wait(path, script, out);
	if (ret)
		ret = fail_run(ret, out, err);
	if (out >= 0)
		close(out);
	return ret;
}
