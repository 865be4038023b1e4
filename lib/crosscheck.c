/*
 * One table of ids a kind of record, filled while its file is read. The reader goes through the
 * files so that what is referred to comes first; only parents and agents in the same file have to
 * wait for its end. A record whose row cannot be used counts as known: its own row is what has to
 * be mended, not those that refer to it.
 */
#include "crosscheck.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "id_table.h"
#include "idhash.h"
#include "limit.h"

/* How far ahead entries, which lie all over the memory, are asked for. */
#define AHEAD 16

/* What an entry says besides which id it is; the other bits of `rest` are of the row's content. */
enum entry_flag {
    ENTRY_SCHOOL = 1,   /* of an org */
    ENTRY_STUDENT = 1,  /* of a person */
    ENTRY_GUARDIAN = 2, /* likewise */
    ENTRY_TOLD = 4,     /* its duplicates were noted */
    ENTRY_BAD = 8,      /* known by name only */
    ENTRY_FLAGS = 15
};

/* A reference that has to wait until its own file was read. */
struct waiting {
    uint64_t key;
    uint64_t line;
};

/* A person and one of their agents, likewise. */
struct pair {
    uint64_t self;
    uint64_t other;
    uint64_t line;
};

/* The reference that was looked up last: rows of one class or student stand together. */
struct memory {
    char text[LIMIT_ID_BYTES];
    size_t size; /* 0: none */
    uint64_t key;
};

/* A row whose entries were asked for. */
struct pending {
    enum record_table table;
    int64_t line;
    uint64_t key;
    /* what an enrollment refers to; 0: not to be looked up */
    uint64_t school;
    uint64_t class;
    uint64_t person;
    uint32_t rest;
    uint32_t id_size;
    char id[LIMIT_ID_BYTES];
};

struct crosscheck {
    const struct reader_result *result;
    struct findings *findings;
    bool strict;
    const struct reader_sink *next; /* or NULL */
    struct idhash key;
    struct id_table ids[TABLE_COUNT];
    struct memory memories[COLUMN_COUNT];
    struct pending pending[AHEAD];
    size_t pending_first;
    size_t pending_count;
    struct waiting *waiting;
    size_t waiting_count;
    size_t waiting_capacity;
    struct pair *pairs;
    size_t pair_count;
    size_t pair_capacity;
};

struct crosscheck *
crosscheck_new(const struct reader_result *result, bool strict, struct findings *findings)
{
    struct crosscheck *crosscheck = calloc(1, sizeof *crosscheck);
    if (crosscheck == NULL) {
        return NULL;
    }
    if (idhash_init(&crosscheck->key) != 0) {
        free(crosscheck);
        return NULL;
    }
    crosscheck->result = result;
    crosscheck->findings = findings;
    crosscheck->strict = strict;
    return crosscheck;
}

void
crosscheck_free(struct crosscheck *crosscheck)
{
    if (crosscheck != NULL) {
        for (int table = 0; table < TABLE_COUNT; table++) {
            free(crosscheck->ids[table].entries);
        }
        free(crosscheck->waiting);
        free(crosscheck->pairs);
        free(crosscheck);
    }
}

/* The file that a table comes from, and the column of its rows' ids. */
static const struct {
    enum roster_file file;
    enum roster_column id;
} sources[TABLE_COUNT] = {
    [TABLE_ORG] = {FILE_ORGS, ORGS_SOURCED_ID},
    [TABLE_SESSION] = {FILE_SESSIONS, SESSIONS_SOURCED_ID},
    [TABLE_COURSE] = {FILE_COURSES, COURSES_SOURCED_ID},
    [TABLE_CLASS] = {FILE_CLASSES, CLASSES_SOURCED_ID},
    [TABLE_PERSON] = {FILE_USERS, USERS_SOURCED_ID},
    [TABLE_LINK] = {FILE_USERS, USERS_SOURCED_ID},
    [TABLE_ENROLLMENT] = {FILE_ENROLLMENTS, ENROLLMENTS_SOURCED_ID},
    [TABLE_ROLE] = {FILE_ROLES, ROLES_SOURCED_ID},
    [TABLE_BAD] = {FILE_COUNT, COLUMN_COUNT},
    [TABLE_GONE] = {FILE_COUNT, COLUMN_COUNT},
};

static void
note(struct crosscheck *crosscheck, enum finding_code code, const struct record *record,
     enum roster_column column)
{
    findings_add(crosscheck->findings, code, sources[record->table].file, (uint64_t)record->line,
                 column, record->values[0]);
}

