/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the host comes to, and who else does. */
#ifndef TWINOS_AGENT_LISTEN_H
#define TWINOS_AGENT_LISTEN_H

#include <stdbool.h>

/* Each returns a socket that listens, or -errno. */
int listen_vsock(void);
int listen_unix(const char *path);

/* listen_from_host() - root of the host is at the other end of @fd, nobody else */
bool listen_from_host(int fd);

#endif
