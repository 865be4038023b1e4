#include "ledger.h"

#include <stdlib.h>

#include "aside.h"

#define ENTRIES_MIN 64

struct ledger {
    struct ledger_entry *entries; /* the last one is open: its run goes on till it has a row */
    size_t count;
    size_t capacity;
    struct aside *rows;
};

struct ledger *
ledger_new(void)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        return NULL;
    }
    ledger->rows = aside_new();
    if (ledger->rows == NULL) {
        ledger_free(ledger);
        return NULL;
    }
    return ledger;
}

void
ledger_free(struct ledger *ledger)
{
    if (ledger != NULL) {
        if (ledger->rows != NULL) {
            aside_free(ledger->rows);
        }
        free(ledger->entries);
        free(ledger);
    }
}

static struct ledger_entry *
add_entry(struct ledger *ledger)
{
    if (ledger->count == ledger->capacity) {
        size_t capacity = ledger->capacity == 0 ? ENTRIES_MIN : 2 * ledger->capacity;
        struct ledger_entry *wider = realloc(ledger->entries, capacity * sizeof *wider);
        if (wider == NULL) {
            return NULL;
        }
        ledger->entries = wider;
        ledger->capacity = capacity;
    }
    struct ledger_entry *entry = &ledger->entries[ledger->count++];
    *entry = (struct ledger_entry){.from = 0};
    return entry;
}

/* The open entry; a new one if there is none, or its run does not go on at this place. */
static struct ledger_entry *
open_entry(struct ledger *ledger, const uint32_t *place)
{
    struct ledger_entry *last = ledger->count == 0 ? NULL : &ledger->entries[ledger->count - 1];
    bool goes_on =
        last != NULL && !last->has_row && (place == NULL || last->count == 0 || last->to == *place);
    return goes_on ? last : add_entry(ledger);
}

bool
ledger_note(struct ledger *ledger, const struct record *record, const struct digest_match *match,
            uint64_t hash)
{
    /* of one that comes again the id is needed, so it is no part of a run */
    bool is_run = match != NULL && match->verdict == DIGEST_SAME && !match->is_again;
    struct ledger_entry *entry = open_entry(ledger, is_run ? &match->place : NULL);
    if (entry == NULL) {
        return false;
    }
    if (is_run) {
        entry->from = entry->count == 0 ? match->place : entry->from;
        entry->to = match->next;
        entry->count++;
        return true;
    }
    entry->has_row = true;
    entry->is_compared = match != NULL;
    entry->match.verdict = DIGEST_NEW;
    if (match != NULL) {
        entry->match = *match;
    }
    entry->hash = hash;
    return aside_add(ledger->rows, record);
}

int
ledger_each(const struct ledger *ledger,
            int (*visit)(void *context, const struct ledger_entry *entry,
                         const struct record *record, struct error *reterr),
            void *context, struct error *reterr)
{
    size_t at_row = 0;
    for (size_t at = 0; at < ledger->count; at++) {
        const struct ledger_entry *entry = &ledger->entries[at];
        struct record record;
        const struct record *row = NULL;
        if (entry->has_row && aside_next(ledger->rows, &at_row, &record)) {
            row = &record;
        }
        if (visit(context, entry, row, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}