/* The items of a value that has several, and the last part of each. */
static struct text
next_item(struct text *list)
{
    const char *end = memchr(list->data, RECORD_ITEM_SEPARATOR, list->size);
    struct text item = {list->data, end == NULL ? list->size : (size_t)(end - list->data)};
    size_t used = item.size + (end != NULL);
    list->data += used;
    list->size -= used;
    const char *part = memrchr(item.data, RECORD_PART_SEPARATOR, item.size);
    if (part != NULL) {
        item.size -= (size_t)(part + 1 - item.data);
        item.data = part + 1;
    }
    return item;
}

static bool
has_role(struct text roles, const char *role)
{
    while (roles.size > 0) {
        const char *part = memchr(roles.data, RECORD_PART_SEPARATOR, roles.size);
        if (part == NULL) {
            return false;
        }
        if (text_equals((struct text){roles.data, (size_t)(part - roles.data)}, text_of(role))) {
            return true;
        }
        (void)next_item(&roles);
    }
    return false;
}

static uint32_t
flags_of(const struct record *record, bool strict)
{
    if (record->table == TABLE_ORG) {
        struct text type = record->values[2];
        bool is_ext = strict && type.size > 4 && memcmp(type.data, "ext:", 4) == 0;
        return is_ext || text_equals(type, TEXT("school")) ? ENTRY_SCHOOL : 0;
    }
    if (record->table == TABLE_PERSON) {
        struct text roles = record->values[1];
        if (roles.data == NULL) {
            return ENTRY_STUDENT | ENTRY_GUARDIAN; /* a delta leaves open which */
        }
        bool guards =
            has_role(roles, "guardian") || has_role(roles, "parent") || has_role(roles, "relative");
        return (has_role(roles, "student") ? ENTRY_STUDENT : 0u) | (guards ? ENTRY_GUARDIAN : 0u);
    }
    return 0;
}

/* Takes a row's id down. Rows that are equal count as one; of those that differ none is used. */
static int
remember(struct crosscheck *crosscheck, const struct pending *row, struct error *reterr)
{
    struct id_table *ids = &crosscheck->ids[row->table];
    if (id_table_reserve(ids, reterr) != 0) {
        return -1;
    }
    uint32_t line = row->line < UINT32_MAX ? (uint32_t)row->line : 0;
    struct id_entry *entry = id_table_place(ids, row->key);
    if (entry->key == 0) {
        *entry = (struct id_entry){row->key, line, row->rest};
        ids->count++;
    } else if ((entry->rest & ENTRY_BAD) != 0) {
        /* a row of roles.csv made it unusable, which was told */
    } else if ((entry->rest & ~(uint32_t)ENTRY_TOLD) != row->rest &&
               (entry->rest & ENTRY_TOLD) == 0) {
        entry->rest |= ENTRY_TOLD;
        findings_add(crosscheck->findings, FINDING_CODE_RECORD_DUPLICATE, sources[row->table].file,
                     entry->line, sources[row->table].id, (struct text){row->id, row->id_size});
    }
    return 0;
}

/* The table that a row of TABLE_BAD or TABLE_GONE is about. */
static enum record_table
table_of_kind(const struct record *record)
{
    int table = 0;
    while (table < TABLE_COUNT &&
           !text_equals(record->values[0], text_of(record_table((enum record_table)table)->name))) {
        table++;
    }
    return (enum record_table)table;
}

/* A delta that says of one record both that it is gone and how it is. */
static void
check_gone(struct crosscheck *crosscheck, const struct record *record)
{
    enum record_table table = table_of_kind(record);
    struct id_table *ids = &crosscheck->ids[table];
    uint64_t key = idhash_of(&crosscheck->key, record->values[1]);
    struct id_entry *entry = ids->capacity == 0 ? NULL : id_table_place(ids, key);
    if (entry != NULL && entry->key != 0 && (entry->rest & ENTRY_TOLD) == 0) {
        entry->rest |= ENTRY_TOLD;
        findings_add(crosscheck->findings, FINDING_CODE_RECORD_DUPLICATE, sources[table].file,
                     (uint64_t)record->line, sources[table].id, record->values[1]);
    }
}

/* A row that cannot be used: its record is known, and no more is. */
static int
remember_bad(struct crosscheck *crosscheck, const struct record *record, struct error *reterr)
{
    enum record_table table = table_of_kind(record);
    if (table == TABLE_COUNT || record->values[1].data == NULL) {
        return 0;
    }
    struct id_table *ids = &crosscheck->ids[table];
    if (id_table_reserve(ids, reterr) != 0) {
        return -1;
    }
    uint64_t key = idhash_of(&crosscheck->key, record->values[1]);
    struct id_entry *entry = id_table_place(ids, key);
    if (entry->key == 0) {
        *entry = (struct id_entry){key, 0, ENTRY_FLAGS};
        ids->count++;
    } else {
        entry->rest |= ENTRY_FLAGS;
    }
    return 0;
}

