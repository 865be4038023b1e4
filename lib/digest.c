/*
 * The rows of a night mostly come in the order of the night before. So a cursor walks along: a row
 * is compared with the entry that is next, then with a few behind it (somebody has left). Only when
 * that fails an index over all ids is made, and asked from then on.
 */
#include "digest_private.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "id_table.h"
#include "limit.h"

/* How far ahead a row is looked for before the index is asked. */
#define WINDOW 8

/* What id_entry.rest says of a distrusted id. */
#define DISTRUSTED_SEEN 1u

struct section {
    const unsigned char *data;
    uint32_t units;
    uint64_t count;
    uint32_t cursor;
    uint64_t *seen; /* a bit a unit: a row was compared with the entry */
    uint64_t *sent; /* and one of them was not the same */
    uint64_t seen_count;
    uint32_t *index; /* place + 1 by key; 0: free. NULL: not made yet */
    size_t capacity;
    struct id_table distrusted;
};

struct digest {
    struct section sections[DIGEST_KIND_COUNT];
    struct text distrusted;
    uint64_t seed;
};

/* --- bytes ----------------------------------------------------------------------------------- */

static size_t
entry_size(size_t id_size)
{
    return (DIGEST_ENTRY_HEAD + id_size + DIGEST_UNIT - 1) / DIGEST_UNIT * DIGEST_UNIT;
}

struct digest_entry
digest_entry_at(const unsigned char *data)
{
    struct digest_entry entry = {.id = {(const char *)data + DIGEST_ENTRY_HEAD, data[8]}};
    memcpy(&entry.hash, data, sizeof entry.hash);
    entry.size = entry_size(entry.id.size);
    return entry;
}

size_t
digest_entry_put(unsigned char data[static DIGEST_ENTRY_MAX], uint64_t hash, struct text id)
{
    size_t size = entry_size(id.size);
    memcpy(data, &hash, sizeof hash);
    memset(data + size - DIGEST_UNIT, 0, DIGEST_UNIT);
    data[8] = (unsigned char)id.size;
    if (id.size > 0) {
        memcpy(data + DIGEST_ENTRY_HEAD, id.data, id.size);
    }
    return size;
}

uint64_t
digest_key(uint64_t seed, struct text id)
{
    uint64_t key = XXH3_64bits_withSeed(id.data, id.size, seed);
    return key == 0 ? 1 : key;
}

static uint64_t
hash_text(uint64_t seed, struct text text)
{
    /* no value and an empty one are two things */
    return text.data == NULL ? XXH3_64bits_withSeed("", 0, ~seed)
                             : XXH3_64bits_withSeed(text.data, text.size, seed);
}

uint64_t
digest_hash(uint64_t seed, const struct record *record)
{
    size_t count = record_table(record->table)->count;
    uint64_t hash = seed;
    for (size_t value = 1; value < count; value++) {
        hash = hash_text(hash, record->values[value]);
    }
    for (size_t link = 0; link < record->link_count; link++) {
        hash = hash_text(hash, record->links[link]);
    }
    return hash == DIGEST_NO_HASH ? 1 : hash;
}

static const struct digest_footer *
footer_of(const void *data, size_t size, struct digest_footer *footer)
{
    if (size < sizeof *footer) {
        return NULL;
    }
    memcpy(footer, (const char *)data + size - sizeof *footer, sizeof *footer);
    bool is_ours = memcmp(footer->magic, DIGEST_MAGIC, sizeof footer->magic) == 0 &&
                   footer->version == DIGEST_VERSION &&
                   strnlen(footer->token, sizeof footer->token) == DIGEST_TOKEN_SIZE - 1;
    return is_ours ? footer : NULL;
}

const char *
digest_token(const void *data, size_t size)
{
    struct digest_footer footer;
    return footer_of(data, size, &footer) == NULL
               ? NULL
               : (const char *)data + size - sizeof footer + offsetof(struct digest_footer, token);
}

/* --- opening --------------------------------------------------------------------------------- */

/* Whether the bytes are so many entries. */
static bool
is_section(const unsigned char *data, size_t size, uint64_t count)
{
    size_t at = 0;
    while (count > 0 && size - at >= DIGEST_ENTRY_HEAD && size - at >= entry_size(data[at + 8])) {
        at += entry_size(data[at + 8]);
        count--;
    }
    return count == 0 && at == size;
}

static bool
is_whole(const unsigned char *data, size_t size, const struct digest_footer *footer)
{
    size_t rest = size - sizeof *footer;
    if (XXH3_64bits(data, size - sizeof footer->checksum) != footer->checksum) {
        return false;
    }
    for (int at = 0; at < DIGEST_SECTION_COUNT; at++) {
        if (footer->bytes[at] > rest || !is_section(data, footer->bytes[at], footer->counts[at])) {
            return false;
        }
        data += footer->bytes[at];
        rest -= footer->bytes[at];
    }
    return rest == 0;
}

