/*
 * One table of ids a kind of record, filled while its file is read. The reader goes through the
 * files so that what is referred to comes first; only parents in the same file have to wait for
 * its end. A record whose row cannot be used counts as known: its own row is what has to be
 * mended, not those that refer to it.
 */
#include "crosscheck.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "idhash.h"
#include "limit.h"

/* Tables begin this small and double. */
#define ENTRIES_MIN 256

/* What an entry says besides which id it is; the other bits of `rest` are of the row's content. */
enum entry_flag {
    ENTRY_SCHOOL = 1,   /* of an org */
    ENTRY_STUDENT = 1,  /* of a person */
    ENTRY_GUARDIAN = 2, /* likewise */
    ENTRY_TOLD = 4,     /* its duplicates were noted */
    ENTRY_BAD = 8,      /* known by name only */
    ENTRY_FLAGS = 15
};

struct entry {
    uint64_t key; /* 0: free */
    uint32_t line;
    uint32_t rest;
};

struct ids {
    struct entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* A reference that has to wait until its own file was read. */
struct waiting {
    uint64_t key;
    uint64_t line;
};

/* The reference that was looked up last: rows of one class or student stand together. */
struct memory {
    char text[LIMIT_ID_BYTES];
    size_t size; /* 0: none */
    const struct entry *entry;
};

struct crosscheck {
    const struct reader_result *result;
    struct findings *findings;
    bool strict;
    const struct reader_sink *next; /* or NULL */
    struct idhash key;
    struct ids ids[TABLE_COUNT];
    struct memory memories[COLUMN_COUNT];
    struct waiting *waiting;
    size_t waiting_count;
    size_t waiting_capacity;
};

/*
 * Whether two rows of one id say the same. A quick mixing will do: whoever makes two different rows
 * look alike here only hides their own mistake from themselves.
 */
static uint32_t
content_of(const struct record *record)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t sum = 0;
    size_t count = record_table(record->table)->count;
    for (size_t value = 1; value < count; value++) {
        struct text text = record->values[value];
        sum = (sum ^ (text.size + 1)) * odd;
        for (size_t at = 0; at < text.size; at += 8) {
            uint64_t word = 0;
            size_t left = text.size - at;
            memcpy(&word, text.data + at, left < 8 ? left : 8);
            sum ^= word;
            sum = (sum << 29 | sum >> 35) * odd;
        }
    }
    return (uint32_t)(sum >> 32) & ~(uint32_t)ENTRY_FLAGS;
}

/* The place of a key: its entry, or the free one where it belongs. */
static struct entry *
place_of(const struct ids *ids, uint64_t key)
{
    size_t mask = ids->capacity - 1;
    size_t at = (size_t)key & mask;
    while (ids->entries[at].key != 0 && ids->entries[at].key != key) {
        at = (at + 1) & mask;
    }
    return &ids->entries[at];
}

static const struct entry *
find(const struct ids *ids, uint64_t key)
{
    if (ids->capacity == 0) {
        return NULL;
    }
    const struct entry *entry = place_of(ids, key);
    return entry->key == 0 ? NULL : entry;
}