/* Whether the package has all records of a kind: a delta may refer to those of earlier ones. */
static bool
is_complete(const struct crosscheck *crosscheck, enum record_table table)
{
    const struct reader_file *file = &crosscheck->result->files[sources[table].file];
    return file->present && file->mode == MODE_BULK;
}

/* The key of a reference. */
static uint64_t
key_of(struct crosscheck *crosscheck, enum roster_column column, struct text id)
{
    struct memory *memory = &crosscheck->memories[column];
    if (memory->size == id.size && memcmp(memory->text, id.data, id.size) == 0) {
        return memory->key;
    }
    uint64_t key = idhash_of(&crosscheck->key, id);
    if (id.size <= sizeof memory->text) {
        memcpy(memory->text, id.data, id.size);
        memory->size = id.size;
        memory->key = key;
    }
    return key;
}

/* Looks a reference up. NULL: no such record. */
static const struct id_entry *
look_up(struct crosscheck *crosscheck, enum roster_column column, enum record_table table,
        struct text id)
{
    return id_table_find(&crosscheck->ids[table], key_of(crosscheck, column, id));
}

/* Whether what a column names is there; one that names nothing, or may name an earlier record, is.
 */
static bool
is_known(struct crosscheck *crosscheck, enum roster_column column, enum record_table table,
         struct text id)
{
    return id.size == 0 || !is_complete(crosscheck, table) ||
           look_up(crosscheck, column, table, id) != NULL;
}

static void
check_reference(struct crosscheck *crosscheck, const struct record *record, size_t value,
                enum roster_column column, enum record_table table)
{
    struct text list = record->values[value];
    while (list.size > 0) {
        struct text item = next_item(&list);
        if (!is_known(crosscheck, column, table, item)) {
            note(crosscheck, FINDING_CODE_REFERENCE_UNKNOWN, record, column);
            return;
        }
    }
}

/* A parent may stand further down in the same file. */
static int
check_later(struct crosscheck *crosscheck, const struct record *record, struct text id,
            struct error *reterr)
{
    if (id.size == 0) {
        return 0;
    }
    if (crosscheck->waiting_count == crosscheck->waiting_capacity) {
        size_t capacity = 2 * crosscheck->waiting_capacity + 64;
        struct waiting *waiting = realloc(crosscheck->waiting, capacity * sizeof *waiting);
        if (waiting == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "remembering the parents");
        }
        crosscheck->waiting = waiting;
        crosscheck->waiting_capacity = capacity;
    }
    crosscheck->waiting[crosscheck->waiting_count++] =
        (struct waiting){idhash_of(&crosscheck->key, id), (uint64_t)record->line};
    return 0;
}

static void
check_class(struct crosscheck *crosscheck, const struct record *record)
{
    check_reference(crosscheck, record, 4, CLASSES_COURSE, TABLE_COURSE);
    check_reference(crosscheck, record, 6, CLASSES_TERMS, TABLE_SESSION);
    const struct id_entry *school =
        look_up(crosscheck, CLASSES_SCHOOL, TABLE_ORG, record->values[5]);
    if (school == NULL ? is_complete(crosscheck, TABLE_ORG) : (school->rest & ENTRY_SCHOOL) == 0) {
        note(crosscheck, FINDING_CODE_CLASS_SCHOOL, record, CLASSES_SCHOOL);
    }
}

static void
check_enrollment(struct crosscheck *crosscheck, const struct pending *row)
{
    struct text id = {row->id, row->id_size};
    enum finding_code code = FINDING_CODE_ENROLLMENT_CLASS;
    enum roster_column column = ENROLLMENTS_CLASS;
    if (row->school != 0 && id_table_find(&crosscheck->ids[TABLE_ORG], row->school) == NULL) {
        findings_add(crosscheck->findings, FINDING_CODE_REFERENCE_UNKNOWN, FILE_ENROLLMENTS,
                     (uint64_t)row->line, ENROLLMENTS_SCHOOL, id);
    }
    if (row->class == 0 || id_table_find(&crosscheck->ids[TABLE_CLASS], row->class) != NULL) {
        if (row->person == 0 ||
            id_table_find(&crosscheck->ids[TABLE_PERSON], row->person) != NULL) {
            return;
        }
        code = FINDING_CODE_ENROLLMENT_PERSON;
        column = ENROLLMENTS_USER;
    }
    findings_add(crosscheck->findings, code, FILE_ENROLLMENTS, (uint64_t)row->line, column,
                 (struct text){row->id, row->id_size});
}

