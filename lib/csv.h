/*
 * A reader of CSV as RFC 4180 has it, in UTF-8: pulls bytes from a source, hands out rows whose
 * cells are views into its own buffer. Nothing is copied; only a quoted cell with doubled quotes is
 * rewritten, in place.
 *
 * Taken besides the RFC's letter: LF as well as CRLF, a missing last line end, a byte order mark,
 * empty lines (skipped), UTF-16 with its mark (converted; half pairs come out as bytes that are not
 * UTF-8). Told by a flag, for the caller to judge: quotes inside a bare cell, line
 * breaks inside a quoted one, bytes that are not UTF-8, NUL. Whatever makes the end of a cell or
 * row a matter of opinion is an error, and the error stays: no later row can be trusted.
 */
#ifndef ROSTER_CSV_H
#define ROSTER_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum csv_flag {
    CSV_BARE_QUOTE = 1, /* a quote in a cell that does not begin with one; it stays in the value */
    CSV_LINE_BREAK = 2, /* a quoted cell goes over several lines */
    CSV_NOT_UTF8 = 4,
    CSV_HAS_NUL = 8,
    CSV_NOT_ASCII = 16,
    CSV_HAS_CONTROL = 32 /* control characters inside cells, line breaks included */
};

struct csv_row {
    uint64_t line;            /* the line it begins on, from 1 */
    unsigned flags;           /* enum csv_flag */
    size_t count;             /* cells, at least 1 */
    const struct text *cells; /* until the next call */
};

enum csv_fault {
    CSV_FAULT_NONE,
    CSV_FAULT_UNCLOSED,    /* the file ends inside a quoted cell */
    CSV_FAULT_AFTER_QUOTE, /* something follows a closing quote */
    CSV_FAULT_BARE_CR,     /* a carriage return that no line feed follows */
    CSV_FAULT_COLUMNS,     /* LIMIT_COLUMNS */
    CSV_FAULT_FIELD,       /* LIMIT_FIELD_BYTES */
    CSV_FAULT_ROW,         /* LIMIT_ROW_BYTES */
    CSV_FAULT_SOURCE,      /* the source failed */
    CSV_FAULT_COUNT
};

/* Where the source stopped being readable. */
struct csv_place {
    enum csv_fault fault;
    uint64_t line;
    size_t column; /* number of the cell, from 1 */
};

/*
 * Fills a buffer. May give less than asked for.
 *
 * @return bytes written, 0 at the end, -1 with `reterr` set
 */
typedef int64_t (*csv_source_fn)(void *context, void *buffer, size_t size, struct error *reterr);

struct csv_reader;

/* @return NULL when memory ran out. Needs about half a MiB, whatever the file. */
struct csv_reader *csv_reader_new(void);
void csv_reader_free(struct csv_reader *reader);

/* Begins a new file. `context` must live until the last csv_reader_next. */
void csv_reader_start(struct csv_reader *reader, csv_source_fn source, void *context);

/*
 * To be called before the first row is asked for: a file without a byte order mark is Windows-1252.
 * Its five bytes without a meaning come out as bytes that are not UTF-8.
 */
void csv_reader_take_windows_1252(struct csv_reader *reader);

/*
 * The next row that is not empty.
 *
 * @return 1 with a row, 0 at the end of the file, -1 with `reterr` set (roster.csv,
 *         roster.encoding, roster.limit, or what the source said); from then on always -1
 */
int csv_reader_next(struct csv_reader *reader, struct csv_row *ret_row, struct error *reterr);

/* Whether a row holds nothing but blanks and commas. */
bool csv_row_is_blank(const struct csv_row *row);

/* Whether the file began with the mark of UTF-16; known once the first row was asked for. */
bool csv_reader_is_utf16(const struct csv_reader *reader);

/* Whether the file was read as Windows-1252; known likewise. */
bool csv_reader_is_windows_1252(const struct csv_reader *reader);

/*
 * Whether all that was read of such a file makes sense as UTF-8, more than ASCII: then it hardly is
 * Windows-1252.
 */
bool csv_reader_seems_utf8(const struct csv_reader *reader);

/* The fault of a reader that returned -1. */
struct csv_place csv_reader_place(const struct csv_reader *reader);

#endif
