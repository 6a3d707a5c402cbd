/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host asks for, as it comes in frame by frame. */
#ifndef TWINOS_AGENT_REQUEST_H
#define TWINOS_AGENT_REQUEST_H

#include "frame.h"

/* struct strings - one behind the other, each with a NUL at its end */
struct strings {
	char *data;
	size_t length;
};

struct request {
	struct strings arguments;
	struct strings environment;
	struct strings directory;
};

/* request_add() - a frame's strings; 0 or -errno, -EPROTO if it has none */
int request_add(struct request *request, const struct twinos_frame *frame);

/*
 * request_list() - @strings as execve(2) takes them, with a NULL behind the last; they
 * stay where they are. 0 or -errno
 */
int request_list(const struct strings *strings, char ***list);

/* request_directory() - NULL if none was said */
const char *request_directory(const struct request *request);

#endif
