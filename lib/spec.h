/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user says of a device: "FILE,ro,format=raw", "tap=tap0,mac=..." */
#ifndef TWINOS_LIB_SPEC_H
#define TWINOS_LIB_SPEC_H

#include "libtwinos.h"

#define TWINOS_SPEC_KEYS 12

/**
 * struct twinos_spec - words divided by commas; a doubled comma stands for one
 * @kind: "disk"...; not owned
 * @nr: how many words
 * @keys: of "key=value" the key, of a bare word the word; point into @text
 * @values: NULL for a bare word
 */
struct twinos_spec {
	const char *kind;
	size_t nr;
	const char *keys[TWINOS_SPEC_KEYS];
	const char *values[TWINOS_SPEC_KEYS];
	char *text;
};

/* struct twinos_spec_key - what a kind takes; a table ends with a NULL name */
struct twinos_spec_key {
	const char *name;
	bool bare; /* "ro"; otherwise "name=VALUE" */
};

/*
 * twinos_spec_parse() - @first: the key that a bare first word is the value of ("file"
 * of "FILE,ro"), or NULL. "name=NAME" is taken for every kind. TWINOS_ERROR_USAGE with
 * what is wrong with @text: a key that is not in @table, given twice, with or without a
 * value against its kind, empty. twinos_spec_free() in the end.
 */
int twinos_spec_parse(struct twinos_spec *spec, const char *kind,
		      const char *text, const char *first,
		      const struct twinos_spec_key *table,
		      struct twinos_error *err);
void twinos_spec_free(struct twinos_spec *spec);

/* twinos_spec_get() - the value of @key; NULL: it is not there */
const char *twinos_spec_get(const struct twinos_spec *spec, const char *key);

/* twinos_spec_has() - also for a bare word */
bool twinos_spec_has(const struct twinos_spec *spec, const char *key);

#endif
