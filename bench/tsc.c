// SPDX-License-Identifier: GPL-2.0-only
/* tsc - print the time-stamp counter */
#include <stdio.h>

#include "tsc.h"

int main(void)
{
	return printf("%llu\n", (unsigned long long)tsc()) < 0;
}
