#include "role_set.h"

#include <stdlib.h>
#include <string.h>

#include "idhash.h"
#include "limit.h"
#include "record.h"

#define ENTRIES_MIN 256

/* One role of one person; a person has as many entries as roles, one behind the other. */
struct entry {
    uint64_t person; /* 0: free */
    uint32_t pair;
    uint32_t order;
};

/* A role and an org, as they stand in a record. */
struct pair {
    uint64_t key;
    uint32_t at; /* in the arena */
    uint32_t size;
};

struct role_set {
    struct idhash hash;
    struct entry *entries;
    size_t capacity; /* a power of two */
    size_t count;
    struct pair *pairs; /* by number */
    size_t pairs_count;
    size_t pairs_capacity;
    uint32_t *pair_places; /* number of a pair + 1, by hash; twice LIMIT_ROLE_PAIRS places */
    char *arena;
    size_t arena_used;
    size_t arena_capacity;
};

#define PAIR_PLACES (2 * (size_t)LIMIT_ROLE_PAIRS)

struct role_set *
role_set_new(void)
{
    struct role_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        return NULL;
    }
    set->capacity = ENTRIES_MIN;
    set->entries = calloc(set->capacity, sizeof *set->entries);
    set->pair_places = calloc(PAIR_PLACES, sizeof *set->pair_places);
    if (set->entries == NULL || set->pair_places == NULL || idhash_init(&set->hash) != 0) {
        role_set_free(set);
        return NULL;
    }
    return set;
}

void
role_set_free(struct role_set *set)
{
    if (set != NULL) {
        free(set->entries);
        free(set->pairs);
        free(set->pair_places);
        free(set->arena);
        free(set);
    }
}

/* Twice the room, when four fifths are taken. */
static int
make_room(struct role_set *set, struct error *reterr)
{
    if ((set->count + 1) * 5 <= set->capacity * 4) {
        return 0;
    }
    size_t capacity = 2 * set->capacity;
    struct entry *entries = calloc(capacity, sizeof *entries);
    if (entries == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "remembering the roles");
    }
    for (size_t from = 0; from < set->capacity; from++) {
        if (set->entries[from].person != 0) {
            size_t at = (size_t)set->entries[from].person & (capacity - 1);
            while (entries[at].person != 0) {
                at = (at + 1) & (capacity - 1);
            }
            entries[at] = set->entries[from];
        }
    }
    free(set->entries);
    set->entries = entries;
    set->capacity = capacity;
    return 0;
}

/* Room for one more pair of so many bytes. */
static int
make_pair_room(struct role_set *set, size_t size, struct error *reterr)
{
    if (set->pairs_count == LIMIT_ROLE_PAIRS) {
        return error_set(reterr, CAUSE_ROSTER_LIMIT,
                         "roles.csv has more than %d different roles at orgs", LIMIT_ROLE_PAIRS);
    }
    if (set->pairs_count == set->pairs_capacity) {
        size_t capacity = 2 * set->pairs_capacity + 64;
        struct pair *pairs = realloc(set->pairs, capacity * sizeof *pairs);
        if (pairs == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "remembering the roles");
        }
        set->pairs = pairs;
        set->pairs_capacity = capacity;
    }
    if (set->arena_capacity - set->arena_used < size) {
        size_t capacity = 2 * set->arena_capacity + 65536;
        char *arena = realloc(set->arena, capacity);
        if (arena == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "remembering the roles");
        }
        set->arena = arena;
        set->arena_capacity = capacity;
    }
    return 0;
}

