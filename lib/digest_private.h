/*
 * The bytes of a digest, for digest.c (reading) and digest_draft.c (writing):
 *
 *   classes       entries in the order of classes.csv
 *   people        entries in the order of users.csv
 *   enrollments   entries in the order of enrollments.csv
 *   distrusted    entries whose hash is their kind
 *   footer
 *
 * An entry is a hash, the size of the id in a byte, the id, and zeros up to the next multiple of
 * eight. An id has two entries only if it is distrusted. Numbers are as this machine has them: a
 * digest never leaves it, and from another one it would be no digest.
 */
#ifndef ROSTER_DIGEST_PRIVATE_H
#define ROSTER_DIGEST_PRIVATE_H

#include "digest.h"

#define DIGEST_MAGIC "rosterDG"
/* Of the format, and of what a hash is made from. */
#define DIGEST_VERSION 2

/* Entries begin at multiples of this; places are counted in it. */
#define DIGEST_UNIT 8
#define DIGEST_ENTRY_HEAD 9  /* hash and size */
#define DIGEST_ENTRY_MAX 264 /* DIGEST_ENTRY_HEAD and LIMIT_ID_BYTES, up to a unit */

/* Sections: one a kind, then those that are distrusted. */
#define DIGEST_SECTION_DISTRUSTED DIGEST_KIND_COUNT
#define DIGEST_SECTION_COUNT (DIGEST_KIND_COUNT + 1)

struct digest_footer {
    char magic[8];
    uint64_t version;
    char token[40];
    uint64_t seed;
    uint64_t bytes[DIGEST_SECTION_COUNT];
    uint64_t counts[DIGEST_SECTION_COUNT];
    uint64_t checksum; /* of all that stands before it */
};

/* An entry, as a view. */
struct digest_entry {
    uint64_t hash;
    struct text id;
    size_t size; /* of the entry */
};

struct digest_entry digest_entry_at(const unsigned char *data);

/* @return bytes of the entry */
size_t digest_entry_put(unsigned char data[static DIGEST_ENTRY_MAX], uint64_t hash, struct text id);

/* Never 0. */
uint64_t digest_key(uint64_t seed, struct text id);

/* The bytes of a digest's section, and of the entry at a place of it. */
struct text digest_section(const struct digest *digest, int section);
const unsigned char *digest_place(const struct digest *digest, enum digest_kind kind,
                                  uint32_t place);

#endif
