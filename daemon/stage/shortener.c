#include "shortener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "ledger.h"
#include "limit.h"

struct shortener {
    struct shortener_params params;
    struct reader_sink sink;
    bool is_begun;
    bool is_short;
    bool is_torn;
    bool wants_turns;
    bool is_missing_begun;   /* the COPY of those that are gone */
    bool was_sent;           /* the last person, so that their links follow */
    enum record_table table; /* what is being read; TABLE_COUNT: nothing yet */
    void *map;
    size_t map_size;
    struct digest *last;
    struct digest_draft *draft;
    struct aside *aside;
    struct reader_sink beside; /* for enrollments, on another thread */
    struct ledger *ledger;     /* of them; NULL: they are read in their turn */
};

/* --- the last digest and the next ------------------------------------------------------------ */

static int
write_next(void *context, const void *data, size_t size)
{
    const struct shortener *shortener = context;
    const char *bytes = data;
    while (size > 0) {
        ssize_t done = write(shortener->params.next_fd, bytes, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return -1; /* a full disk costs the digest, not the night */
        }
        bytes += done;
        size -= (size_t)done;
    }
    return 0;
}

static void
map_last(struct shortener *shortener)
{
    struct stat status;
    int fd = shortener->params.last_fd;
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size <= 0 ||
        status.st_size > LIMIT_DIGEST_BYTES) {
        return;
    }
    size_t size = (size_t)status.st_size;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (map != MAP_FAILED) {
        shortener->map = map;
        shortener->map_size = size;
    }
}

/* Takes the last digest if the mirror is what it says. A digest that is none costs time only. */
static void
open_last(struct shortener *shortener)
{
    if (shortener->params.token[0] == '\0') {
        return;
    }
    map_last(shortener);
    const char *token =
        shortener->map == NULL ? NULL : digest_token(shortener->map, shortener->map_size);
    if (token != NULL && strcmp(token, shortener->params.token) == 0) {
        (void)digest_open(shortener->map, shortener->map_size, &shortener->last, NULL);
    }
}

static const enum record_table table_of_kind[DIGEST_KIND_COUNT] = {[DIGEST_CLASS] = TABLE_CLASS,
                                                                   [DIGEST_PERSON] = TABLE_PERSON,
                                                                   [DIGEST_ENROLLMENT] =
                                                                       TABLE_ENROLLMENT};

static enum digest_kind
kind_of(enum record_table table)
{
    enum digest_kind kind = DIGEST_CLASS;
    while (kind < DIGEST_KIND_COUNT && table_of_kind[kind] != table) {
        kind++;
    }
    return kind;
}

/* Of the word that says in a row of TABLE_BAD what it is about. */
static enum digest_kind
kind_named(struct text name)
{
    enum digest_kind kind = DIGEST_CLASS;
    while (kind < DIGEST_KIND_COUNT &&
           !text_equals_nocase(name, record_table(table_of_kind[kind])->name)) {
        kind++;
    }
    return kind;
}

static int
distrust_kind(struct shortener *shortener, enum digest_kind kind)
{
    size_t at;
    json_t *id;
    json_array_foreach(
        json_object_get(shortener->params.unsettled, record_table(table_of_kind[kind])->name), at,
        id)
    {
        struct text text = {json_string_value(id), json_string_length(id)};
        if (text.data == NULL || digest_distrust(shortener->last, kind, text, NULL) != 0) {
            return -1;
        }
    }
    return 0;
}

static int
distrust_unsettled(struct shortener *shortener)
{
    for (enum digest_kind kind = DIGEST_CLASS; kind < DIGEST_KIND_COUNT; kind++) {
        if (distrust_kind(shortener, kind) != 0) {
            return -1;
        }
    }
    return 0;
}

static void
forget_last(struct shortener *shortener)
{
    digest_free(shortener->last);
    shortener->last = NULL;
}

static bool
is_bulk(const struct shortener *shortener, enum roster_file file)
{
    const struct reader_file *of = &shortener->params.result->files[file];
    return of->present && of->mode == MODE_BULK;
}