static int
open_section(struct section *section, const unsigned char *data, size_t size, uint64_t count,
             struct error *reterr)
{
    size_t words = size / DIGEST_UNIT / 64 + 1;
    section->data = data;
    section->units = (uint32_t)(size / DIGEST_UNIT);
    section->count = count;
    section->seen = calloc(words, sizeof *section->seen);
    section->sent = calloc(words, sizeof *section->sent);
    return section->seen != NULL && section->sent != NULL
               ? 0
               : error_set(reterr, CAUSE_MEMORY, "opening the digest");
}

static int
take_distrusted(struct digest *digest, struct error *reterr)
{
    const unsigned char *data = (const unsigned char *)digest->distrusted.data;
    for (size_t at = 0; at < digest->distrusted.size;) {
        struct digest_entry entry = digest_entry_at(data + at);
        if (entry.hash < DIGEST_KIND_COUNT &&
            digest_distrust(digest, (enum digest_kind)entry.hash, entry.id, reterr) != 0) {
            return -1;
        }
        at += entry.size;
    }
    return 0;
}

int
digest_open(const void *data, size_t size, struct digest **ret_digest, struct error *reterr)
{
    struct digest_footer footer;
    const unsigned char *bytes = data;
    *ret_digest = NULL;
    if (size > (size_t)LIMIT_DIGEST_BYTES || footer_of(data, size, &footer) == NULL ||
        !is_whole(data, size, &footer)) {
        return error_set(reterr, CAUSE_INTERNAL, "this is no digest");
    }
    struct digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "opening the digest");
    }
    digest->seed = footer.seed;
    for (int kind = 0; kind < DIGEST_KIND_COUNT; kind++) {
        if (open_section(&digest->sections[kind], bytes, footer.bytes[kind], footer.counts[kind],
                         reterr) != 0) {
            digest_free(digest);
            return -1;
        }
        bytes += footer.bytes[kind];
    }
    digest->distrusted =
        (struct text){(const char *)bytes, footer.bytes[DIGEST_SECTION_DISTRUSTED]};
    if (take_distrusted(digest, reterr) != 0) {
        digest_free(digest);
        return -1;
    }
    *ret_digest = digest;
    return 0;
}

void
digest_free(struct digest *digest)
{
    if (digest == NULL) {
        return;
    }
    for (int kind = 0; kind < DIGEST_KIND_COUNT; kind++) {
        struct section *section = &digest->sections[kind];
        free(section->seen);
        free(section->sent);
        free(section->index);
        free(section->distrusted.entries);
    }
    free(digest);
}

uint64_t
digest_seed(const struct digest *digest)
{
    return digest->seed;
}

struct text
digest_section(const struct digest *digest, int section)
{
    if (section == DIGEST_SECTION_DISTRUSTED) {
        return digest->distrusted;
    }
    const struct section *of = &digest->sections[section];
    return (struct text){(const char *)of->data, (size_t)of->units * DIGEST_UNIT};
}

const unsigned char *
digest_place(const struct digest *digest, enum digest_kind kind, uint32_t place)
{
    return digest->sections[kind].data + (size_t)place * DIGEST_UNIT;
}

/* --- ids that are not trusted ---------------------------------------------------------------- */

int
digest_distrust(struct digest *digest, enum digest_kind kind, struct text id, struct error *reterr)
{
    struct id_table *table = &digest->sections[kind].distrusted;
    if (id_table_reserve(table, reterr) != 0) {
        return -1;
    }
    struct id_entry *entry = id_table_place(table, digest_key(digest->seed, id));
    table->count += entry->key == 0;
    entry->key = digest_key(digest->seed, id);
    return 0;
}

static struct id_entry *
find_distrusted(const struct digest *digest, const struct section *section, struct text id)
{
    if (section->distrusted.count == 0) {
        return NULL;
    }
    struct id_entry *entry = id_table_place(&section->distrusted, digest_key(digest->seed, id));
    return entry->key == 0 ? NULL : entry;
}

/* --- finding --------------------------------------------------------------------------------- */

static struct digest_entry
entry_at(const struct section *section, uint32_t place)
{
    return digest_entry_at(section->data + (size_t)place * DIGEST_UNIT);
}

static uint32_t
next_place(uint32_t place, const struct digest_entry *entry)
{
    return place + (uint32_t)(entry->size / DIGEST_UNIT);
}

/* Of the index, whose capacity is under 2^32 and, at millions of ids, not up to twice what they
 * need. */
static size_t
first_slot(const struct section *section, uint64_t key)
{
    return (size_t)((key >> 32) * section->capacity >> 32);
}

static size_t
next_slot(const struct section *section, size_t at)
{
    return at + 1 == section->capacity ? 0 : at + 1;
}

