/*
 * Reads a package twice as rosterd-stage does, the first time to write a digest, then to compare
 * each record with it: for callgrind, which counts what that takes. Usage: count_digest ZIP
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "digest.h"
#include "reader.h"

struct pass {
    struct digest *last; /* NULL: the first pass */
    struct digest_draft *draft;
    uint64_t same;
};

struct buffer {
    char *bytes;
    size_t size;
    size_t room;
};

static int
write_bytes(void *context, const void *data, size_t size)
{
    struct buffer *buffer = context;
    if (buffer->size + size > buffer->room) {
        buffer->room = 2 * (buffer->size + size);
        buffer->bytes = realloc(buffer->bytes, buffer->room);
        if (buffer->bytes == NULL) {
            abort();
        }
    }
    memcpy(buffer->bytes + buffer->size, data, size);
    buffer->size += size;
    return 0;
}

static int
begin_or_end(void *context, enum record_table table, struct error *reterr)
{
    (void)context;
    (void)table;
    (void)reterr;
    return 0;
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    struct pass *pass = context;
    if (record->table != TABLE_CLASS && record->table != TABLE_PERSON &&
        record->table != TABLE_ENROLLMENT) {
        return 0;
    }
    enum digest_kind kind = record->table == TABLE_CLASS    ? DIGEST_CLASS
                            : record->table == TABLE_PERSON ? DIGEST_PERSON
                                                            : DIGEST_ENROLLMENT;
    if (pass->last == NULL) {
        digest_draft_add(pass->draft, kind, record->values[0],
                         digest_hash(digest_draft_seed(pass->draft), record), NULL);
        return 0;
    }
    struct digest_match match;
    if (digest_compare(pass->last, kind, record->values[0],
                       digest_hash(digest_seed(pass->last), record), &match, reterr) != 0) {
        return -1;
    }
    pass->same += match.verdict == DIGEST_SAME ? 1 : 0;
    return 0;
}

static void
read_package(const char *path, struct pass *pass)
{
    struct error error;
    struct bundle *bundle;
    struct reader_result result;
    struct findings *findings = findings_new(false);
    const struct reader_options options = {.phone_region = "US"};
    const struct reader_sink sink = {.begin = begin_or_end,
                                     .record = on_record,
                                     .end = begin_or_end,
                                     .context = pass,
                                     .takes_links_at_once = true};
    if (findings == NULL || bundle_open(open(path, O_RDONLY | O_CLOEXEC), &bundle, &error) != 0) {
        exit(1);
    }
    reader_run(bundle, &options, &sink, findings, &result);
    bundle_close(bundle);
    findings_free(findings);
    if (result.verdict != READER_DONE) {
        exit(1);
    }
}

int
main(int argc, char **argv)
{
    struct buffer buffer = {0};
    struct error error;
    char token[DIGEST_TOKEN_SIZE];
    struct pass first = {.draft = digest_draft_new(NULL, write_bytes, &buffer)};
    struct pass second = {0};
    if (argc != 2 || first.draft == NULL) {
        return 1;
    }
    read_package(argv[1], &first);
    if (digest_draft_finish(first.draft, token) != DIGEST_WRITTEN ||
        digest_open(buffer.bytes, buffer.size, &second.last, &error) != 0) {
        return 1;
    }
    digest_draft_free(first.draft);
    read_package(argv[1], &second);
    digest_free(second.last);
    free(buffer.bytes);
    return second.same > 0 && printf("%llu\n", (unsigned long long)second.same) > 0 ? 0 : 1;
}
