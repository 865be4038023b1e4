#include "table.h"

#include "words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cell {
    char *text;
    enum paint paint;
    size_t width;
    char *note; /* of a row's last cell: a line below the row, or NULL */
    enum paint note_paint;
};

struct table {
    const char *headings[TABLE_COLUMNS_MAX];
    bool is_number[TABLE_COLUMNS_MAX];
    size_t widths[TABLE_COLUMNS_MAX];
    size_t columns;
    struct cell *cells;
    size_t length;
    size_t size;
};

struct table *
table_new(const char *const *headings)
{
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    for (; headings[table->columns] != NULL; table->columns++) {
        const char *heading = headings[table->columns];
        table->is_number[table->columns] = *heading == '>';
        table->headings[table->columns] = *heading == '>' ? heading + 1 : heading;
        table->widths[table->columns] = words_width(table->headings[table->columns]);
    }
    return table;
}

void
table_add(struct table *table, enum paint paint, const char *text)
{
    if (table->length == table->size) {
        size_t size = table->size == 0 ? 64 : table->size * 2;
        struct cell *cells = reallocarray(table->cells, size, sizeof *cells);
        if (cells == NULL) {
            return;
        }
        table->cells = cells;
        table->size = size;
    }
    size_t column = table->length % table->columns;
    struct cell *cell = &table->cells[table->length];
    *cell = (struct cell){.text = strdup(text), .paint = paint, .width = words_width(text)};
    if (cell->text == NULL) {
        return;
    }
    table->length++;
    if (cell->width > table->widths[column]) {
        table->widths[column] = cell->width;
    }
}

void
table_note(struct table *table, enum paint paint, const char *text)
{
    if (table->length == 0 || table->length % table->columns != 0) {
        return;
    }
    struct cell *last = &table->cells[table->length - 1];
    free(last->note);
    last->note = strdup(text);
    last->note_paint = paint;
}

static void
print_padding(size_t width)
{
    printf("%*s", (int)width, "");
}

static void
print_cell(const struct table *table, const struct painter *painter, size_t column,
           enum paint paint, const char *text, size_t width)
{
    size_t padding = table->widths[column] - width;
    bool is_last = column + 1 == table->columns;
    if (table->is_number[column]) {
        print_padding(padding);
    }
    paint_print(painter, paint, "%s", text);
    if (!table->is_number[column] && !is_last) {
        print_padding(padding);
    }
    fputs(is_last ? "\n" : "  ", stdout);
}

void
table_print(const struct table *table, const struct painter *painter, size_t indent, bool bare)
{
    if (!bare) {
        print_padding(indent);
        for (size_t column = 0; column < table->columns; column++) {
            print_cell(table, painter, column, PAINT_QUIET, table->headings[column],
                       words_width(table->headings[column]));
        }
    }
    for (size_t index = 0; index < table->length; index++) {
        const struct cell *cell = &table->cells[index];
        size_t column = index % table->columns;
        if (column == 0) {
            print_padding(indent);
        }
        print_cell(table, painter, column, cell->paint, cell->text, cell->width);
        if (cell->note != NULL) {
            print_padding(indent + table->widths[0] + 2);
            paint_print(painter, cell->note_paint, "%s\n", cell->note);
        }
    }
}

size_t
table_rows(const struct table *table)
{
    return table->length / table->columns;
}

void
table_free(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t index = 0; index < table->length; index++) {
        free(table->cells[index].text);
        free(table->cells[index].note);
    }
    free(table->cells);
    free(table);
}
