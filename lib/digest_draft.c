/*
 * Entries that are as they were are not written one by one: a run of them is copied from the last
 * digest when it ends. If the whole of it is one run, there is nothing to write at all.
 */
#include "digest_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "limit.h"

#define BUFFER_BYTES 65536
/* Keys by which ids are known that come twice: tables begin this small and double. There are many,
 * so that the one that is doubled, which is there twice meanwhile, is a small part of them. */
#define KEYS_MIN 64
#define KEY_SET_BITS 6
#define KEY_SETS ((size_t)1 << KEY_SET_BITS)

/* So that whatever is distrusted has room behind the entries. */
#define ENTRIES_BYTES_MAX                                                                          \
    ((uint64_t)LIMIT_DIGEST_BYTES - sizeof(struct digest_footer) -                                 \
     (uint64_t)DIGEST_ENTRY_MAX * LIMIT_DIGEST_DISTRUSTED)

/* Half keys, which are enough: an id that passes for another by mistake is distrusted for nothing.
 */
struct key_set {
    uint32_t *keys; /* 0: free */
    size_t capacity;
    size_t count;
};

struct digest_draft {
    const struct digest *last;
    digest_write_fn write;
    void *context;
    uint64_t seed;
    bool is_lost;
    enum digest_kind kind;
    uint64_t bytes[DIGEST_SECTION_COUNT];
    uint64_t entries_bytes; /* of all kinds */
    uint64_t counts[DIGEST_SECTION_COUNT];
    /* of this kind, but for ids that have an entry in the last one */
    struct key_set keys[KEY_SETS];

    /* entries of the last digest that are to be copied: from the first byte of all its entries */
    size_t run_from;
    size_t run_to;

    bool has_output;
    XXH3_state_t *sum;
    size_t used;
    unsigned char buffer[BUFFER_BYTES];

    unsigned char *distrusted;
    size_t distrusted_size;
    size_t distrusted_capacity;
};

/* --- output ---------------------------------------------------------------------------------- */

static void
give(struct digest_draft *draft, const void *data, size_t size)
{
    if (size > 0 && !draft->is_lost) {
        draft->is_lost = XXH3_64bits_update(draft->sum, data, size) != XXH_OK ||
                         draft->write(draft->context, data, size) != 0;
    }
}

static void
flush(struct digest_draft *draft)
{
    give(draft, draft->buffer, draft->used);
    draft->used = 0;
}

static void
put(struct digest_draft *draft, const void *data, size_t size)
{
    if (size == 0) {
        return;
    }
    draft->has_output = true;
    if (size > BUFFER_BYTES - draft->used) {
        flush(draft);
    }
    if (size > BUFFER_BYTES) {
        give(draft, data, size);
        return;
    }
    memcpy(draft->buffer + draft->used, data, size);
    draft->used += size;
}

/* Where the entries of the last digest begin: its sections stand one behind the other. */
static const unsigned char *
entries_of(const struct digest *last)
{
    return digest_place(last, (enum digest_kind)0, 0);
}

static void
end_run(struct digest_draft *draft)
{
    if (draft->run_to > draft->run_from) {
        put(draft, entries_of(draft->last) + draft->run_from, draft->run_to - draft->run_from);
    }
    draft->run_from = draft->run_to = 0;
}

/* --- ids that come twice --------------------------------------------------------------------- */

static uint32_t *
place_of(const struct key_set *set, uint32_t key)
{
    size_t at = key & (set->capacity - 1);
    while (set->keys[at] != 0 && set->keys[at] != key) {
        at = (at + 1) & (set->capacity - 1);
    }
    return &set->keys[at];
}

static bool
widen(struct key_set *set)
{
    struct key_set wider = {.capacity = set->capacity == 0 ? KEYS_MIN : 2 * set->capacity,
                            .count = set->count};
    wider.keys = calloc(wider.capacity, sizeof *wider.keys);
    if (wider.keys == NULL) {
        return false;
    }
    for (size_t at = 0; at < set->capacity; at++) {
        if (set->keys[at] != 0) {
            *place_of(&wider, set->keys[at]) = set->keys[at];
        }
    }
    free(set->keys);
    *set = wider;
    return true;
}

