/*
 * row_check goes from the outside in: is the row blank, has it the header's shape, an id, clean
 * bytes, is it marked as gone; then the function of its file takes the values.
 */
#include "row_private.h"

#include <stdlib.h>
#include <string.h>

#include "shape.h"
#include "vocabulary.h"

/*
 * What one row can need at most: cleaned texts (8 KiB become 100 KiB while they are composed), and
 * LIMIT_LIST_ITEMS roles of a word and an id.
 */
#define SCRATCH_BYTES (1 << 20)

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

void
row_note(struct row_checker *checker, enum finding_code code, enum roster_column column)
{
    findings_add(checker->findings, code, checker->header.file, checker->row->line, column,
                 checker->id);
}

void
row_refuse(struct row_checker *checker, enum finding_code code, enum roster_column column)
{
    if (!checker->is_bad) {
        checker->is_bad = true;
        row_note(checker, code, column);
    }
}

struct text
row_null(struct row_checker *checker, enum roster_column column, struct text text)
{
    if (column == USERS_GIVEN_NAME || column == USERS_FAMILY_NAME) {
        return text;
    }
    row_note(checker, FINDING_CODE_VALUE_NULL, column);
    return (struct text){"", 0};
}

/* The column of the file that is checked, for one of the first three, which all files have. */
static enum roster_column
column_of_file(const struct row_checker *checker, enum roster_column orgs_column)
{
    return (enum roster_column)(roster_first_column(checker->header.file) +
                                (orgs_column - ORGS_SOURCED_ID));
}

/* Whether the row completes a person's: of a bulk roles.csv, whose rows need no id of their own. */
static bool
is_about_person(const struct row_checker *checker)
{
    return checker->header.file == FILE_ROLES && !checker->options.is_delta;
}

/* Which record a row is about. */
static enum roster_column
column_of_id(const struct row_checker *checker)
{
    return is_about_person(checker) ? ROLES_USER : column_of_file(checker, ORGS_SOURCED_ID);
}

static void
check_shape(struct row_checker *checker)
{
    static const enum finding_code codes[] = {[SHAPE_LONG] = FINDING_CODE_ROW_LONG,
                                              [SHAPE_SHORT] = FINDING_CODE_ROW_SHORT,
                                              [SHAPE_LINES] = FINDING_CODE_ROW_LINES};
    bool is_id_in_place = true;
    if (checker->row->count == checker->header.count &&
        (checker->row->flags & CSV_LINE_BREAK) == 0) {
        return; /* the usual case */
    }
    enum shape shape =
        shape_of(&checker->header, checker->options.width, checker->row, &is_id_in_place);
    if (!is_id_in_place) {
        checker->id = TEXT_NONE;
    }
    if (shape != SHAPE_GOOD) {
        row_refuse(checker, codes[shape], COLUMN_COUNT);
    }
}

static void
check_bytes(struct row_checker *checker)
{
    unsigned flags = checker->row->flags;
    if ((flags & CSV_NOT_UTF8) != 0) {
        row_refuse(checker, FINDING_CODE_ROW_ENCODING, COLUMN_COUNT);
    } else if ((flags & CSV_HAS_NUL) != 0) {
        row_refuse(checker, FINDING_CODE_ROW_NUL, COLUMN_COUNT);
    } else if ((flags & CSV_BARE_QUOTE) != 0) {
        if (checker->id.size > 0 && memchr(checker->id.data, '"', checker->id.size) != NULL) {
            checker->id = TEXT_NONE;
        }
        row_refuse(checker, FINDING_CODE_ROW_QUOTE, COLUMN_COUNT);
    } else if ((flags & CSV_LINE_BREAK) != 0) {
        row_note(checker, FINDING_CODE_CELL_LINE_BREAK, COLUMN_COUNT);
    }
}

static void
check_id(struct row_checker *checker)
{
    enum roster_column column = column_of_id(checker);
    struct text id = row_cell(checker, column);
    checker->id = row_is_usable_id(checker, id) ? id : TEXT_NONE;
}

/* A delta: a row says what has become of its record, and when. */
static bool
is_gone_in_delta(struct row_checker *checker)
{
    enum roster_column column = column_of_file(checker, ORGS_STATUS);
    struct text status = row_cell(checker, column);
    if (!vocabulary_has_status(status)) {
        row_refuse(checker, FINDING_CODE_DELTA_STATUS, column);
        return false;
    }
    if (status.size == 0) {
        row_note(checker, FINDING_CODE_DELTA_STATUS_BLANK, column);
    } else if (!vocabulary_is_status(status)) {
        row_note(checker, FINDING_CODE_STATUS_WORD, column);
    }
    if (row_cell(checker, column_of_file(checker, ORGS_MODIFIED)).size == 0) {
        row_note(checker, FINDING_CODE_DELTA_MODIFIED_BLANK,
                 column_of_file(checker, ORGS_MODIFIED));
    }
    return vocabulary_says_gone(status);
}

/* Whether the row says of itself that it is gone. */
static bool
is_gone(struct row_checker *checker)
{
    enum roster_column column = column_of_file(checker, ORGS_STATUS);
    struct text status = row_cell(checker, column);
    if (status.size > 0 && vocabulary_says_gone(status)) {
        if (!vocabulary_is_status(status)) {
            row_note(checker, FINDING_CODE_STATUS_WORD, column);
        }
        row_note(checker, FINDING_CODE_ROW_GONE, COLUMN_COUNT);
        return true;
    }
    if (!vocabulary_has_status(status)) {
        row_note(checker, FINDING_CODE_VALUE_STATUS, column);
    } else if (status.size > 0 ||
               row_cell(checker, column_of_file(checker, ORGS_MODIFIED)).size > 0) {
        row_note(checker, FINDING_CODE_BULK_STATUS, column);
    }
    return false;
}

static enum row_verdict
judge(struct row_checker *checker, struct record *record)
{
    const struct csv_row *row = checker->row;
    if (row->cells[0].size == 0 && csv_row_is_blank(row)) {
        row_note(checker, FINDING_CODE_ROW_BLANK, COLUMN_COUNT);
        return ROW_BLANK;
    }
    check_id(checker);
    check_shape(checker);
    if (!checker->is_bad) {
        check_bytes(checker);
    }
    if (!checker->is_bad && checker->id.data == NULL) {
        enum roster_column column = column_of_id(checker);
        bool is_blank = row_cell(checker, column).size == 0;
        row_refuse(checker, is_blank ? FINDING_CODE_ROW_ID_BLANK : FINDING_CODE_ROW_ID_UNUSABLE,
                   column);
    }
    if (!checker->is_bad &&
        (checker->options.is_delta ? is_gone_in_delta(checker) : is_gone(checker))) {
        return ROW_GONE;
    }
    if (!checker->is_bad) {
        row_take_values(checker, record->values);
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
    if (verdict == ROW_BAD || verdict == ROW_GONE) {
        enum record_table about = is_about_person(checker) ? TABLE_PERSON : table;
        *ret_record = (struct record){.table = verdict == ROW_BAD ? TABLE_BAD : TABLE_GONE,
                                      .line = checker->line};
        ret_record->values[0] = text_of(record_table(about)->name);
        ret_record->values[1] = checker->id;
    }
    if (verdict != ROW_USED || checker->header.file != FILE_USERS) {
        checker->item_count = 0;
    }
    ret_record->links = checker->items;
    ret_record->link_count = checker->item_count;
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
