/*
 * PostgreSQL's binary COPY format, as far as staging needs it: text and bigint columns. Text goes
 * as it is, with its length before it, so nothing has to be escaped.
 */
#ifndef ROSTER_COPY_BINARY_H
#define ROSTER_COPY_BINARY_H

#include <stdint.h>

#include "error.h"
#include "text.h"

/* Takes a piece of the stream. Returns 0, or -1 with `reterr` set. */
typedef int (*copy_flush_fn)(void *context, const char *data, size_t size, struct error *reterr);

struct copy_binary;

/*
 * @param flush  called with pieces of about 64 KiB
 * @return NULL when memory ran out
 */
struct copy_binary *copy_binary_new(copy_flush_fn flush, void *context);
void copy_binary_free(struct copy_binary *copy);

/* Begins a stream: the header. An unfinished one is forgotten. */
void copy_binary_start(struct copy_binary *copy);

/*
 * Begins a row of `columns` columns. Rows before it are given to `flush` if there are enough of
 * them.
 */
int copy_binary_row(struct copy_binary *copy, int columns, struct error *reterr);

void copy_binary_int8(struct copy_binary *copy, int64_t value);

/* data NULL gives SQL NULL. At most LIMIT_ROW_BYTES, and all texts of a row at most a MiB. */
void copy_binary_text(struct copy_binary *copy, struct text text);

/* Ends the stream: the trailer, and everything to `flush`. */
int copy_binary_finish(struct copy_binary *copy, struct error *reterr);

#endif
