/* SPDX-License-Identifier: GPL-2.0-only */
/* The user's terminal while another one, far away, does what it usually does. */
#ifndef TWINCTL_RAW_H
#define TWINCTL_RAW_H

#include <stdbool.h>
#include <termios.h>

struct raw {
	bool begun;
	struct termios saved;
};

/* raw_begin() - of standard input; nothing happens if that is no terminal */
void raw_begin(struct raw *raw);

/* raw_end() - as it was before raw_begin(), if that was called */
void raw_end(struct raw *raw);

#endif