/*
 * Every file has been looked at, and no row read. A digest is of complete files: of a package that
 * has only what changed, or leaves one out, the mirror keeps what the package does not say.
 */
static void
begin(struct shortener *shortener)
{
    bool is_complete =
        is_bulk(shortener, FILE_CLASSES) && is_bulk(shortener, FILE_USERS) &&
        is_bulk(shortener, FILE_ENROLLMENTS) &&
        (is_bulk(shortener, FILE_ROLES) || !shortener->params.result->files[FILE_ROLES].present);
    shortener->is_begun = true;
    if (is_complete) {
        open_last(shortener);
    }
    if (shortener->last != NULL && distrust_unsettled(shortener) != 0) {
        forget_last(shortener);
    }
    shortener->is_short = shortener->last != NULL;
    shortener->sink.takes_links_at_once = shortener->is_short;
    shortener->sink.takes_bad_at_once = shortener->is_short;
    /* from its beginning: there may have been an attempt before */
    if (is_complete && shortener->params.next_fd >= 0 &&
        lseek(shortener->params.next_fd, 0, SEEK_SET) == 0 &&
        ftruncate(shortener->params.next_fd, 0) == 0) {
        shortener->draft = digest_draft_new(shortener->last, write_next, shortener);
    }
}

/* --- records --------------------------------------------------------------------------------- */

static int
tear(struct shortener *shortener, struct error *reterr)
{
    shortener->is_torn = true;
    return error_set(reterr, CAUSE_INTERNAL, "the digest does not do for this package");
}

/* Compares a row with the last digest and adds it to the next. */
static int
compare(struct shortener *shortener, enum digest_kind kind, struct text id, uint64_t hash,
        enum digest_verdict *ret_verdict, struct error *reterr)
{
    struct digest_match match = {.verdict = DIGEST_NEW};
    if (shortener->last != NULL &&
        digest_compare(shortener->last, kind, id, hash, &match, reterr) != 0) {
        return -1;
    }
    if (match.verdict == DIGEST_TORN) {
        return tear(shortener, reterr);
    }
    if (shortener->draft != NULL) {
        digest_draft_add(shortener->draft, kind, id, hash, shortener->last == NULL ? NULL : &match);
    }
    *ret_verdict = match.verdict;
    return 0;
}

static int
take_row(struct shortener *shortener, const struct record *record, struct error *reterr)
{
    enum digest_verdict verdict = DIGEST_NEW;
    uint64_t seed = shortener->last != NULL    ? digest_seed(shortener->last)
                    : shortener->draft != NULL ? digest_draft_seed(shortener->draft)
                                               : 0;
    if ((shortener->last != NULL || shortener->draft != NULL) &&
        compare(shortener, kind_of(record->table), record->values[0], digest_hash(seed, record),
                &verdict, reterr) != 0) {
        return -1;
    }
    shortener->was_sent = verdict != DIGEST_SAME;
    return shortener->was_sent
               ? shortener->params.to.record(shortener->params.to.context, record, reterr)
               : 0;
}

/*
 * A row that cannot be used: its record stays as the mirror has it, which nobody here knows. One of
 * roles.csv is about the person whose row of users.csv is still to come.
 */
static int
note_bad(struct shortener *shortener, const struct record *record, struct error *reterr)
{
    struct text id = record->values[1];
    enum digest_kind kind = kind_named(record->values[0]);
    if (kind == DIGEST_KIND_COUNT || id.data == NULL) {
        return 0;
    }
    if (kind_of(shortener->table) == kind) {
        enum digest_verdict verdict;
        return compare(shortener, kind, id, DIGEST_NO_HASH, &verdict, reterr);
    }
    if (shortener->draft != NULL) {
        digest_draft_distrust(shortener->draft, kind, id);
    }
    return shortener->last == NULL ? 0 : digest_distrust(shortener->last, kind, id, reterr);
}

