/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What systemd is told of a service of Type=notify: one datagram to the socket that
 * NOTIFY_SOCKET names; see sd_notify(3). Without that variable nothing happens, and
 * nobody is told that it could not be done.
 */
#ifndef TWINCTL_NOTIFY_H
#define TWINCTL_NOTIFY_H

/* notify_ready() - the twin is up; once is enough */
void notify_ready(void);

/* notify_status() - one line for people, in systemctl status */
void notify_status(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* notify_stopping() - the twin has ended, and is not started anew */
void notify_stopping(void);

#endif
