/* SPDX-License-Identifier: GPL-2.0-only */
/* The way to the agent in a twin; twinos/agent.h says what is spoken there. */
#ifndef TWINCTL_AGENT_H
#define TWINCTL_AGENT_H

#include "libtwinos.h"

/* How long it may take an agent to answer, if nobody says otherwise. */
#define AGENT_ANSWER_MS 10000

/* For tests: a socket of this machine where an agent listens, of whatever twin. */
#define AGENT_SOCKET_VARIABLE "TWINOS_AGENT_SOCKET"

/*
 * agent_find_cid() - the vsock address of twin @name, as the process that holds it says;
 * 0, or -errno
 */
int agent_find_cid(const char *name, unsigned int *cid,
		   struct twinos_error *err);

/*
 * agent_connect() - a socket to the agent of twin @name, which has said hello; or
 * -errno. @until: of watch_now(); -ETIMEDOUT then
 */
int agent_connect(const char *name, int64_t until, struct twinos_error *err);

/* agent_fail() - as fail(), of agent_connect() */
int agent_fail(const struct twinos_error *err);

#endif
