// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "spec.h"

static int mistake(const struct twinos_spec *spec, const char *word,
		   const char *what, struct twinos_error *err)
{
	return twinos_fail(err, TWINOS_ERROR_USAGE, EINVAL, "%s: '%.64s' %s",
			   spec->kind, word, what);
}

/* Ends @text at its first comma and joins doubled ones; returns what is behind. */
static char *split(char *text)
{
	char *to = text;

	for (; *text; *to++ = *text++) {
		if (*text != ',')
			continue;
		if (text[1] != ',') {
			*to = '\0';
			return text + 1;
		}
		text++;
	}
	*to = '\0';
	return NULL;
}

static const struct twinos_spec_key *
find_key(const struct twinos_spec_key *table, const char *name)
{
	static const struct twinos_spec_key always = { "name", false };

	if (!strcmp(name, always.name))
		return &always;
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int add_word(struct twinos_spec *spec, char *word, const char *first,
		    const struct twinos_spec_key *table,
		    struct twinos_error *err)
{
	char *value = strchr(word, '=');
	const struct twinos_spec_key *key;

	if (value)
		*value++ = '\0';
	key = find_key(table, word);
	if (!spec->nr && first && (!key || (!value && !key->bare))) {
		/* A file's name may have an equals sign. */
		if (value)
			value[-1] = '=';
		value = word;
		word = (char *)first;
		key = find_key(table, word);
	}
	if (!key)
		return mistake(spec, word, "is not known", err);
	if (twinos_spec_has(spec, word))
		return mistake(spec, word, "is given twice", err);
	if (key->bare && value)
		return mistake(spec, word, "takes no value", err);
	if (!key->bare && (!value || !*value))
		return mistake(spec, word, "needs a value", err);
	if (spec->nr == TWINOS_SPEC_KEYS)
		return mistake(spec, word, "is one too many", err);
	spec->keys[spec->nr] = word;
	spec->values[spec->nr++] = value;
	return 0;
}

int twinos_spec_parse(struct twinos_spec *spec, const char *kind,
		      const char *text, const char *first,
		      const struct twinos_spec_key *table,
		      struct twinos_error *err)
{
	char *word, *next;
	int ret = 0;

	*spec = (struct twinos_spec){ .kind = kind, .text = strdup(text) };
	if (!spec->text)
		return twinos_fail(err, TWINOS_ERROR_SYSTEM, ENOMEM,
				   "out of memory");
	for (word = *text ? spec->text : NULL; word && !ret; word = next) {
		next = split(word);
		ret = add_word(spec, word, first, table, err);
	}
	if (ret)
		twinos_spec_free(spec);
	return ret;
}

void twinos_spec_free(struct twinos_spec *spec)
{
	free(spec->text);
	*spec = (struct twinos_spec){ 0 };
}

static bool find(const struct twinos_spec *spec, const char *key, size_t *at)
{
	for (*at = 0; *at < spec->nr; ++*at)
		if (!strcmp(spec->keys[*at], key))
			return true;
	return false;
}

const char *twinos_spec_get(const struct twinos_spec *spec, const char *key)
{
	size_t at;

	return find(spec, key, &at) ? spec->values[at] : NULL;
}

bool twinos_spec_has(const struct twinos_spec *spec, const char *key)
{
	size_t at;

	return find(spec, key, &at);
}