/* Whether it is there already; then it is. */
static bool
has_come(struct digest_draft *draft, struct text id)
{
    uint64_t whole = digest_key(draft->seed, id);
    struct key_set *set = &draft->keys[whole >> (64 - KEY_SET_BITS)];
    if ((set->count + 1) * 3 > set->capacity * 2 && !widen(set)) {
        draft->is_lost = true;
        return false;
    }
    uint32_t key = (uint32_t)(whole >> 32);
    key = key == 0 ? 1 : key;
    uint32_t *place = place_of(set, key);
    bool has = *place != 0;
    *place = key;
    set->count += !has;
    return has;
}

static void
forget_keys(struct digest_draft *draft)
{
    for (size_t at = 0; at < KEY_SETS; at++) {
        free(draft->keys[at].keys);
        draft->keys[at] = (struct key_set){NULL, 0, 0};
    }
}

/* --- what others call ------------------------------------------------------------------------ */

struct digest_draft *
digest_draft_new(const struct digest *last, digest_write_fn write, void *context)
{
    struct digest_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        return NULL;
    }
    draft->last = last;
    draft->write = write;
    draft->context = context;
    draft->sum = XXH3_createState();
    bool has_seed = true;
    if (last != NULL) {
        draft->seed = digest_seed(last);
    } else {
        has_seed = getrandom(&draft->seed, sizeof draft->seed, 0) == sizeof draft->seed;
    }
    if (draft->sum == NULL || !has_seed || XXH3_64bits_reset(draft->sum) != XXH_OK) {
        digest_draft_free(draft);
        return NULL;
    }
    return draft;
}

void
digest_draft_free(struct digest_draft *draft)
{
    if (draft != NULL) {
        (void)XXH3_freeState(draft->sum);
        forget_keys(draft);
        free(draft->distrusted);
        free(draft);
    }
}

uint64_t
digest_draft_seed(const struct digest_draft *draft)
{
    return draft->seed;
}

void
digest_draft_distrust(struct digest_draft *draft, enum digest_kind kind, struct text id)
{
    if (draft->counts[DIGEST_SECTION_DISTRUSTED] == LIMIT_DIGEST_DISTRUSTED) {
        draft->is_lost = true;
        return;
    }
    if (draft->distrusted_capacity - draft->distrusted_size < DIGEST_ENTRY_MAX) {
        size_t capacity = 2 * draft->distrusted_capacity + 16 * (size_t)DIGEST_ENTRY_MAX;
        unsigned char *wider = realloc(draft->distrusted, capacity);
        if (wider == NULL) {
            draft->is_lost = true;
            return;
        }
        draft->distrusted = wider;
        draft->distrusted_capacity = capacity;
    }
    draft->distrusted_size +=
        digest_entry_put(draft->distrusted + draft->distrusted_size, (uint64_t)kind, id);
    draft->bytes[DIGEST_SECTION_DISTRUSTED] = draft->distrusted_size;
    draft->counts[DIGEST_SECTION_DISTRUSTED]++;
}

static void
begin_kind(struct digest_draft *draft, enum digest_kind kind)
{
    draft->kind = kind;
    forget_keys(draft);
}

/* @return false: the draft is lost */
static bool
turn_to_kind(struct digest_draft *draft, enum digest_kind kind)
{
    draft->is_lost |= kind < draft->kind;
    if (kind > draft->kind) {
        begin_kind(draft, kind);
    }
    return !draft->is_lost;
}

static void
count_entries(struct digest_draft *draft, enum digest_kind kind, size_t size, uint64_t count)
{
    draft->bytes[kind] += size;
    draft->counts[kind] += count;
    draft->entries_bytes += size;
    draft->is_lost |= draft->entries_bytes > ENTRIES_BYTES_MAX;
}

/* Entries are as they were in the last digest. @return their size */
static size_t
keep(struct digest_draft *draft, enum digest_kind kind, uint32_t place, uint32_t next)
{
    const unsigned char *data = digest_place(draft->last, kind, place);
    size_t from = (size_t)(data - entries_of(draft->last));
    size_t size = (size_t)(next - place) * DIGEST_UNIT;
    /* the first run begins at the beginning, as long as there was nothing else */
    bool goes_on = from == draft->run_to && (draft->run_to > 0 || !draft->has_output);
    if (!goes_on) {
        end_run(draft);
        draft->run_from = from;
        draft->has_output = true;
    }
    draft->run_to = from + size;
    return size;
}

