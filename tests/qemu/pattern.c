// SPDX-License-Identifier: GPL-2.0-only
/*
 * pattern MIB - fill memory with a pattern and verify it until SIGTERM
 *
 * Prints "filled" when the memory is there, so that others can measure.
 * Exits with 0 if every word was right all the time: a twin that writes outside
 * its memory, or pages given to two owners, show here.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

/* Each word depends on its place and on the round. */
static uint64_t word(size_t i, uint64_t round)
{
	return (i + 1) * 0x9e3779b97f4a7c15u ^ round;
}

static void fill(uint64_t *words, size_t nr, uint64_t round)
{
	for (size_t i = 0; i < nr; i++)
		words[i] = word(i, round);
}

static int verify(const uint64_t *words, size_t nr, uint64_t round)
{
	for (size_t i = 0; i < nr; i++) {
		if (words[i] == word(i, round))
			continue;
		fprintf(stderr, "pattern: word %zu of round %llu is %#llx\n", i,
			(unsigned long long)round,
			(unsigned long long)words[i]);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t nr = (argc > 1 ? strtoul(argv[1], NULL, 0) : 16) * 1048576 / 8;
	uint64_t *words = malloc(nr * sizeof(*words));

	if (!words) {
		perror("pattern");
		return 2;
	}
	signal(SIGTERM, stop);
	for (uint64_t round = 0; !stopped; round++) {
		fill(words, nr, round);
		if (!round && (puts("filled") < 0 || fflush(stdout)))
			return 2;
		/* Others shall have time for damage, and the CPU. */
		usleep(1000000);
		if (verify(words, nr, round))
			return 1;
	}
	return 0;
}
