/*
 * row_check goes from the outside in: is the row blank, has it the header's shape, an id, clean
 * bytes, is it marked as gone; then the function of its file takes the values.
 */
#include "row.h"

#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "email.h"
#include "limit.h"
#include "phone.h"
#include "vocabulary.h"

/*
 * What one row can need at most: cleaned texts (8 KiB become 100 KiB while they are composed), and
 * LIMIT_LIST_ITEMS roles of a word and an id.
 */
#define SCRATCH_BYTES (1 << 20)

struct row_checker {
    struct roster_header header;
    struct row_options options;
    struct findings *findings;
    struct scratch scratch;

    /* the row being checked */
    const struct csv_row *row;
    int64_t line;
    struct text id;
    bool failed; /* memory ran out */
    bool is_bad;

    struct text items[LIMIT_LIST_ITEMS];
    size_t item_count;
};

struct row_checker *
row_checker_new(void)
{
    struct row_checker *checker = calloc(1, sizeof *checker);
    if (checker != NULL && scratch_init(&checker->scratch, SCRATCH_BYTES) != 0) {
        free(checker);
        return NULL;
    }
    return checker;
}

void
row_checker_free(struct row_checker *checker)
{
    if (checker != NULL) {
        scratch_deinit(&checker->scratch);
        free(checker);
    }
}

void
row_checker_start(struct row_checker *checker, const struct roster_header *header,
                  const struct row_options *options, struct findings *findings)
{
    checker->header = *header;
    checker->options = *options;
    checker->findings = findings;
    checker->item_count = 0;
}

static void
note(struct row_checker *checker, enum finding_code code, enum roster_column column)
{
    findings_add(checker->findings, code, checker->header.file, checker->row->line, column,
                 checker->id);
}

/* Notes an error: the row will not be used. */
static void
refuse(struct row_checker *checker, enum finding_code code, enum roster_column column)
{
    if (!checker->is_bad) {
        checker->is_bad = true;
        note(checker, code, column);
    }
}

/* A name may be "NULL"; anywhere else that is how a database writes that there is nothing. */
static bool
is_null(struct text text, enum roster_column column)
{
    return text.size == 4 && memcmp(text.data, "NULL", 4) == 0 && column != USERS_GIVEN_NAME &&
           column != USERS_FAMILY_NAME;
}

static struct text
cell(struct row_checker *checker, enum roster_column column)
{
    struct text text =
        roster_cell(&checker->header, checker->row->cells, checker->row->count, column);
    if (is_null(text, column)) {
        note(checker, FINDING_CODE_VALUE_NULL, column);
        return (struct text){"", 0};
    }
    return text;
}

/* The column of the file that is checked, for one of the first three, which all files have. */
static enum roster_column
column_of_file(const struct row_checker *checker, enum roster_column orgs_column)
{
    return (enum roster_column)(roster_first_column(checker->header.file) +
                                (orgs_column - ORGS_SOURCED_ID));
}

/* Which record a row is about: of roles.csv the person, because that is who it completes. */
static enum roster_column
column_of_id(const struct row_checker *checker)
{
    return checker->header.file == FILE_ROLES ? ROLES_USER
                                              : column_of_file(checker, ORGS_SOURCED_ID);
}

/* An id is taken byte for byte; it must be printable and not too long. */
static bool
is_usable_id(const struct row_checker *checker, struct text id)
{
    if (id.size == 0 || id.size > LIMIT_ID_BYTES) {
        return false;
    }
    return checker->row->flags == 0 ||
           (text_scan(id.data, id.size) & ~(unsigned)TEXT_NOT_ASCII) == 0;
}

/*
 * Whether the id of a row of the wrong shape can be believed: a lost or added comma must stand
 * behind it. It does if status and dateLastModified follow the id and hold what they should.
 */
static bool
is_id_in_place(struct row_checker *checker)
{
    const int *cells = checker->header.cells;
    int id = cells[column_of_id(checker)];
    int status = cells[column_of_file(checker, ORGS_STATUS)];
    int modified = cells[column_of_file(checker, ORGS_MODIFIED)];
    if (status != id + 1 || modified != id + 2 || (size_t)modified + 1 >= checker->row->count) {
        return false;
    }
    struct text date = cell(checker, column_of_file(checker, ORGS_MODIFIED));
    struct text day;
    return vocabulary_has_status(cell(checker, column_of_file(checker, ORGS_STATUS))) &&
           (date.size == 0 || date_read(date, &day) == 0);
}