static int
make_index(struct digest *digest, struct section *section, struct error *reterr)
{
    size_t capacity = (size_t)section->count + (size_t)section->count / 2 + 16;
    section->index = calloc(capacity, sizeof *section->index);
    if (section->index == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "making the index of the digest");
    }
    section->capacity = capacity;
    for (uint32_t place = 0; place < section->units;) {
        struct digest_entry entry = entry_at(section, place);
        size_t at = first_slot(section, digest_key(digest->seed, entry.id));
        while (section->index[at] != 0) {
            at = next_slot(section, at);
        }
        section->index[at] = place + 1;
        place = next_place(place, &entry);
    }
    return 0;
}

/* @return 1 and where it is, 0: nowhere, or -1 (memory) */
static int
ask_index(struct digest *digest, struct section *section, struct text id, uint32_t *ret_place,
          struct error *reterr)
{
    if (section->index == NULL && make_index(digest, section, reterr) != 0) {
        return -1;
    }
    size_t at = first_slot(section, digest_key(digest->seed, id));
    for (; section->index[at] != 0; at = next_slot(section, at)) {
        if (text_equals(entry_at(section, section->index[at] - 1).id, id)) {
            *ret_place = section->index[at] - 1;
            return 1;
        }
    }
    return 0;
}

static int
find(struct digest *digest, struct section *section, struct text id, uint32_t *ret_place,
     struct error *reterr)
{
    uint32_t place = section->cursor;
    for (int ahead = 0; ahead < WINDOW && place < section->units; ahead++) {
        struct digest_entry entry = entry_at(section, place);
        if (text_equals(entry.id, id)) {
            *ret_place = place;
            return 1;
        }
        place = next_place(place, &entry);
    }
    return ask_index(digest, section, id, ret_place, reterr);
}

/* --- comparing ------------------------------------------------------------------------------- */

static bool
has_bit(const uint64_t *bits, uint32_t at)
{
    return (bits[at / 64] >> at % 64 & 1) != 0;
}

static void
set_bit(uint64_t *bits, uint32_t at)
{
    bits[at / 64] |= UINT64_C(1) << at % 64;
}

/* A row of an entry's id: what it is beside the entry and the rows of the id before it. */
static enum digest_verdict
judge(struct section *section, const struct digest_match *match, uint64_t entry_hash, uint64_t hash,
      bool is_distrusted)
{
    uint32_t place = match->place;
    bool was_withheld = match->is_again && !has_bit(section->sent, place);
    bool is_same = hash == entry_hash && hash != DIGEST_NO_HASH && !is_distrusted &&
                   (!match->is_again || was_withheld);
    section->seen_count += !has_bit(section->seen, place);
    set_bit(section->seen, place);
    if (is_same) {
        return DIGEST_SAME;
    }
    set_bit(section->sent, place);
    /* of a row that cannot be used its id is all that counts, so nothing is missed */
    return was_withheld && !is_distrusted && hash != DIGEST_NO_HASH ? DIGEST_TORN : DIGEST_OTHER;
}

int
digest_compare(struct digest *digest, enum digest_kind kind, struct text id, uint64_t hash,
               struct digest_match *ret_match, struct error *reterr)
{
    struct section *section = &digest->sections[kind];
    uint32_t place = 0;
    int found = find(digest, section, id, &place, reterr);
    if (found < 0) {
        return -1;
    }
    struct id_entry *distrusted = find_distrusted(digest, section, id);
    *ret_match = (struct digest_match){.verdict = DIGEST_NEW, .is_known = found == 1};
    if (distrusted != NULL) {
        ret_match->is_again = (distrusted->rest & DISTRUSTED_SEEN) != 0;
        distrusted->rest |= DISTRUSTED_SEEN;
    }
    if (found == 0) {
        return 0;
    }
    struct digest_entry entry = entry_at(section, place);
    section->cursor = next_place(place, &entry);
    ret_match->place = place;
    ret_match->next = section->cursor;
    if (distrusted == NULL) {
        ret_match->is_again = has_bit(section->seen, place);
    }
    ret_match->verdict = judge(section, ret_match, entry.hash, hash, distrusted != NULL);
    return 0;
}

int
digest_each_missing(struct digest *digest, enum digest_kind kind,
                    int (*visit)(void *context, struct text id, struct error *reterr),
                    void *context, struct error *reterr)
{
    struct section *section = &digest->sections[kind];
    if (section->seen_count == section->count) {
        return 0;
    }
    for (uint32_t place = 0; place < section->units;) {
        struct digest_entry entry = entry_at(section, place);
        if (!has_bit(section->seen, place)) {
            struct id_entry *distrusted = find_distrusted(digest, section, entry.id);
            /* it may have two entries, and a row was compared with the other one */
            bool is_seen = distrusted != NULL && (distrusted->rest & DISTRUSTED_SEEN) != 0;
            if (!is_seen && visit(context, entry.id, reterr) != 0) {
                return -1;
            }
            if (distrusted != NULL) {
                distrusted->rest |= DISTRUSTED_SEEN;
            }
        }
        place = next_place(place, &entry);
    }
    return 0;
}
