// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

/* A longer value is cut in messages: they stay one readable line. */
#define SHOWN "%.64s"

__attribute__((format(printf, 2, 3))) static int
refuse(struct twinos_error *err, const char *format, ...)
{
	va_list args;

	err->kind = TWINOS_ERROR_USAGE;
	err->code = EINVAL;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* strchr() would find the NUL too, and <ctype.h> asks the locale. */
static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static int digit_value(char c, unsigned int base)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at && at - digits < (int)base ? (int)(at - digits) : -1;
}

/*
 * Unlike strtoull(): no sign, no space, no octal. Moves @text behind the number;
 * -EINVAL if there is none, -ERANGE if it is above @max.
 */
static int take_number(const char **text, unsigned int base, uint64_t max,
		       uint64_t *number)
{
	const char *start = *text;
	uint64_t sum = 0;
	int digit;

	for (; (digit = digit_value(**text, base)) >= 0; (*text)++) {
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, (unsigned int)digit, &sum) ||
		    sum > max)
			return -ERANGE;
	}
	if (*text == start)
		return -EINVAL;
	*number = sum;
	return 0;
}

/* Moves @text behind the suffix, if there is one. */
static unsigned int take_suffix(const char **text)
{
	static const char suffixes[] = "KkMmGgTt";

	if (!is_one_of(**text, suffixes))
		return 0;
	return 10 *
	       (unsigned int)((strchr(suffixes, *(*text)++) - suffixes) / 2 +
			      1);
}

int parse_size(const char *text, uint64_t *size, struct twinos_error *err)
{
	bool hex = text[0] == '0' && is_one_of(text[1], "xX");
	const char *at = hex ? text + 2 : text;
	uint64_t number;
	int ret;

	ret = take_number(&at, hex ? 16 : 10, UINT64_MAX, &number);
	if (!ret &&
	    __builtin_mul_overflow(number, 1ULL << take_suffix(&at), &number))
		ret = -ERANGE;
	if (ret == -ERANGE)
		return refuse(err, "'" SHOWN "' is more than 64 bits hold",
			      text);
	if (ret || *at)
		return refuse(err,
			      "'" SHOWN "' is not a size such as 512M, "
			      "1G or 0x100000000",
			      text);
	*size = number;
	return 0;
}

int parse_aligned(const char *text, uint64_t *size, struct twinos_error *err)
{
	int ret = parse_size(text, size, err);

	if (ret || (*size && *size % TWINOS_RANGE_ALIGN == 0))
		return ret;
	return refuse(err, "'" SHOWN "' is not a multiple of %lluM above 0",
		      text, (unsigned long long)TWINOS_RANGE_ALIGN >> 20);
}

static bool has_cpu(const struct parse_cpus *cpus, unsigned int cpu)
{
	size_t i;

	for (i = 0; i < cpus->nr; i++)
		if (cpus->cpus[i] == cpu)
			return true;
	return false;
}

static int add_cpu(struct parse_cpus *cpus, unsigned int cpu,
		   struct twinos_error *err)
{
	if (has_cpu(cpus, cpu))
		return refuse(err, "CPU %u is given twice", cpu);
	if (cpus->nr == TWINOS_MAX_CPUS)
		return refuse(err, "more than the %d CPUs that a twin can have",
			      TWINOS_MAX_CPUS);
	cpus->cpus[cpus->nr++] = cpu;
	return 0;
}

static int add_cpus(struct parse_cpus *cpus, uint64_t first, uint64_t last,
		    struct twinos_error *err)
{
	uint64_t cpu;
	int ret;

