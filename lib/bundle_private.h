/* For bundle.c (zips, and what zips and folders share) and bundle_folder.c (folders). */
#ifndef ROSTER_BUNDLE_PRIVATE_H
#define ROSTER_BUNDLE_PRIVATE_H

#include <zip.h>

#include "bundle.h"
#include "inflate.h"
#include "limit.h"

/* The longest name of a file of OneRoster, with room. */
#define NAME_SIZE 64

struct entry {
    bool present;
    bool renamed; /* other letter case */
    zip_uint64_t index;
    char name[NAME_SIZE];     /* in a folder: as it is written there */
    uint64_t size;            /* as stated */
    uint64_t compressed_size; /* as stated; libzip reads no more of the file than this */
    uint32_t crc;             /* as stated */
    bool is_stored;           /* not compressed */
    uint64_t read_max;        /* the most that was read of it so far, in any pass */
};

struct bundle {
    zip_t *zip; /* NULL: a folder */
    int place;  /* of a folder; -1: a zip */
    struct entry entries[FILE_COUNT];
    size_t unknown_count;
    char folder[LIMIT_ZIP_NAME_BYTES + 1]; /* with its slash; "" when there is none */

    zip_file_t *open; /* being read, as it is compressed; NULL: none, or its end was reached */
    struct inflate *inflate;
    int open_fd; /* likewise, in a folder; -1: none */
    enum roster_file file;
    uint64_t read_bytes;
};

/* What was being read is given up: there is nothing to learn from its checksum. */
void bundle_stop(struct bundle *bundle);

/* The limits, on bytes that really came out. */
int bundle_check_limits(struct bundle *bundle, struct error *reterr);

/* As bundle_start and bundle_read, of a folder. */
int bundle_folder_start(struct bundle *bundle, struct error *reterr);
int64_t bundle_folder_read(struct bundle *bundle, void *buffer, size_t size, struct error *reterr);

#endif