/* Takes the row that has waited longest. */
static int
take_pending(struct crosscheck *crosscheck, struct error *reterr)
{
    const struct pending *row = &crosscheck->pending[crosscheck->pending_first];
    crosscheck->pending_first = (crosscheck->pending_first + 1) % AHEAD;
    crosscheck->pending_count--;
    if (row->table == TABLE_ENROLLMENT) {
        check_enrollment(crosscheck, row);
    }
    return remember(crosscheck, row, reterr);
}

static int
add_pending(struct crosscheck *crosscheck, const struct record *record, struct error *reterr)
{
    struct text id = record->values[0];
    if (crosscheck->pending_count == AHEAD && take_pending(crosscheck, reterr) != 0) {
        return -1;
    }
    struct pending *row =
        &crosscheck->pending[(crosscheck->pending_first + crosscheck->pending_count++) % AHEAD];
    row->table = record->table;
    row->line = record->line;
    row->key = idhash_of(&crosscheck->key, id);
    row->rest =
        (record_content(record) & ~(uint32_t)ENTRY_FLAGS) | flags_of(record, crosscheck->strict);
    row->id_size = (uint32_t)(id.size <= sizeof row->id ? id.size : sizeof row->id);
    memcpy(row->id, id.data, row->id_size);
    id_table_ask(&crosscheck->ids[record->table], row->key);
    row->school = 0;
    row->class = 0;
    row->person = 0;
    if (record->table != TABLE_ENROLLMENT) {
        return 0;
    }
    if (record->values[2].size > 0 && is_complete(crosscheck, TABLE_ORG)) {
        row->school = key_of(crosscheck, ENROLLMENTS_SCHOOL, record->values[2]);
    }
    if (is_complete(crosscheck, TABLE_CLASS)) {
        row->class = key_of(crosscheck, ENROLLMENTS_CLASS, record->values[1]);
        id_table_ask(&crosscheck->ids[TABLE_CLASS], row->class);
    }
    if (is_complete(crosscheck, TABLE_PERSON)) {
        row->person = key_of(crosscheck, ENROLLMENTS_USER, record->values[3]);
        id_table_ask(&crosscheck->ids[TABLE_PERSON], row->person);
    }
    return 0;
}

static int
add_pair(struct crosscheck *crosscheck, const struct record *record, struct error *reterr)
{
    if (crosscheck->pair_count == crosscheck->pair_capacity) {
        size_t capacity = 2 * crosscheck->pair_capacity + 1024;
        struct pair *pairs = realloc(crosscheck->pairs, capacity * sizeof *pairs);
        if (pairs == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "remembering the agents");
        }
        crosscheck->pairs = pairs;
        crosscheck->pair_capacity = capacity;
    }
    /* taken at once, the links of a person follow their row */
    const struct pending *last =
        &crosscheck
             ->pending[(crosscheck->pending_first + crosscheck->pending_count + AHEAD - 1) % AHEAD];
    bool is_row = crosscheck->pending_count > 0 && last->line == record->line;
    crosscheck->pairs[crosscheck->pair_count++] =
        (struct pair){is_row ? last->key : idhash_of(&crosscheck->key, record->values[0]),
                      idhash_of(&crosscheck->key, record->values[1]), (uint64_t)record->line};
    return 0;
}

/* A pair is a student and somebody who may be a guardian. */
static void
check_pair(struct crosscheck *crosscheck, const struct pair *pair)
{
    const struct id_table *people = &crosscheck->ids[TABLE_PERSON];
    const struct id_entry *self = id_table_find(people, pair->self);
    const struct id_entry *other = id_table_find(people, pair->other);
    uint32_t mine = self == NULL ? ENTRY_FLAGS : self->rest;
    uint32_t theirs = other == NULL ? 0 : other->rest;
    if (other == NULL) {
        if (is_complete(crosscheck, TABLE_PERSON)) {
            findings_add(crosscheck->findings, FINDING_CODE_LINK_PERSON, FILE_USERS, pair->line,
                         USERS_AGENTS, TEXT_NONE);
        }
    } else if (!((mine & ENTRY_STUDENT) != 0 && (theirs & ENTRY_GUARDIAN) != 0) &&
               !((mine & ENTRY_GUARDIAN) != 0 && (theirs & ENTRY_STUDENT) != 0)) {
        findings_add(crosscheck->findings, FINDING_CODE_LINK_PAIR, FILE_USERS, pair->line,
                     USERS_AGENTS, TEXT_NONE);
    }
}

