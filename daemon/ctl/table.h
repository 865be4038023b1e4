/*
 * A table for people: cells are collected, then printed with every column as wide as its widest
 * cell. The last column is not padded.
 */
#ifndef ROSTERCTL_TABLE_H
#define ROSTERCTL_TABLE_H

#include "paint.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 12

struct table;

/* A table with these headings, NULL after the last; a heading that begins with '>' stands for a
 * column of numbers, flush right. NULL when memory ran out. */
struct table *table_new(const char *const *headings);

/* Appends a cell; the row is full after as many as there are headings. The text is copied. */
void table_add(struct table *table, enum paint paint, const char *text);

/* A line to stand below the row that was filled last, indented to the second column. */
void table_note(struct table *table, enum paint paint, const char *text);

/* Prints headings (not with `bare`) and rows, each behind `indent` spaces. */
void table_print(const struct table *table, const struct painter *painter, size_t indent,
                 bool bare);

/* Number of full rows. */
size_t table_rows(const struct table *table);

/* Takes NULL. */
void table_free(struct table *table);

#endif
