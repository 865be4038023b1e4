/*
 * A zip whose entries are stored as they are, written from front to back: how several loose files
 * become one, with one hash. Nothing in it depends on when or where it was written, so that the
 * same files give the same bytes.
 */
#ifndef ROSTER_STORED_ZIP_H
#define ROSTER_STORED_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Entries of one zip; what bundle.h takes. */
#define STORED_ZIP_ENTRIES 64
/* The largest zip, bytes: without the Zip64 extension. */
#define STORED_ZIP_BYTES UINT32_MAX

struct stored_zip_entry {
    const char *name; /* borrowed */
    uint32_t offset;
    uint32_t size;
    uint32_t crc;
};

struct stored_zip {
    int (*put)(void *context, const uint8_t *bytes, size_t length, struct error *reterr);
    void *context;
    struct stored_zip_entry entries[STORED_ZIP_ENTRIES];
    size_t count;
    uint64_t written; /* bytes */
};

/* Bytes that an entry of this name needs besides its own; and the end of the zip. */
uint64_t stored_zip_entry_overhead(const char *name);
#define STORED_ZIP_END_BYTES 22

/*
 * Begins a zip.
 *
 * @param put  takes the bytes in their order; -1 ends the writing
 */
void stored_zip_init(struct stored_zip *zip,
                     int (*put)(void *context, const uint8_t *bytes, size_t length,
                                struct error *reterr),
                     void *context);

/* Begins an entry; the name lives until stored_zip_finish. CAUSE_FILE_TOO_LARGE: no room in it. */
int stored_zip_begin(struct stored_zip *zip, const char *name, struct error *reterr);

/* The next bytes of the entry (CAUSE_FILE_TOO_LARGE as above), and its end. */
int stored_zip_write(struct stored_zip *zip, const uint8_t *bytes, size_t length,
                     struct error *reterr);
int stored_zip_end(struct stored_zip *zip, struct error *reterr);

/* The directory. Nothing may follow. */
int stored_zip_finish(struct stored_zip *zip, struct error *reterr);

#endif