/* Cells beyond the header must be blank; cells that are missing must be of no use. */
static void
check_shape(struct row_checker *checker)
{
    const struct csv_row *row = checker->row;
    bool is_long = false;
    for (size_t at = checker->header.count; at < row->count && !is_long; at++) {
        is_long = text_trim(row->cells[at]).size > 0;
    }
    bool is_short = row->count < checker->header.used_count;
    if (is_long || is_short) {
        /* a lost line end makes one long row of two, and only one of them has an id here */
        if (!is_id_in_place(checker) || row->count + 1 >= 2 * checker->header.count) {
            checker->id = TEXT_NONE;
        }
        refuse(checker, is_long ? FINDING_CODE_ROW_LONG : FINDING_CODE_ROW_SHORT, COLUMN_COUNT);
    }
}

static void
check_bytes(struct row_checker *checker)
{
    unsigned flags = checker->row->flags;
    if ((flags & CSV_NOT_UTF8) != 0) {
        refuse(checker, FINDING_CODE_ROW_ENCODING, COLUMN_COUNT);
    } else if ((flags & CSV_HAS_NUL) != 0) {
        refuse(checker, FINDING_CODE_ROW_NUL, COLUMN_COUNT);
    } else if ((flags & CSV_BARE_QUOTE) != 0) {
        if (checker->id.size > 0 && memchr(checker->id.data, '"', checker->id.size) != NULL) {
            checker->id = TEXT_NONE;
        }
        refuse(checker, FINDING_CODE_ROW_QUOTE, COLUMN_COUNT);
    } else if ((flags & CSV_LINE_BREAK) != 0) {
        note(checker, FINDING_CODE_CELL_LINE_BREAK, COLUMN_COUNT);
    }
}

static void
check_id(struct row_checker *checker)
{
    enum roster_column column = column_of_id(checker);
    struct text id = cell(checker, column);
    checker->id = is_usable_id(checker, id) ? id : TEXT_NONE;
}

/* Fills a value in: NULL when it is blank. */
static struct text
value_of(struct text text)
{
    return text.size == 0 ? TEXT_NONE : text;
}

/* A value that such a row must have. */
static struct text
needed(struct row_checker *checker, struct text value, enum roster_column column)
{
    if (value.data == NULL) {
        refuse(checker, FINDING_CODE_ROW_VALUE_MISSING, column);
    }
    return value;
}

/* A name or title. */
static struct text
take_text(struct row_checker *checker, enum roster_column column)
{
    struct text text = cell(checker, column);
    /* the usual case: nothing in the whole row needs cleaning */
    if (text.size <= LIMIT_TEXT_CHARACTERS && checker->row->flags == 0) {
        return value_of(text);
    }
    bool cut = false;
    if (text_clean(text, &checker->scratch, &text, &cut) != 0) {
        checker->failed = true;
        return TEXT_NONE;
    }
    if (cut) {
        note(checker, FINDING_CODE_VALUE_CUT, column);
    }
    return value_of(text);
}

/* A word of a vocabulary, in the standard's spelling; other words as they are. */
static struct text
take_word(struct row_checker *checker, enum roster_column column, enum vocabulary vocabulary)
{
    struct text word = take_text(checker, column);
    struct text known = word.data == NULL ? TEXT_NONE : vocabulary_find(vocabulary, word);
    if (known.data != NULL) {
        if (!text_equals(word, known)) {
            note(checker, FINDING_CODE_VALUE_CASE, column);
        }
        return known;
    }
    return text_cut(word, LIMIT_WORD_BYTES);
}

static struct text
take_date(struct row_checker *checker, enum roster_column column)
{
    struct text text = cell(checker, column);
    struct text date = TEXT_NONE;
    if (text.size > 0 && date_read(text, &date) != 0) {
        note(checker, FINDING_CODE_VALUE_DATE, column);
    } else if (date.size < text.size) {
        note(checker, FINDING_CODE_VALUE_DATE_TIME, column);
    }
    return date;
}