/* The number of a pair, added if it is new. */
static int
pair_of(struct role_set *set, struct text role, struct text org, uint32_t *ret_pair,
        struct error *reterr)
{
    char data[LIMIT_WORD_BYTES + 1 + LIMIT_ID_BYTES];
    struct text text = {data, role.size + 1 + org.size};
    memcpy(data, role.data, role.size);
    data[role.size] = RECORD_PART_SEPARATOR;
    if (org.size > 0) {
        memcpy(data + role.size + 1, org.data, org.size);
    }
    uint64_t key = idhash_of(&set->hash, text);
    size_t place = (size_t)(key % PAIR_PLACES);
    for (; set->pair_places[place] != 0; place = (place + 1) % PAIR_PLACES) {
        const struct pair *pair = &set->pairs[set->pair_places[place] - 1];
        if (pair->key == key &&
            text_equals((struct text){set->arena + pair->at, pair->size}, text)) {
            *ret_pair = set->pair_places[place] - 1;
            return 0;
        }
    }
    if (make_pair_room(set, text.size, reterr) != 0) {
        return -1;
    }
    memcpy(set->arena + set->arena_used, data, text.size);
    set->pairs[set->pairs_count] =
        (struct pair){key, (uint32_t)set->arena_used, (uint32_t)text.size};
    set->arena_used += text.size;
    *ret_pair = (uint32_t)set->pairs_count++;
    set->pair_places[place] = *ret_pair + 1;
    return 0;
}

int
role_set_add(struct role_set *set, struct text person, struct text role, struct text org,
             struct error *reterr)
{
    uint32_t pair = 0;
    if (set->count == LIMIT_ROLES) {
        return error_set(reterr, CAUSE_ROSTER_LIMIT, "roles.csv has more than %d roles",
                         LIMIT_ROLES);
    }
    if (make_room(set, reterr) != 0 || pair_of(set, text_cut(role, LIMIT_WORD_BYTES),
                                               text_cut(org, LIMIT_ID_BYTES), &pair, reterr) != 0) {
        return -1;
    }
    uint64_t key = idhash_of(&set->hash, person);
    size_t mask = set->capacity - 1;
    size_t at = (size_t)key & mask;
    size_t mine = 0;
    for (; set->entries[at].person != 0; at = (at + 1) & mask) {
        if (set->entries[at].person == key) {
            if (set->entries[at].pair == pair) {
                return 0;
            }
            mine++;
        }
    }
    if (mine == LIMIT_LIST_ITEMS) {
        return error_set(reterr, CAUSE_ROSTER_LIMIT, "somebody has more than %d roles",
                         LIMIT_LIST_ITEMS);
    }
    set->entries[at] = (struct entry){key, pair, (uint32_t)set->count++};
    return 0;
}

/* The entries of a person in the order they were added. Returns their number. */
static size_t
collect(const struct role_set *set, struct text person,
        struct entry ret_entries[static LIMIT_LIST_ITEMS])
{
    uint64_t key = idhash_of(&set->hash, person);
    size_t mask = set->capacity - 1;
    size_t count = 0;
    for (size_t at = (size_t)key & mask; set->entries[at].person != 0; at = (at + 1) & mask) {
        if (set->entries[at].person == key && count < LIMIT_LIST_ITEMS) {
            size_t to = count++;
            for (; to > 0 && ret_entries[to - 1].order > set->entries[at].order; to--) {
                ret_entries[to] = ret_entries[to - 1];
            }
            ret_entries[to] = set->entries[at];
        }
    }
    return count;
}

int
role_set_join(const struct role_set *set, struct text person, struct scratch *scratch,
              struct text *ret_roles)
{
    struct entry entries[LIMIT_LIST_ITEMS];
    size_t count = collect(set, person, entries);
    size_t size = 0;
    *ret_roles = TEXT_NONE;
    for (size_t at = 0; at < count; at++) {
        size += set->pairs[entries[at].pair].size + (at > 0);
    }
    char *data = count == 0 ? NULL : scratch_take(scratch, size);
    if (data == NULL) {
        return count == 0 ? 0 : -1;
    }
    char *p = data;
    for (size_t at = 0; at < count; at++) {
        const struct pair *pair = &set->pairs[entries[at].pair];
        if (at > 0) {
            *p++ = RECORD_ITEM_SEPARATOR;
        }
        memcpy(p, set->arena + pair->at, pair->size);
        p += pair->size;
    }
    *ret_roles = (struct text){data, size};
    return 0;
}