static int
put_aside(struct shortener *shortener, const struct record *record, struct error *reterr)
{
    return aside_add(shortener->aside, record) ? 0 : tear(shortener, reterr);
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    struct shortener *shortener = context;
    const struct reader_sink *to = &shortener->params.to;
    switch (record->table) {
    case TABLE_CLASS:
    case TABLE_PERSON:
    case TABLE_ENROLLMENT:
        return take_row(shortener, record, reterr);
    case TABLE_LINK:
        if (!shortener->is_short) {
            break;
        }
        return shortener->was_sent ? put_aside(shortener, record, reterr) : 0;
    case TABLE_BAD:
        if (note_bad(shortener, record, reterr) != 0) {
            return -1;
        }
        if (shortener->is_short) {
            return put_aside(shortener, record, reterr);
        }
        break;
    default:
        break;
    }
    return to->record(to->context, record, reterr);
}

/* --- enrollments that are read beside the people ---------------------------------------------- */

/* On the other thread, which has the enrollments of the last digest and the ledger to itself. */
static int
note_beside(void *context, const struct record *record, struct error *reterr)
{
    struct shortener *shortener = context;
    struct digest_match match;
    bool is_bad = record->table == TABLE_BAD;
    struct text id = record->values[is_bad ? 1 : 0];
    uint64_t hash = is_bad ? DIGEST_NO_HASH : digest_hash(digest_seed(shortener->last), record);
    bool is_compared = id.data != NULL;
    if (is_compared &&
        digest_compare(shortener->last, DIGEST_ENROLLMENT, id, hash, &match, reterr) != 0) {
        return -1;
    }
    if ((is_compared && match.verdict == DIGEST_TORN) ||
        !ledger_note(shortener->ledger, record, is_compared ? &match : NULL, hash)) {
        return error_set(reterr, CAUSE_INTERNAL, "enrollments have to be read in their turn");
    }
    return 0;
}

static int
ignore_beside(void *context, enum record_table table, struct error *reterr)
{
    (void)context, (void)table, (void)reterr;
    return 0;
}

static const struct reader_sink *
offer_beside(void *context)
{
    struct shortener *shortener = context;
    shortener->ledger = shortener->is_short ? ledger_new() : NULL;
    shortener->beside = (struct reader_sink){.begin = ignore_beside,
                                             .record = note_beside,
                                             .end = ignore_beside,
                                             .context = shortener,
                                             .takes_links_at_once = true,
                                             .takes_bad_at_once = true};
    return shortener->ledger == NULL ? NULL : &shortener->beside;
}

static int
settle_entry(void *context, const struct ledger_entry *entry, const struct record *record,
             struct error *reterr)
{
    struct shortener *shortener = context;
    struct digest_draft *draft = shortener->draft;
    if (draft != NULL && entry->count > 0) {
        digest_draft_keep(draft, DIGEST_ENROLLMENT, entry->from, entry->to, entry->count);
    }
    if (record == NULL) {
        return 0;
    }
    bool is_bad = record->table == TABLE_BAD;
    if (draft != NULL && entry->is_compared) {
        digest_draft_add(draft, DIGEST_ENROLLMENT, record->values[is_bad ? 1 : 0], entry->hash,
                         &entry->match);
    }
    if (is_bad) {
        return put_aside(shortener, record, reterr);
    }
    const struct reader_sink *to = &shortener->params.to;
    return entry->match.verdict == DIGEST_SAME ? 0 : to->record(to->context, record, reterr);
}

static int
take_beside(void *context, bool is_whole, struct error *reterr)
{
    struct shortener *shortener = context;
    if (is_whole) {
        return ledger_each(shortener->ledger, settle_entry, shortener, reterr);
    }
    shortener->wants_turns = true;
    return tear(shortener, reterr);
}

/* --- tables ---------------------------------------------------------------------------------- */

static int
on_begin(void *context, enum record_table table, struct error *reterr)
{
    struct shortener *shortener = context;
    const struct reader_sink *to = &shortener->params.to;
    if (!shortener->is_begun) {
        begin(shortener);
    }
    if (table != TABLE_BAD && table != TABLE_LINK) {
        shortener->table = table;
    }
    return to->begin(to->context, table, reterr);
}

