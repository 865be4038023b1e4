/*
 * Text of another encoding as UTF-8, a piece at a time: UTF-16 of either byte order and
 * Windows-1252. What has no meaning in it (half of a pair, one of Windows-1252's five unused bytes)
 * comes out as bytes that are not UTF-8, for the reader of the text to find.
 */
#ifndef ROSTER_RECODE_H
#define ROSTER_RECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum encoding { ENCODING_UTF8, ENCODING_UTF16_LITTLE, ENCODING_UTF16_BIG, ENCODING_WINDOWS_1252 };

/* The longest a code point gets in UTF-8. */
#define RECODE_POINT_BYTES 4
/* The most that may have been read of a text before recode_start. */
#define RECODE_BEGUN_MAX ((size_t)256 << 10)

/* As csv_source_fn. */
typedef int64_t (*recode_source_fn)(void *context, void *buffer, size_t size, struct error *reterr);

struct recode;

/* @return NULL when memory ran out. Needs 0.3 MiB, whatever the text. */
struct recode *recode_new(void);
void recode_free(struct recode *recode);

/*
 * Begins a text.
 *
 * @param begun  the first bytes of it, which the source gave already, without the byte order mark
 * @param ended  the source has no more
 */
void recode_start(struct recode *recode, enum encoding encoding, const void *begun, size_t size,
                  bool ended, recode_source_fn source, void *context);

/*
 * The next bytes of the text.
 *
 * @param size  at least RECODE_POINT_BYTES
 * @return bytes, 0 at the end, -1 with `reterr` set by the source
 */
int64_t recode_read(struct recode *recode, void *buffer, size_t size, struct error *reterr);

/*
 * Whether all that was read of a text as Windows-1252 makes sense as UTF-8 and is not just ASCII:
 * then it hardly is Windows-1252.
 */
bool recode_seems_utf8(const struct recode *recode);

#endif
