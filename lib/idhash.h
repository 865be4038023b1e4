/*
 * Ids as 64-bit numbers, for tables that cannot keep their texts: SipHash-1-3 under a random key.
 * Two of a million different ids fall together once in some 30 million packages, and nobody can
 * make a package in which they do, because nobody knows the key.
 */
#ifndef ROSTER_IDHASH_H
#define ROSTER_IDHASH_H

#include <stdint.h>

#include "text.h"

struct idhash {
    uint64_t key[2];
};

/* Takes a random key. @return 0, or -1 when the system has none */
int idhash_init(struct idhash *ret_hash);

/* Never 0, so that 0 can stand for "none". */
uint64_t idhash_of(const struct idhash *hash, struct text id);

#endif
