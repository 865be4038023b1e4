/*
 * Any bytes as a digest: refused, or a digest that is whole. Once as they are, and once with the
 * checksum put right, so that what the checksum protects is tried too. Of a digest, each id is
 * found by its own row, in both directions; nobody is missing then; and the next digest is one.
 */
#include "fuzz.h"

#include "digest_private.h"
#include "limit.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct bytes {
    uint8_t data[1 << 20];
    size_t size;
};

static int
take(void *context, const void *data, size_t size)
{
    struct bytes *bytes = context;
    if (size > sizeof bytes->data - bytes->size) {
        return -1;
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return 0;
}

static int
is_missing(void *context, struct text id, struct error *reterr)
{
    (void)reterr;
    size_t *count = context;
    PROMISE(id.size <= LIMIT_ID_BYTES);
    ++*count;
    return 0;
}

static void
add(struct digest *digest, struct digest_draft *draft, enum digest_kind kind, struct text id,
    uint64_t hash)
{
    struct digest_match match;
    struct error error;
    PROMISE(digest_compare(digest, kind, id, hash, &match, &error) == 0);
    PROMISE(match.is_known);
    digest_draft_add(draft, kind, id, hash, &match);
}

/* Each entry as a row, from the end or from the beginning. */
static void
play_kind(struct digest *digest, struct digest_draft *draft, enum digest_kind kind, bool turned)
{
    static size_t places[1 << 16];
    struct text section = digest_section(digest, (int)kind);
    const unsigned char *data = (const unsigned char *)section.data;
    size_t count = 0;
    for (size_t at = 0; at < section.size && count < sizeof places / sizeof *places; count++) {
        places[count] = at;
        at += digest_entry_at(data + at).size;
    }
    for (size_t at = 0; at < count; at++) {
        struct digest_entry entry = digest_entry_at(data + places[turned ? count - 1 - at : at]);
        add(digest, draft, kind, entry.id, entry.hash);
    }
    size_t missing = 0;
    struct error error;
    PROMISE(digest_each_missing(digest, kind, is_missing, &missing, &error) == 0);
    PROMISE(missing == 0 || turned); /* of two entries of an id, which the index does not expect */
}

static void
play(const void *data, size_t size, bool turned)
{
    static struct bytes next;
    struct digest *digest;
    struct digest *after;
    struct error error;
    char token[DIGEST_TOKEN_SIZE];
    if (digest_open(data, size, &digest, &error) != 0) {
        PROMISE(digest == NULL);
        return;
    }
    next.size = 0;
    struct digest_draft *draft = digest_draft_new(digest, take, &next);
    PROMISE(draft != NULL && digest_token(data, size) != NULL);
    for (enum digest_kind kind = DIGEST_CLASS; kind < DIGEST_KIND_COUNT; kind++) {
        play_kind(digest, draft, kind, turned);
    }
    enum digest_end end = digest_draft_finish(draft, token);
    PROMISE((end == DIGEST_LOST) == (token[0] == '\0'));
    if (end == DIGEST_WRITTEN) {
        PROMISE(digest_open(next.data, next.size, &after, &error) == 0);
        digest_free(after);
    }
    digest_draft_free(draft);
    digest_free(digest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct digest_footer footer;
    play(data, size, false);
    if (size < sizeof footer) {
        return 0;
    }
    uint8_t *mended = malloc(size);
    PROMISE(mended != NULL);
    memcpy(mended, data, size);
    memcpy(&footer, mended + size - sizeof footer, sizeof footer);
    memcpy(footer.magic, DIGEST_MAGIC, sizeof footer.magic);
    footer.version = DIGEST_VERSION;
    memset(footer.token, 'x', DIGEST_TOKEN_SIZE - 1);
    footer.token[DIGEST_TOKEN_SIZE - 1] = '\0';
    memcpy(mended + size - sizeof footer, &footer, sizeof footer);
    footer.checksum = XXH3_64bits(mended, size - sizeof footer.checksum);
    memcpy(mended + size - sizeof footer, &footer, sizeof footer);
    play(mended, size, false);
    play(mended, size, true);
    free(mended);
    return 0;
}
