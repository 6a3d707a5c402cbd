// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <unistd.h>

#include "output.h"
#include "progress.h"
#include "watch.h"

#define STEP_MS 100
#define BAR_WIDTH 40

void progress_begin(struct progress *progress)
{
	progress->shown = !output_json && isatty(STDERR_FILENO);
	progress->next = 0;
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
	static const char bar[] = "########################################";
	double part = total ? (double)done / (double)total : 1;

	if (!progress->shown || watch_now() < progress->next)
		return;
	progress->next = watch_now() + STEP_MS;
	fprintf(stderr, "\r[%-*.*s] %3d %% of %llu MiB", BAR_WIDTH,
		(int)(part * BAR_WIDTH), bar, (int)(part * 100),
		(unsigned long long)total >> 20);
}

void progress_end(struct progress *progress)
{
	/* Back to the first column, and clear what is behind it. */
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
