// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"

/* A number below TWINOS_CPULIST_MAX. */
static bool parse_cpu(const char **text, size_t *cpu)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*cpu = strtoul(*text, &end, 10);
	*text = end;
	return *cpu < TWINOS_CPULIST_MAX;
}

static bool parse_range(struct twinos_cpulist *list, const char **text)
{
	size_t first, last;

	if (!parse_cpu(text, &first))
		return false;
	last = first;
	if (**text == '-') {
		++*text;
		if (!parse_cpu(text, &last) || last < first)
			return false;
	}
	memset(list->has + first, 1, last - first + 1);
	return true;
}

bool twinos_cpulist_parse(struct twinos_cpulist *list, const char *text)
{
	if (!*text || *text == '\n')
		return true;
	while (parse_range(list, &text)) {
		if (*text != ',')
			return !*text || *text == '\n';
		text++;
	}
	return false;
}

size_t twinos_cpulist_count(const struct twinos_cpulist *list)
{
	size_t cpu, count = 0;

	for (cpu = 0; cpu < TWINOS_CPULIST_MAX; cpu++)
		count += list->has[cpu];
	return count;
}

/* The end of the run that begins at @cpu. */
static size_t run_end(const struct twinos_cpulist *list, size_t cpu)
{
	while (cpu + 1 < TWINOS_CPULIST_MAX && list->has[cpu + 1])
		cpu++;
	return cpu;
}

static void write_run(char *run, size_t size, const char *comma, size_t first,
		      size_t last)
{
	if (last > first)
		snprintf(run, size, "%s%zu-%zu", comma, first, last);
	else
		snprintf(run, size, "%s%zu", comma, first);
}

const char *twinos_cpulist_format(const struct twinos_cpulist *list, char *text,
				  size_t size)
{
	char run[32];
	size_t cpu, last, used = 0;

	*text = '\0';
	for (cpu = 0; cpu < TWINOS_CPULIST_MAX; cpu++) {
		if (!list->has[cpu])
			continue;
		last = run_end(list, cpu);
		write_run(run, sizeof(run), used ? "," : "", cpu, last);
		if (used + strlen(run) + sizeof("...") > size) {
			strcpy(text + used, "...");
			break;
		}
		strcpy(text + used, run);
		used += strlen(run);
		cpu = last;
	}
	return text;
}
