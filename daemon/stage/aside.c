#include "aside.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Some 150,000 relationships: no night changes so many. A package that does is read again, whole;
 * so the worker's memory stays what it is.
 */
#define ASIDE_BYTES_MAX (8 << 20)
#define ASIDE_BYTES_MIN 4096

/* Stands for a value that is none. */
#define NO_SIZE UINT32_MAX

/* Before the bytes of the values. */
struct head {
    uint32_t size; /* of head and values */
    uint32_t table;
    int64_t line;
    uint32_t sizes[RECORD_VALUES_MAX];
};

struct aside {
    char *data;
    size_t used;
    size_t capacity;
    size_t counts[TABLE_COUNT];
};

struct aside *
aside_new(void)
{
    return calloc(1, sizeof(struct aside));
}

void
aside_free(struct aside *aside)
{
    if (aside != NULL) {
        free(aside->data);
        free(aside);
    }
}

static bool
reserve(struct aside *aside, size_t size)
{
    size_t capacity = aside->capacity == 0 ? ASIDE_BYTES_MIN : aside->capacity;
    while (capacity - aside->used < size) {
        if (capacity >= ASIDE_BYTES_MAX) {
            return false;
        }
        capacity *= 2;
    }
    if (capacity > aside->capacity) {
        char *wider = realloc(aside->data, capacity);
        if (wider == NULL) {
            return false;
        }
        aside->data = wider;
        aside->capacity = capacity;
    }
    return true;
}

bool
aside_add(struct aside *aside, const struct record *record)
{
    size_t count = record_table(record->table)->count;
    struct head head = {.table = (uint32_t)record->table, .line = record->line};
    size_t size = sizeof head;
    for (size_t at = 0; at < count; at++) {
        struct text value = record->values[at];
        head.sizes[at] = value.data == NULL ? NO_SIZE : (uint32_t)value.size;
        size += value.size;
    }
    if (!reserve(aside, size)) {
        return false;
    }
    head.size = (uint32_t)size;
    char *data = aside->data + aside->used;
    memcpy(data, &head, sizeof head);
    data += sizeof head;
    for (size_t at = 0; at < count; at++) {
        struct text value = record->values[at];
        if (value.size > 0) {
            memcpy(data, value.data, value.size);
            data += value.size;
        }
    }
    aside->used += size;
    aside->counts[record->table]++;
    return true;
}

bool
aside_has(const struct aside *aside, enum record_table table)
{
    return aside->counts[table] > 0;
}

static struct record
record_at(const char *data, const struct head *head)
{
    struct record record = {.table = (enum record_table)head->table, .line = head->line};
    data += sizeof *head;
    for (size_t at = 0; at < record_table(record.table)->count; at++) {
        if (head->sizes[at] != NO_SIZE) {
            record.values[at] = (struct text){data, head->sizes[at]};
            data += head->sizes[at];
        }
    }
    return record;
}

bool
aside_next(const struct aside *aside, size_t *at, struct record *ret_record)
{
    struct head head;
    if (*at >= aside->used) {
        return false;
    }
    memcpy(&head, aside->data + *at, sizeof head);
    *ret_record = record_at(aside->data + *at, &head);
    *at += head.size;
    return true;
}

int
aside_each(const struct aside *aside, enum record_table table,
           int (*visit)(void *context, const struct record *record, struct error *reterr),
           void *context, struct error *reterr)
{
    struct record record;
    for (size_t at = 0; aside_next(aside, &at, &record);) {
        if (record.table == table && visit(context, &record, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

void
aside_clear(struct aside *aside)
{
    aside->used = 0;
    memset(aside->counts, 0, sizeof aside->counts);
}