	if (first > last)
		return refuse(err, "the range %llu-%llu runs backwards",
			      (unsigned long long)first,
			      (unsigned long long)last);
	for (cpu = first; cpu <= last; cpu++) {
		ret = add_cpu(cpus, (unsigned int)cpu, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* "N" or "N-N" */
static int take_cpu_range(const char **at, uint64_t *first, uint64_t *last)
{
	int ret;

	ret = take_number(at, 10, INT32_MAX, first);
	if (ret)
		return ret;
	*last = *first;
	if (**at != '-')
		return 0;
	(*at)++;
	return take_number(at, 10, INT32_MAX, last);
}

static int parse_cpu_list(const char *text, struct parse_cpus *cpus,
			  struct twinos_error *err)
{
	const char *at = text;
	uint64_t first, last;
	int ret;

	do {
		ret = take_cpu_range(&at, &first, &last);
		if (ret || (*at && *at != ','))
			return refuse(err,
				      "'" SHOWN "' is neither a count such "
				      "as 2 nor a list such as 2-3,6",
				      text);
		ret = add_cpus(cpus, first, last, err);
		if (ret)
			return ret;
	} while (*at++ && *at);
	return 0;
}

static int parse_cpu_count(const char *text, struct parse_cpus *cpus,
			   struct twinos_error *err)
{
	uint64_t nr;

	if (take_number(&text, 10, TWINOS_MAX_CPUS, &nr) || nr == 0)
		return refuse(err, "a twin can have 1 to %d CPUs",
			      TWINOS_MAX_CPUS);
	cpus->nr = nr;
	return 0;
}

int parse_cpus(const char *text, struct parse_cpus *cpus,
	       struct twinos_error *err)
{
	cpus->nr = 0;
	cpus->listed = !*text || text[strspn(text, "0123456789")];
	if (cpus->listed)
		return parse_cpu_list(text, cpus, err);
	return parse_cpu_count(text, cpus, err);
}

int parse_cpu(const char *text, unsigned int *cpu, struct twinos_error *err)
{
	const char *at = text;
	uint64_t number;

	if (take_number(&at, 10, INT32_MAX, &number) || *at)
		return refuse(err,
			      "'" SHOWN "' is not the number of one CPU "
			      "such as 0",
			      text);
	*cpu = (unsigned int)number;
	return 0;
}

/* Microseconds in the unit, 0 if it is none. */
static unsigned int time_unit(const char *text)
{
	if (!strcmp(text, "us"))
		return 1;
	return strcmp(text, "ms") ? 0 : 1000;
}

int parse_slice(const char *text, unsigned int *us, struct twinos_error *err)
{
	const char *at = text;
	unsigned int unit;
	uint64_t number;
	int ret;

	ret = take_number(&at, 10, TWINOS_SLICE_MAX_US, &number);
	unit = ret ? 0 : time_unit(at);
	if (ret == -EINVAL || (!ret && !unit))
		return refuse(err,
			      "'" SHOWN "' is not a time such as 4ms or "
			      "500us",
			      text);
	if (ret || number * unit < TWINOS_SLICE_MIN_US ||
	    number * unit > TWINOS_SLICE_MAX_US)
		return refuse(err, "'" SHOWN "' is not from %dus to %dms", text,
			      TWINOS_SLICE_MIN_US, TWINOS_SLICE_MAX_US / 1000);
	*us = (unsigned int)number * unit;
	return 0;
}

int parse_name(const char *text, struct twinos_error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*text)
		return refuse(err, "a twin's name can't be empty");
	if (is_one_of(*text, ".-"))
		return refuse(err,
			      "'" SHOWN "' can't name a twin: it starts "
			      "with '%c'",
			      text, *text);
	if (text[strspn(text, letters)])
		return refuse(err,
			      "'" SHOWN "' can't name a twin: only letters, "
			      "digits, '.', '_' and '-' may stand in a name",
			      text);
	if (strlen(text) >= TWINOS_NAME_SIZE)
		return refuse(err,
			      "'" SHOWN "' can't name a twin: it is longer "
			      "than %d letters",
			      text, TWINOS_NAME_SIZE - 1);
	return 0;
}

const char *const parse_entries[] = {
	[TWINOS_ENTRY_AUTO] = "auto",
	[TWINOS_ENTRY_ELF] = "elf",
	[TWINOS_ENTRY_BZIMAGE] = "bzimage",
	NULL,
};

int parse_entry(const char *text, enum twinos_entry *entry,
		struct twinos_error *err)
{
	unsigned int i;

	for (i = 0; parse_entries[i]; i++) {
		if (strcmp(text, parse_entries[i]))
			continue;
		*entry = (enum twinos_entry)i;
		return 0;
	}
	return refuse(err, "'" SHOWN "' is not auto, elf or bzimage", text);
}

const char *const parse_levels[] = { "emerg",  "alert", "crit",	 "err", "warn",
				     "notice", "info",	"debug", NULL };

int parse_level(const char *text, unsigned int *level, struct twinos_error *err)
{
	unsigned int i;

	for (i = 0; parse_levels[i]; i++) {
		char digit[2] = { (char)('0' + i), '\0' };

		if (strcmp(text, parse_levels[i]) && strcmp(text, digit))
			continue;
		*level = i;
		return 0;
	}
	return refuse(err,
		      "'" SHOWN "' is not a level: 0 to 7, or emerg, alert, "
		      "crit, err, warn, notice, info, debug",
		      text);
}

int parse_seconds(const char *text, int64_t *ms, struct twinos_error *err)
{
	const uint64_t year = 365 * 24 * 60 * 60;
	const char *at = text;
	int64_t unit = 100;
	uint64_t seconds;
	int ret;

	ret = take_number(&at, 10, year, &seconds);
	if (ret == -ERANGE)
		return refuse(err, "'" SHOWN "' seconds are more than a year",
			      text);
	if (ret)
		goto refused;
	*ms = (int64_t)seconds * 1000;
	if (*at == '.' && digit_value(at[1], 10) >= 0)
		for (at++; digit_value(*at, 10) >= 0; at++, unit /= 10)
			*ms += digit_value(*at, 10) * unit;
	if (*at)
		goto refused;
	return 0;
refused:
	return refuse(err,
		      "'" SHOWN "' is not a number of seconds such as 10 "
		      "or 0.5",
		      text);
}
