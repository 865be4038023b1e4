#include "id_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Tables begin this small and double. */
#define ENTRIES_MIN 256
/* Entries lie all over a large table, so that the kernel's large pages save much looking up. */
#define LARGE_PAGE_BYTES ((size_t)2 << 20)

/* Free entries, or NULL. */
static struct id_entry *
new_entries(size_t capacity)
{
    size_t size = capacity * sizeof(struct id_entry);
    if (size < LARGE_PAGE_BYTES) {
        return calloc(capacity, sizeof(struct id_entry));
    }
    struct id_entry *entries = aligned_alloc(LARGE_PAGE_BYTES, size);
    if (entries != NULL) {
        (void)madvise(entries, size, MADV_HUGEPAGE);
        memset(entries, 0, size);
    }
    return entries;
}

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
    wider.entries = new_entries(wider.capacity);
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