static struct text
take_reference(struct row_checker *checker, enum roster_column column)
{
    struct text id = cell(checker, column);
    if (id.size > 0 && !is_usable_id(checker, id)) {
        note(checker, FINDING_CODE_REFERENCE_UNUSABLE, column);
        return TEXT_NONE;
    }
    return value_of(id);
}

/* The items of a list cell, trimmed, each once, in checker->items. */
static void
take_items(struct row_checker *checker, enum roster_column column)
{
    struct text list = cell(checker, column);
    checker->item_count = 0;
    while (list.size > 0) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma == NULL ? list.size : (size_t)(comma - list.data);
        struct text item = text_trim((struct text){list.data, size});
        list.data += size + (comma != NULL);
        list.size -= size + (comma != NULL);
        if (item.size == 0) {
            continue;
        }
        if (!is_usable_id(checker, item)) {
            note(checker, FINDING_CODE_REFERENCE_UNUSABLE, column);
            continue;
        }
        size_t at = 0;
        while (at < checker->item_count && !text_equals(checker->items[at], item)) {
            at++;
        }
        if (at == LIMIT_LIST_ITEMS) {
            refuse(checker, FINDING_CODE_ROW_LIST_LONG, column);
            return;
        }
        checker->items[at] = item;
        checker->item_count += at == checker->item_count;
    }
}

/* The items as one value; before each, if given, a word and the part separator. */
static struct text
join_items(struct row_checker *checker, struct text word)
{
    size_t size = 0;
    for (size_t at = 0; at < checker->item_count; at++) {
        size += word.size + checker->items[at].size + 2;
    }
    char *data = scratch_take(&checker->scratch, size);
    if (data == NULL) {
        checker->failed = true;
        return TEXT_NONE;
    }
    char *p = data;
    for (size_t at = 0; at < checker->item_count; at++) {
        struct text item = checker->items[at];
        if (at > 0) {
            *p++ = RECORD_ITEM_SEPARATOR;
        }
        if (word.data != NULL) {
            memcpy(p, word.data, word.size);
            p += word.size;
            *p++ = RECORD_PART_SEPARATOR;
        }
        if (item.size > 0) {
            memcpy(p, item.data, item.size);
            p += item.size;
        }
    }
    return (struct text){data, (size_t)(p - data)};
}

static struct text
take_list(struct row_checker *checker, enum roster_column column)
{
    take_items(checker, column);
    return checker->item_count == 0 ? TEXT_NONE : join_items(checker, TEXT_NONE);
}

/* 1.1: the one role, at each of the orgs; without an org, at none. */
static struct text
take_roles(struct row_checker *checker)
{
    if (checker->options.roles != NULL) {
        struct text roles = TEXT_NONE;
        if (role_set_join(checker->options.roles, checker->id, &checker->scratch, &roles) != 0) {
            checker->failed = true;
        } else if (roles.data == NULL) {
            refuse(checker, FINDING_CODE_ROW_NO_ROLE, COLUMN_COUNT);
        }
        return roles;
    }
    struct text role =
        needed(checker, take_word(checker, USERS_ROLE, VOCABULARY_ROLES), USERS_ROLE);
    take_items(checker, USERS_ORGS);
    if (role.data == NULL) {
        return TEXT_NONE;
    }
    if (checker->item_count == 0) {
        checker->items[checker->item_count++] = (struct text){"", 0};
    }
    return join_items(checker, role);
}

/* Copies a normalised value into the row's memory. */
static struct text
keep(struct row_checker *checker, const char *data, size_t size)
{
    if (size == 0) {
        return TEXT_NONE;
    }
    char *kept = scratch_take(&checker->scratch, size);
    if (kept == NULL) {
        checker->failed = true;
        return TEXT_NONE;
    }
    memcpy(kept, data, size);
    return (struct text){kept, size};
}

static struct text
take_email(struct row_checker *checker, char **invalid)
{
    struct text text = cell(checker, USERS_EMAIL);
    struct email email;
    if (text.size == 0) {
        return TEXT_NONE;
    }
    if (email_normalise(text, &checker->scratch, &email) != 0) {
        note(checker, FINDING_CODE_VALUE_EMAIL, USERS_EMAIL);
        *(*invalid)++ = 'e';
        return TEXT_NONE;
    }
    return keep(checker, email.data, email.size);
}