void
digest_draft_add(struct digest_draft *draft, enum digest_kind kind, struct text id, uint64_t hash,
                 const struct digest_match *match)
{
    size_t size;
    if (!turn_to_kind(draft, kind)) {
        return;
    }
    bool is_known = match != NULL && match->is_known;
    if (is_known ? match->is_again : has_come(draft, id)) {
        digest_draft_distrust(draft, kind, id);
    }
    if (is_known && digest_entry_at(digest_place(draft->last, kind, match->place)).hash == hash) {
        size = keep(draft, kind, match->place, match->next);
    } else {
        unsigned char entry[DIGEST_ENTRY_MAX];
        end_run(draft);
        size = digest_entry_put(entry, hash, id);
        put(draft, entry, size);
    }
    count_entries(draft, kind, size, 1);
}

void
digest_draft_keep(struct digest_draft *draft, enum digest_kind kind, uint32_t from, uint32_t to,
                  uint64_t count)
{
    if (turn_to_kind(draft, kind)) {
        count_entries(draft, kind, keep(draft, kind, from, to), count);
    }
}

/* A random UUID (version 4). */
static int
make_token(char ret_token[static DIGEST_TOKEN_SIZE])
{
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != sizeof b) {
        return -1;
    }
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    (void)snprintf(ret_token, DIGEST_TOKEN_SIZE,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
    return 0;
}

/* Whether all that is distrusted was so in the last digest, which may distrust more. */
static bool
is_distrusted_there(const struct digest_draft *draft)
{
    struct text last = digest_section(draft->last, DIGEST_SECTION_DISTRUSTED);
    const unsigned char *there = (const unsigned char *)last.data;
    const unsigned char *end = there + last.size;
    size_t mine = 0;
    while (mine < draft->distrusted_size && there < end) {
        struct digest_entry wanted = digest_entry_at(draft->distrusted + mine);
        struct digest_entry entry = digest_entry_at(there);
        if (entry.hash == wanted.hash && text_equals(entry.id, wanted.id)) {
            mine += wanted.size;
        }
        there += entry.size;
    }
    return mine == draft->distrusted_size;
}

/* Whether all would be as in the last digest. */
static bool
is_as_last(const struct digest_draft *draft)
{
    if (draft->last == NULL || draft->has_output) {
        return false;
    }
    for (int section = 0; section < DIGEST_KIND_COUNT; section++) {
        if (draft->bytes[section] != digest_section(draft->last, section).size) {
            return false;
        }
    }
    return is_distrusted_there(draft);
}

static void
put_footer(struct digest_draft *draft, const char *token)
{
    struct digest_footer footer = {.version = DIGEST_VERSION, .seed = draft->seed};
    memcpy(footer.magic, DIGEST_MAGIC, sizeof footer.magic);
    memcpy(footer.token, token, DIGEST_TOKEN_SIZE);
    memcpy(footer.bytes, draft->bytes, sizeof footer.bytes);
    memcpy(footer.counts, draft->counts, sizeof footer.counts);
    put(draft, &footer, offsetof(struct digest_footer, checksum));
    flush(draft);
    footer.checksum = XXH3_64bits_digest(draft->sum);
    give(draft, &footer.checksum, sizeof footer.checksum);
}

enum digest_end
digest_draft_finish(struct digest_draft *draft, char *ret_token)
{
    *ret_token = '\0';
    if (draft->is_lost) {
        return DIGEST_LOST;
    }
    if (is_as_last(draft)) {
        /* the footer stands behind the last section */
        struct text end = digest_section(draft->last, DIGEST_SECTION_DISTRUSTED);
        memcpy(ret_token, end.data + end.size + offsetof(struct digest_footer, token),
               DIGEST_TOKEN_SIZE);
        return DIGEST_KEPT;
    }
    if (make_token(ret_token) != 0) {
        return DIGEST_LOST;
    }
    end_run(draft);
    put(draft, draft->distrusted, draft->distrusted_size);
    put_footer(draft, ret_token);
    if (draft->is_lost) {
        *ret_token = '\0';
    }
    return draft->is_lost ? DIGEST_LOST : DIGEST_WRITTEN;
}