static int
end_aside(struct shortener *shortener, enum record_table table, struct error *reterr)
{
    const struct reader_sink *to = &shortener->params.to;
    if (!aside_has(shortener->aside, table)) {
        return 0;
    }
    return to->begin(to->context, table, reterr) != 0 ||
                   aside_each(shortener->aside, table, to->record, to->context, reterr) != 0
               ? -1
               : to->end(to->context, table, reterr);
}

static int
on_missing(void *context, struct text id, struct error *reterr)
{
    struct shortener *shortener = context;
    const struct reader_sink *to = &shortener->params.to;
    struct record record = {.table = TABLE_GONE};
    record.values[0] = text_of(record_table(shortener->table)->name);
    record.values[1] = id;
    if (!shortener->is_missing_begun && to->begin(to->context, TABLE_GONE, reterr) != 0) {
        return -1;
    }
    shortener->is_missing_begun = true;
    return to->record(to->context, &record, reterr);
}

/* Names those of whom there was no row. */
static int
send_missing(struct shortener *shortener, struct error *reterr)
{
    const struct reader_sink *to = &shortener->params.to;
    enum digest_kind kind = kind_of(shortener->table);
    shortener->is_missing_begun = false;
    if (kind == DIGEST_KIND_COUNT) {
        return 0;
    }
    if (digest_each_missing(shortener->last, kind, on_missing, shortener, reterr) != 0) {
        return -1;
    }
    return shortener->is_missing_begun ? to->end(to->context, TABLE_GONE, reterr) : 0;
}

static int
on_end(void *context, enum record_table table, struct error *reterr)
{
    struct shortener *shortener = context;
    const struct reader_sink *to = &shortener->params.to;
    if (to->end(to->context, table, reterr) != 0) {
        return -1;
    }
    if (!shortener->is_short) {
        return 0;
    }
    if (end_aside(shortener, TABLE_LINK, reterr) != 0 ||
        end_aside(shortener, TABLE_BAD, reterr) != 0) {
        return -1;
    }
    aside_clear(shortener->aside);
    return send_missing(shortener, reterr);
}

static int
on_progress(void *context, const struct reader_progress *progress, struct error *reterr)
{
    const struct shortener *shortener = context;
    return shortener->params.to.progress(shortener->params.to.context, progress, reterr);
}

/* --- what others call ------------------------------------------------------------------------ */

struct shortener *
shortener_new(const struct shortener_params *params)
{
    struct shortener *shortener = calloc(1, sizeof *shortener);
    if (shortener == NULL) {
        return NULL;
    }
    shortener->params = *params;
    shortener->table = TABLE_COUNT;
    shortener->sink = (struct reader_sink){.begin = on_begin,
                                           .record = on_record,
                                           .end = on_end,
                                           .progress = on_progress,
                                           .context = shortener,
                                           .beside = offer_beside,
                                           .take_beside = take_beside};
    shortener->aside = aside_new();
    if (shortener->aside == NULL) {
        shortener_free(shortener);
        return NULL;
    }
    return shortener;
}

void
shortener_free(struct shortener *shortener)
{
    if (shortener == NULL) {
        return;
    }
    digest_draft_free(shortener->draft);
    forget_last(shortener);
    if (shortener->map != NULL) {
        (void)munmap(shortener->map, shortener->map_size);
    }
    aside_free(shortener->aside);
    ledger_free(shortener->ledger);
    free(shortener);
}

const struct reader_sink *
shortener_sink(struct shortener *shortener)
{
    return &shortener->sink;
}

bool
shortener_is_torn(const struct shortener *shortener)
{
    return shortener->is_torn;
}

bool
shortener_wants_turns(const struct shortener *shortener)
{
    return shortener->wants_turns;
}

bool
shortener_is_short(const struct shortener *shortener)
{
    return shortener->is_short;
}

enum digest_end
shortener_finish(struct shortener *shortener, char *ret_token)
{
    *ret_token = '\0';
    return shortener->draft == NULL ? DIGEST_LOST
                                    : digest_draft_finish(shortener->draft, ret_token);
}