static struct text
take_phone(struct row_checker *checker, enum roster_column column, char letter, char **invalid)
{
    struct text text = cell(checker, column);
    struct phone phone;
    if (text.size == 0) {
        return TEXT_NONE;
    }
    if (phone_normalise(text, checker->options.phone_region, &checker->scratch, &phone) != 0) {
        note(checker, FINDING_CODE_VALUE_PHONE, column);
        *(*invalid)++ = letter;
        return TEXT_NONE;
    }
    return keep(checker, phone.data, phone.size);
}

static void
check_org(struct row_checker *checker, struct text *values)
{
    values[1] = needed(checker, take_text(checker, ORGS_NAME), ORGS_NAME);
    values[2] = needed(checker, take_word(checker, ORGS_TYPE, VOCABULARY_ORG_TYPES), ORGS_TYPE);
    values[3] = take_text(checker, ORGS_IDENTIFIER);
    values[4] = take_reference(checker, ORGS_PARENT);
}

static void
check_session(struct row_checker *checker, struct text *values)
{
    values[1] = needed(checker, take_text(checker, SESSIONS_TITLE), SESSIONS_TITLE);
    values[2] =
        needed(checker, take_word(checker, SESSIONS_TYPE, VOCABULARY_SESSION_TYPES), SESSIONS_TYPE);
    values[3] = take_date(checker, SESSIONS_START);
    values[4] = take_date(checker, SESSIONS_END);
    values[5] = take_reference(checker, SESSIONS_PARENT);
    values[6] = take_text(checker, SESSIONS_YEAR);
}

static void
check_course(struct row_checker *checker, struct text *values)
{
    values[1] = take_text(checker, COURSES_TITLE);
    values[2] = take_text(checker, COURSES_CODE);
    values[3] = take_reference(checker, COURSES_ORG);
}

static void
check_class(struct row_checker *checker, struct text *values)
{
    values[2] = take_text(checker, CLASSES_CODE);
    values[1] = take_text(checker, CLASSES_TITLE);
    if (values[1].data == NULL) {
        values[1] = needed(checker, values[2], CLASSES_TITLE);
    }
    values[3] = take_word(checker, CLASSES_TYPE, VOCABULARY_CLASS_TYPES);
    values[4] = take_reference(checker, CLASSES_COURSE);
    values[5] = needed(checker, take_reference(checker, CLASSES_SCHOOL), CLASSES_SCHOOL);
    values[6] = take_list(checker, CLASSES_TERMS);
}

static void
check_user(struct row_checker *checker, struct text *values)
{
    values[1] = take_roles(checker);
    values[2] = needed(checker, take_text(checker, USERS_GIVEN_NAME), USERS_GIVEN_NAME);
    values[3] = needed(checker, take_text(checker, USERS_FAMILY_NAME), USERS_FAMILY_NAME);
    if (!checker->options.verdict_only) {
        char invalid[3];
        char *end = invalid;
        values[4] = take_email(checker, &end);
        values[5] = take_phone(checker, USERS_SMS, 's', &end);
        values[6] = take_phone(checker, USERS_PHONE, 'p', &end);
        values[7] = keep(checker, invalid, (size_t)(end - invalid));
    }
    take_items(checker, USERS_AGENTS);
    for (size_t at = 0; at < checker->item_count; at++) {
        if (text_equals(checker->items[at], checker->id)) {
            note(checker, FINDING_CODE_REFERENCE_SELF, USERS_AGENTS);
            checker->items[at] = checker->items[--checker->item_count];
        }
    }
}

static void
check_enrollment(struct row_checker *checker, struct text *values)
{
    values[1] = needed(checker, take_reference(checker, ENROLLMENTS_CLASS), ENROLLMENTS_CLASS);
    values[2] = take_reference(checker, ENROLLMENTS_SCHOOL);
    values[3] = needed(checker, take_reference(checker, ENROLLMENTS_USER), ENROLLMENTS_USER);
    values[4] =
        needed(checker, take_word(checker, ENROLLMENTS_ROLE, VOCABULARY_ROLES), ENROLLMENTS_ROLE);
    values[5] = take_date(checker, ENROLLMENTS_BEGIN);
    values[6] = take_date(checker, ENROLLMENTS_END);
}

