/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns for people: each as wide as its widest cell, in which colours
 * (ESC [ ... m) have no width.
 */
#ifndef TWINCTL_TABLE_H
#define TWINCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_MAX_COLUMNS 8

/**
 * struct table - all zero is an empty one
 * @cells: row by row, the titles first; each malloc'd
 * @failed: there was no memory for a cell
 */
struct table {
	size_t nr_columns;
	size_t nr_rows;
	char **cells;
	bool failed;
};

/* table_row() - add one; @cells are copied. The first row sets the columns. */
void table_row(struct table *table, const char *const *cells, size_t nr);

/* table_print() - to standard output, and empty it; 0 or an exit code */
int table_print(struct table *table);

#define TABLE_ROW(table, ...)                                    \
	table_row(table, (const char *const[]){ __VA_ARGS__ },   \
		  sizeof((const char *const[]){ __VA_ARGS__ }) / \
			  sizeof(const char *))

#endif