/* Each entry is asked for some pairs before it is needed. */
static void
check_pairs(struct crosscheck *crosscheck)
{
    const struct id_table *people = &crosscheck->ids[TABLE_PERSON];
    for (size_t at = 0; at < crosscheck->pair_count; at++) {
        if (at + AHEAD < crosscheck->pair_count) {
            id_table_ask(people, crosscheck->pairs[at + AHEAD].self);
            id_table_ask(people, crosscheck->pairs[at + AHEAD].other);
        }
        check_pair(crosscheck, &crosscheck->pairs[at]);
    }
    crosscheck->pair_count = 0;
}

static int
on_begin(void *context, enum record_table table, struct error *reterr)
{
    struct crosscheck *crosscheck = context;
    crosscheck->waiting_count = 0;
    return crosscheck->next == NULL
               ? 0
               : crosscheck->next->begin(crosscheck->next->context, table, reterr);
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    struct crosscheck *crosscheck = context;
    if (crosscheck->next != NULL &&
        crosscheck->next->record(crosscheck->next->context, record, reterr) != 0) {
        return -1;
    }
    if (record->table == TABLE_BAD) {
        return remember_bad(crosscheck, record, reterr);
    }
    if (record->table == TABLE_GONE) {
        check_gone(crosscheck, record);
        return 0;
    }
    if (record->table == TABLE_ROLE) {
        return 0;
    }
    if (record->table == TABLE_LINK) {
        return add_pair(crosscheck, record, reterr);
    }
    if (add_pending(crosscheck, record, reterr) != 0) {
        return -1;
    }
    switch (record->table) {
    case TABLE_ORG:
        return check_later(crosscheck, record, record->values[4], reterr);
    case TABLE_SESSION:
        return check_later(crosscheck, record, record->values[5], reterr);
    case TABLE_COURSE:
        check_reference(crosscheck, record, 3, COURSES_ORG, TABLE_ORG);
        return 0;
    case TABLE_CLASS:
        check_class(crosscheck, record);
        return 0;
    case TABLE_PERSON:
        check_reference(crosscheck, record, 1, USERS_ORGS, TABLE_ORG);
        return 0;
    default:
        return 0;
    }
}

/* After which table all people are known, also those whose rows cannot be used. */
static enum record_table
table_before_pairs(const struct crosscheck *crosscheck)
{
    return crosscheck->next != NULL                        ? TABLE_LINK
           : crosscheck->result->files[FILE_USERS].bad > 0 ? TABLE_BAD
                                                           : TABLE_PERSON;
}

static int
on_end(void *context, enum record_table table, struct error *reterr)
{
    struct crosscheck *crosscheck = context;
    while (crosscheck->pending_count > 0) {
        if (take_pending(crosscheck, reterr) != 0) {
            return -1;
        }
    }
    enum roster_column column = table == TABLE_ORG ? ORGS_PARENT : SESSIONS_PARENT;
    for (size_t at = 0; at < crosscheck->waiting_count && is_complete(crosscheck, table); at++) {
        const struct waiting *waiting = &crosscheck->waiting[at];
        if (id_table_find(&crosscheck->ids[table], waiting->key) == NULL) {
            findings_add(crosscheck->findings, FINDING_CODE_REFERENCE_UNKNOWN, sources[table].file,
                         waiting->line, column, TEXT_NONE);
        }
    }
    crosscheck->waiting_count = 0;
    if (crosscheck->pair_count > 0 && table == table_before_pairs(crosscheck)) {
        check_pairs(crosscheck);
    }
    return crosscheck->next == NULL
               ? 0
               : crosscheck->next->end(crosscheck->next->context, table, reterr);
}

static int
on_progress(void *context, const struct reader_progress *progress, struct error *reterr)
{
    const struct crosscheck *crosscheck = context;
    return crosscheck->next == NULL || crosscheck->next->progress == NULL
               ? 0
               : crosscheck->next->progress(crosscheck->next->context, progress, reterr);
}

void
crosscheck_pass_on(struct crosscheck *crosscheck, const struct reader_sink *next)
{
    crosscheck->next = next;
}

struct reader_sink
crosscheck_sink(struct crosscheck *crosscheck)
{
    return (struct reader_sink){.begin = on_begin,
                                .record = on_record,
                                .end = on_end,
                                .progress = on_progress,
                                .context = crosscheck,
                                .takes_links_at_once = crosscheck->next == NULL};
}
