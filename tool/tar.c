// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tar.h"

/* remote_run() has us ignore SIGPIPE, which tar is not used to. */
static int spawn(struct tar *tar, char **argv,
		 const posix_spawn_file_actions_t *actions)
{
	posix_spawnattr_t attributes;
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &set);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	ret = posix_spawnp(&tar->pid, argv[0], actions, &attributes, argv,
			   environ);
	posix_spawnattr_destroy(&attributes);
	return -ret;
}

static int start(struct tar *tar, char **argv, int its_fd, int as)
{
	posix_spawn_file_actions_t actions;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, its_fd, as);
	posix_spawn_file_actions_adddup2(&actions, tar->complaints,
					 STDERR_FILENO);
	ret = spawn(tar, argv, &actions);
	posix_spawn_file_actions_destroy(&actions);
	return ret;
}

/* @as is what tar has the pipe for: standard input or output. */
static int open_and_start(struct tar *tar, char **argv, int as)
{
	bool packs = as == STDOUT_FILENO;
	int fds[2], ret;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	tar->fd = fds[packs ? 0 : 1];
	tar->complaints = memfd_create("tar", MFD_CLOEXEC);
	ret = tar->complaints < 0 ? -errno : 0;
	if (!ret)
		ret = start(tar, argv, fds[packs ? 1 : 0], as);
	close(fds[packs ? 1 : 0]);
	if (!ret)
		return 0;
	close(tar->fd);
	if (tar->complaints >= 0)
		close(tar->complaints);
	return ret;
}

int tar_pack(struct tar *tar, const char *path)
{
	const char *argv[] = { "tar", "-C", path, TAR_PACK, ".", NULL };

	return open_and_start(tar, (char **)argv, STDOUT_FILENO);
}

int tar_unpack(struct tar *tar, const char *path)
{
	const char *argv[] = { "tar", "-C", path, TAR_UNPACK, NULL };

	return open_and_start(tar, (char **)argv, STDIN_FILENO);
}

static void read_complaint(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!*text)
		snprintf(text, size, "tar has failed");
}

bool tar_end(struct tar *tar, char *text, size_t size)
{
	int status = -1;

	close(tar->fd);
	while (waitpid(tar->pid, &status, 0) < 0 && errno == EINTR)
		;
	read_complaint(tar->complaints, text, size);
	close(tar->complaints);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