/* 1.2: a role of a person, on its way to take_roles. */
static void
check_role(struct row_checker *checker, struct text *values)
{
    values[1] = needed(checker, take_word(checker, ROLES_ROLE, VOCABULARY_ROLES), ROLES_ROLE);
    values[2] = take_reference(checker, ROLES_ORG);
}

static void
check_values(struct row_checker *checker, struct text *values)
{
    static void (*const checks[FILE_COUNT])(struct row_checker *, struct text *) = {
        [FILE_ORGS] = check_org,       [FILE_SESSIONS] = check_session,
        [FILE_COURSES] = check_course, [FILE_CLASSES] = check_class,
        [FILE_USERS] = check_user,     [FILE_ENROLLMENTS] = check_enrollment,
        [FILE_ROLES] = check_role,
    };
    values[0] = checker->id;
    checks[checker->header.file](checker, values);
}

/* Whether the row says of itself that it is gone. */
static bool
is_gone(struct row_checker *checker)
{
    enum roster_column column = column_of_file(checker, ORGS_STATUS);
    struct text status = cell(checker, column);
    if (vocabulary_says_gone(status)) {
        return true;
    }
    if (!vocabulary_has_status(status)) {
        note(checker, FINDING_CODE_VALUE_STATUS, column);
    } else if (status.size > 0 || cell(checker, column_of_file(checker, ORGS_MODIFIED)).size > 0) {
        note(checker, FINDING_CODE_BULK_STATUS, column);
    }
    return false;
}

static enum row_verdict
judge(struct row_checker *checker, struct record *record)
{
    const struct csv_row *row = checker->row;
    if (row->cells[0].size == 0 && csv_row_is_blank(row)) {
        note(checker, FINDING_CODE_ROW_BLANK, COLUMN_COUNT);
        return ROW_BLANK;
    }
    check_id(checker);
    check_shape(checker);
    if (!checker->is_bad) {
        check_bytes(checker);
    }
    if (!checker->is_bad && checker->id.data == NULL) {
        enum roster_column column = column_of_id(checker);
        bool is_blank = cell(checker, column).size == 0;
        refuse(checker, is_blank ? FINDING_CODE_ROW_ID_BLANK : FINDING_CODE_ROW_ID_UNUSABLE,
               column);
    }
    if (!checker->is_bad && is_gone(checker)) {
        note(checker, FINDING_CODE_ROW_GONE, COLUMN_COUNT);
        return ROW_GONE;
    }
    if (!checker->is_bad) {
        check_values(checker, record->values);
    }
    return checker->failed ? ROW_FAILED : checker->is_bad ? ROW_BAD : ROW_USED;
}

enum row_verdict
row_check(struct row_checker *checker, const struct csv_row *row, struct record *ret_record)
{
    checker->row = row;
    checker->line = (int64_t)row->line;
    checker->id = TEXT_NONE;
    checker->failed = false;
    checker->is_bad = false;
    checker->item_count = 0;
    scratch_reset(&checker->scratch);
    enum record_table table = record_table_of(checker->header.file);
    *ret_record = (struct record){.table = table, .line = checker->line};
    enum row_verdict verdict = judge(checker, ret_record);
    if (verdict == ROW_BAD) {
        *ret_record = (struct record){.table = TABLE_BAD, .line = checker->line};
        ret_record->values[0] = text_of(record_table(table)->name);
        ret_record->values[1] = checker->id;
    }
    if (verdict != ROW_USED || checker->header.file != FILE_USERS) {
        checker->item_count = 0;
    }
    return verdict;
}

size_t
row_link_count(const struct row_checker *checker)
{
    return checker->item_count;
}

void
row_link(const struct row_checker *checker, size_t at, struct record *ret_record)
{
    *ret_record = (struct record){.table = TABLE_LINK, .line = checker->line};
    ret_record->values[0] = checker->id;
    ret_record->values[1] = checker->items[at];
}
