/*
 * A table of ids by their hash (idhash.h), 16 bytes each, at most four fifths full: what a record
 * is known by while a package is looked through.
 */
#ifndef ROSTER_ID_TABLE_H
#define ROSTER_ID_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct id_entry {
    uint64_t key; /* 0: free */
    uint32_t line;
    uint32_t rest;
};

struct id_table {
    struct id_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* The place of a key: its entry, or the free one where it belongs. The table must not be empty. */
struct id_entry *id_table_place(const struct id_table *table, uint64_t key);

/* The entry of a key, until the next id_table_reserve; NULL: there is none. */
const struct id_entry *id_table_find(const struct id_table *table, uint64_t key);

/* Asks the memory for the place of a key that is needed soon. */
void id_table_ask(const struct id_table *table, uint64_t key);

/* Room for one more. @return 0, or -1 (memory) */
int id_table_reserve(struct id_table *table, struct error *reterr);

#endif
