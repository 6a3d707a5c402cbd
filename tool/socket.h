/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets at which the process that holds a twin can be reached. */
#ifndef TWINCTL_SOCKET_H
#define TWINCTL_SOCKET_H

#include <stdint.h>

/* What sun_path of struct sockaddr_un has room for. */
#define SOCKET_PATH_MAX 108

/*
 * socket_listen() - at @path, which is removed first: the name of a twin is held by one
 * process at a time. For messages, non-blocking, for root alone. The fd or -errno.
 */
int socket_listen(const char *path, int backlog);

/* socket_connect() - to it; waits when it is read. The fd or -errno. */
int socket_connect(const char *path);

/* socket_connect_within() - the same; neither this nor a message takes longer each */
int socket_connect_within(const char *path, int64_t timeout_ms);

#endif
