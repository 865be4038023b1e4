/*
 * Raw deflate (RFC 1951), a stream at a time, by ISA-L; and the CRC-32 of what came out. Nothing is
 * believed: a stream that is damaged or ends too early is an error, and so is memory's end.
 */
#ifndef ROSTER_INFLATE_H
#define ROSTER_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* As csv_source_fn: may give less than asked for; 0 at the end, -1 with `reterr` set. */
typedef int64_t (*inflate_source_fn)(void *context, void *buffer, size_t size,
                                     struct error *reterr);

struct inflate;

/* @return NULL when memory ran out. Needs about 0.2 MiB, whatever the stream. */
struct inflate *inflate_new(void);
void inflate_free(struct inflate *inflate);

/*
 * Begins a stream.
 *
 * @param name       of the file, for messages; must live as long as the stream
 * @param is_stored  the source's bytes are not compressed: they are passed on
 */
void inflate_start(struct inflate *inflate, const char *name, bool is_stored,
                   inflate_source_fn source, void *context);

/*
 * The next bytes that come out.
 *
 * @return bytes, 0 at the end of the stream; -1 (zip.damaged, or what the source said)
 */
int64_t inflate_read(struct inflate *inflate, void *buffer, size_t size, struct error *reterr);

/* CRC-32 (as zips have it) of what came out since inflate_start. */
uint32_t inflate_crc(const struct inflate *inflate);

#endif
