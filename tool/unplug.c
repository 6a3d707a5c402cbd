// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/twinos.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"
#include "twins.h"
#include "unplug.h"
#include "watch.h"

static pid_t find_owner(const char *name)
{
	struct twinos_status *list;
	pid_t owner = 0;
	size_t i, nr;

	if (twinos_list(&list, &nr, NULL))
		return 0;
	for (i = 0; i < nr; i++)
		if (!strcmp(list[i].name, name))
			owner = list[i].owner;
	twinos_list_free(list, nr);
	return owner;
}

/*
 * Process numbers are reused. But as long as the twin behind @fd is not gone its
 * owner lives, so what the pidfd was opened for is the owner.
 */
static void signal_owner(int fd, const char *name, int signal_nr)
{
	pid_t owner = find_owner(name);
	unsigned int state;
	int pidfd;

	pidfd = owner > 0 ? pidfd_open(owner, 0) : -1;
	if (pidfd < 0)
		return;
	if (!twinos_get_state(fd, &state, NULL) && state != TWINOS_GONE)
		pidfd_send_signal(pidfd, signal_nr, NULL, 0);
	close(pidfd);
}

/*
 * An owner that has let go needs no time limit and can't be killed: the kernel zeroes
 * the memory, which takes as long as there is memory. It holds the twin's lock
 * meanwhile (teardown() in host/twin.c), for which a stop waits.
 */
static int wait_for_kernel(int fd, unsigned int *state, unsigned int *reason)
{
	if (twinos_stop(fd, TWINOS_REASON_REQUEST, NULL) != -ENODEV)
		return -ETIMEDOUT;
	return twinos_get_state(fd, state, reason);
}

static int wait_until_gone(const struct unplug *unplug, int fd,
			   unsigned int *state, unsigned int *reason)
{
	int ret =
		watch_until(fd, twins_gone, unplug->timeout_ms, state, reason);

	return ret == -ETIMEDOUT ? wait_for_kernel(fd, state, reason) : ret;
}

/* An owner whose twin was not stopped by us does not know that it is to go. */
static int wait_for_owner(const struct unplug *unplug, int fd, const char *name,
			  unsigned int *state, unsigned int *reason)
{
	int ret;

	if (!twinos_get_state(fd, state, reason) &&
	    *reason != TWINOS_REASON_REQUEST)
		signal_owner(fd, name, SIGTERM);
	ret = wait_until_gone(unplug, fd, state, reason);
	if (ret != -ETIMEDOUT || !unplug->force)
		return ret;
	signal_owner(fd, name, SIGKILL);
	return wait_until_gone(unplug, fd, state, reason);
}

static int not_given_back(const struct unplug *unplug, const char *name)
{
	return fail_with(EXIT_TIMED_OUT,
			 "process %d still holds twin '%s' after %g s%s",
			 (int)find_owner(name), name,
			 (double)unplug->timeout_ms / 1000,
			 unplug->force ? "" : "; --force kills it");
}

static int print_stopped(const char *name, unsigned int state)
{
	if (state == TWINOS_LOST)
		return twins_end(name, state, TWINOS_REASON_REQUEST);
	if (output_json)
		return output_object(json_pack("{s:s, s:s}", "name", name,
					       "state",
					       twinos_state_name(state)),
				     JSON_COMPACT);
	return EXIT_OK;
}

int unplug_twin(const struct unplug *unplug, int fd, const char *name)
{
	unsigned int state, reason;
	struct twinos_error err;
	int ret;

	ret = twinos_stop(fd, TWINOS_REASON_REQUEST, &err);
	/* ENODEV: it went by itself. EIO: it is lost, as its state will say. */
	if (ret && ret != -ENODEV && ret != -EIO)
		return fail(&err);
	ret = wait_for_owner(unplug, fd, name, &state, &reason);
	if (ret == -ETIMEDOUT)
		return not_given_back(unplug, name);
	if (!ret)
		return print_stopped(name, state);
	errno = -ret;
	return fail_errno("cannot wait for the end of twin '%s'", name);
}
