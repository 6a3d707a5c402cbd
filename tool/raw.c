// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "raw.h"

void raw_begin(struct raw *raw)
{
	struct termios settings;

	raw->begun = !tcgetattr(STDIN_FILENO, &raw->saved);
	if (!raw->begun)
		return;
	settings = raw->saved;
	cfmakeraw(&settings);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
}

void raw_end(struct raw *raw)
{
	if (raw->begun)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw->saved);
	raw->begun = false;
}