/* Room for one more: at most four fifths are taken. */
static int
make_room(struct ids *ids, struct error *reterr)
{
    if ((ids->count + 1) * 5 <= ids->capacity * 4) {
        return 0;
    }
    struct ids wider = {.capacity = ids->capacity == 0 ? ENTRIES_MIN : 2 * ids->capacity,
                        .count = ids->count};
    wider.entries = calloc(wider.capacity, sizeof *wider.entries);
    if (wider.entries == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "remembering the ids");
    }
    for (size_t at = 0; at < ids->capacity; at++) {
        if (ids->entries[at].key != 0) {
            *place_of(&wider, ids->entries[at].key) = ids->entries[at];
        }
    }
    free(ids->entries);
    *ids = wider;
    return 0;
}

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
remember(struct crosscheck *crosscheck, const struct record *record, struct error *reterr)
{
    struct ids *ids = &crosscheck->ids[record->table];
    uint64_t key = idhash_of(&crosscheck->key, record->values[0]);
    if (make_room(ids, reterr) != 0) {
        return -1;
    }
    uint32_t rest = content_of(record) | flags_of(record, crosscheck->strict);
    uint32_t line = record->line < UINT32_MAX ? (uint32_t)record->line : 0;
    struct entry *entry = place_of(ids, key);
    if (entry->key == 0) {
        *entry = (struct entry){key, line, rest};
        ids->count++;
    } else if ((entry->rest & ENTRY_BAD) != 0) {
        /* a row of roles.csv made it unusable, which was told */
    } else if ((entry->rest & ~(uint32_t)ENTRY_TOLD) != rest && (entry->rest & ENTRY_TOLD) == 0) {
        struct record first = *record;
        first.line = entry->line;
        entry->rest |= ENTRY_TOLD;
        note(crosscheck, FINDING_CODE_RECORD_DUPLICATE, &first, sources[record->table].id);
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
    struct ids *ids = &crosscheck->ids[table];
    uint64_t key = idhash_of(&crosscheck->key, record->values[1]);
    struct entry *entry = ids->capacity == 0 ? NULL : place_of(ids, key);
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
    struct ids *ids = &crosscheck->ids[table];
    if (make_room(ids, reterr) != 0) {
        return -1;
    }
    uint64_t key = idhash_of(&crosscheck->key, record->values[1]);
    struct entry *entry = place_of(ids, key);
    if (entry->key == 0) {
        *entry = (struct entry){key, 0, ENTRY_FLAGS};
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

/* Looks a reference up. NULL: no such record. */
static const struct entry *
look_up(struct crosscheck *crosscheck, enum roster_column column, enum record_table table,
        struct text id)
{
    struct memory *memory = &crosscheck->memories[column];
    if (memory->size == id.size && memcmp(memory->text, id.data, id.size) == 0) {
        return memory->entry;
    }
    const struct entry *entry = find(&crosscheck->ids[table], idhash_of(&crosscheck->key, id));
    if (id.size <= sizeof memory->text) {
        memcpy(memory->text, id.data, id.size);
        memory->size = id.size;
        memory->entry = entry;
    }
    return entry;
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
    const struct entry *school = look_up(crosscheck, CLASSES_SCHOOL, TABLE_ORG, record->values[5]);
    if (school == NULL ? is_complete(crosscheck, TABLE_ORG) : (school->rest & ENTRY_SCHOOL) == 0) {
        note(crosscheck, FINDING_CODE_CLASS_SCHOOL, record, CLASSES_SCHOOL);
    }
}

static void
check_enrollment(struct crosscheck *crosscheck, const struct record *record)
{
    check_reference(crosscheck, record, 2, ENROLLMENTS_SCHOOL, TABLE_ORG);
    if (!is_known(crosscheck, ENROLLMENTS_CLASS, TABLE_CLASS, record->values[1])) {
        note(crosscheck, FINDING_CODE_ENROLLMENT_CLASS, record, ENROLLMENTS_CLASS);
    } else if (!is_known(crosscheck, ENROLLMENTS_USER, TABLE_PERSON, record->values[3])) {
        note(crosscheck, FINDING_CODE_ENROLLMENT_PERSON, record, ENROLLMENTS_USER);
    }
}

/* A pair is a student and somebody who may be a guardian. */
static void
check_link(struct crosscheck *crosscheck, const struct record *record)
{
    const struct ids *people = &crosscheck->ids[TABLE_PERSON];
    const struct entry *self = find(people, idhash_of(&crosscheck->key, record->values[0]));
    const struct entry *other = find(people, idhash_of(&crosscheck->key, record->values[1]));
    uint32_t mine = self == NULL ? ENTRY_FLAGS : self->rest;
    uint32_t theirs = other == NULL ? 0 : other->rest;
    if (other == NULL && !is_complete(crosscheck, TABLE_PERSON)) {
        return;
    }
    if (other == NULL) {
        note(crosscheck, FINDING_CODE_LINK_PERSON, record, USERS_AGENTS);
    } else if (!((mine & ENTRY_STUDENT) != 0 && (theirs & ENTRY_GUARDIAN) != 0) &&
               !((mine & ENTRY_GUARDIAN) != 0 && (theirs & ENTRY_STUDENT) != 0)) {
        note(crosscheck, FINDING_CODE_LINK_PAIR, record, USERS_AGENTS);
    }
}

static int
on_begin(void *context, enum record_table table, struct error *reterr)
{
    struct crosscheck *crosscheck = context;
    /* entries move when their table grows */
    for (int column = 0; column < COLUMN_COUNT; column++) {
        crosscheck->memories[column].size = 0;
    }
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
        check_link(crosscheck, record);
        return 0;
    }
    if (remember(crosscheck, record, reterr) != 0) {
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
    case TABLE_ENROLLMENT:
        check_enrollment(crosscheck, record);
        return 0;
    default:
        return 0;
    }
}

static int
on_end(void *context, enum record_table table, struct error *reterr)
{
    struct crosscheck *crosscheck = context;
    enum roster_column column = table == TABLE_ORG ? ORGS_PARENT : SESSIONS_PARENT;
    for (size_t at = 0; at < crosscheck->waiting_count && is_complete(crosscheck, table); at++) {
        const struct waiting *waiting = &crosscheck->waiting[at];
        if (find(&crosscheck->ids[table], waiting->key) == NULL) {
            findings_add(crosscheck->findings, FINDING_CODE_REFERENCE_UNKNOWN, sources[table].file,
                         waiting->line, column, TEXT_NONE);
        }
    }
    crosscheck->waiting_count = 0;
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
                                .context = crosscheck};
}
