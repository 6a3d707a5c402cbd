/* SPDX-License-Identifier: GPL-2.0-only */
/* A command of our own, run by another process while we go on. */
#ifndef TWINCTL_CHORE_H
#define TWINCTL_CHORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct chore - all 0 at first
 * @pid: 0: there is none
 * @fd: readable once there is something for chore_read()
 * @text: the last line that it has printed so far
 */
struct chore {
	pid_t pid;
	int fd;
	char text[512];
	size_t length;
	bool line_ended;
};

/*
 * chore_begin() - twinctl with @argv, NULL behind the last one; what it prints comes
 * to us, and signals of the terminal do not go to it. 0 or -errno
 */
int chore_begin(struct chore *chore, char *const *argv);

/* chore_read() - true once it is over, with its exit code, -1 if it was killed */
bool chore_read(struct chore *chore, int *code);

/* chore_leave() - let it go on without us */
void chore_leave(struct chore *chore);

/*
 * chore_at_terminal() - the same at our terminal; its exit code once it is over, or a
 * signal came by the signalfd @signals, which ends it; -1 if it was killed
 */
int chore_at_terminal(char *const *argv, int signals);

#endif
