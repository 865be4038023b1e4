#include "id_table.h"

#include <stdlib.h>

/* Tables begin this small and double. */
#define ENTRIES_MIN 256

struct id_entry *
id_table_place(const struct id_table *table, uint64_t key)
{
    size_t mask = table->capacity - 1;
    size_t at = (size_t)key & mask;
    while (table->entries[at].key != 0 && table->entries[at].key != key) {
        at = (at + 1) & mask;
    }
    return &table->entries[at];
}

const struct id_entry *
id_table_find(const struct id_table *table, uint64_t key)
{
    if (table->capacity == 0) {
        return NULL;
    }
    const struct id_entry *entry = id_table_place(table, key);
    return entry->key == 0 ? NULL : entry;
}

int
id_table_reserve(struct id_table *table, struct error *reterr)
{
    if ((table->count + 1) * 5 <= table->capacity * 4) {
        return 0;
    }
    struct id_table wider = {.capacity = table->capacity == 0 ? ENTRIES_MIN : 2 * table->capacity,
                             .count = table->count};
    wider.entries = calloc(wider.capacity, sizeof *wider.entries);
    if (wider.entries == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "remembering the ids");
    }
    for (size_t at = 0; at < table->capacity; at++) {
        if (table->entries[at].key != 0) {
            *id_table_place(&wider, table->entries[at].key) = table->entries[at];
        }
    }
    free(table->entries);
    *table = wider;
    return 0;
}

void
id_table_ask(const struct id_table *table, uint64_t key)
{
    if (table->capacity > 0) {
        __builtin_prefetch(&table->entries[(size_t)key & (table->capacity - 1)]);
    }
}
