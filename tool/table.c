// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "table.h"

void table_row(struct table *table, const char *const *cells, size_t nr)
{
	size_t i, used;
	char **grown;

	if (!table->nr_rows)
		table->nr_columns = nr;
	used = table->nr_rows * table->nr_columns;
	grown = reallocarray(table->cells, used + nr, sizeof(*grown));
	if (!grown) {
		table->failed = true;
		return;
	}
	table->cells = grown;
	table->nr_rows++;
	for (i = 0; i < nr; i++) {
		grown[used + i] = strdup(cells[i]);
		if (!grown[used + i])
			table->failed = true;
	}
}

/* How many columns of a terminal @cell takes. */
static size_t cell_width(const char *cell)
{
	size_t width = 0;

	for (; *cell; cell++) {
		if (*cell == '\033')
			cell += strcspn(cell, "m");
		else
			width++;
		if (!*cell)
			break;
	}
	return width;
}

static size_t width_of(const struct table *table, size_t column)
{
	size_t row, length, width = 0;

	for (row = 0; row < table->nr_rows; row++) {
		length = cell_width(
			table->cells[row * table->nr_columns + column]);
		if (length > width)
			width = length;
	}
	return width;
}

static void print_rows(const struct table *table)
{
	size_t width[TABLE_MAX_COLUMNS], row, column,
		last = table->nr_columns - 1;
	char **cell = table->cells;

	for (column = 0; column < last; column++)
		width[column] = width_of(table, column);
	for (row = 0; row < table->nr_rows; row++) {
		for (column = 0; column < last; column++, cell++)
			printf("%s%*s", *cell,
			       (int)(width[column] - cell_width(*cell)) + 2,
			       "");
		printf("%s\n", *cell++);
	}
}

int table_print(struct table *table)
{
	size_t i;
	bool failed = table->failed;

	if (!failed && table->nr_rows)
		print_rows(table);
	for (i = 0; i < table->nr_rows * table->nr_columns; i++)
		free(table->cells[i]);
	free(table->cells);
	memset(table, 0, sizeof(*table));
	errno = ENOMEM;
	return failed ? fail_errno("cannot print the table") : EXIT_OK;
}
