#include "strict.h"

#include <string.h>

#include "date.h"
#include "limit.h"
#include "vocabulary.h"

/* Vocabularies by column; in 1.2 those marked take words that begin with "ext:". */
static const struct {
    enum roster_column column;
    bool ext;
    const char *words[14];
} vocabularies[] = {
    {ORGS_TYPE, true, {"department", "school", "district", "local", "state", "national"}},
    {SESSIONS_TYPE, true, {"gradingPeriod", "semester", "schoolYear", "term"}},
    {CLASSES_TYPE, true, {"homeroom", "scheduled"}},
    {USERS_ROLE,
     false,
     {"administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"}},
    {ROLES_TYPE, false, {"primary", "secondary"}},
    {ROLES_ROLE,
     true,
     {"aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor",
      "relative", "siteAdministrator", "student", "systemAdministrator", "teacher"}},
    {ENROLLMENTS_ROLE, true, {"administrator", "proctor", "student", "teacher"}},
};
#define VOCABULARY_COLUMNS (sizeof vocabularies / sizeof vocabularies[0])

static bool
is_of_version(enum roster_column column, enum manifest_version version)
{
    unsigned flags = roster_column(column)->flags;
    return (flags & (version == ONEROSTER_1_2 ? ROSTER_ONLY_1_1 : ROSTER_ONLY_1_2)) == 0;
}

static bool
has_name(const struct csv_row *row, const char *name)
{
    size_t at = 0;
    while (at < row->count && !text_equals(row->cells[at], text_of(name))) {
        at++;
    }
    return at < row->count;
}

static bool
is_metadata(struct text name)
{
    return name.size >= 8 && memcmp(name.data, "metadata", 8) == 0;
}

void
strict_header(enum roster_file file, enum manifest_version version, const struct csv_row *row,
              struct findings *findings)
{
    size_t at = 0;
    bool in_order = true;
    for (int next = (int)roster_first_column(file);
         next < COLUMN_COUNT && roster_column((enum roster_column)next)->file == file; next++) {
        enum roster_column column = (enum roster_column)next;
        const struct roster_column_row *wanted = roster_column(column);
        if (!is_of_version(column, version)) {
            continue;
        }
        if (!has_name(row, wanted->name)) {
            if ((wanted->flags & ROSTER_LEFT_OUT) == 0) {
                findings_add(findings, FINDING_CODE_HEADER_MISSING, file, 1, column, TEXT_NONE);
            }
            continue;
        }
        if (in_order && (at >= row->count || !text_equals(row->cells[at], text_of(wanted->name)))) {
            findings_add(findings, FINDING_CODE_HEADER_ORDER, file, 1, column, TEXT_NONE);
            in_order = false;
        }
        at++;
    }
    for (; in_order && at < row->count; at++) {
        if (!is_metadata(row->cells[at])) {
            findings_add(findings, FINDING_CODE_HEADER_EXTRA, file, 1, COLUMN_COUNT, TEXT_NONE);
            return;
        }
    }
}

/* Digits, letters and . - _ / @, fewer than 256. */
static bool
is_guid(struct text text)
{
    for (size_t at = 0; at < text.size; at++) {
        char c = text.data[at];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c != '\0' && strchr(".-_/@", c) != NULL))) {
            return false;
        }
    }
    return text.size > 0 && text.size <= LIMIT_ID_BYTES;
}

static bool
is_list(struct text list, bool of_guids)
{
    for (;;) {
        const char *comma = memchr(list.data, ',', list.size);
        struct text item = {list.data, comma == NULL ? list.size : (size_t)(comma - list.data)};
        if (item.size == 0 || (of_guids && !is_guid(item))) {
            return false;
        }
        if (comma == NULL) {
            return true;
        }
        list.size -= item.size + 1;
        list.data = comma + 1;
    }
}

static bool
has_digits(const char *data, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        if (data[at] < '0' || data[at] > '9') {
            return false;
        }
    }
    return size > 0;
}

static bool
is_year(struct text text)
{
    return text.size == 4 && has_digits(text.data, text.size);
}

/* A moment of UTC: 2026-08-20T17:05:00Z, or with a fraction of the second. */
static bool
is_moment(struct text text)
{
    struct text date;
    const char *p = text.data;
    if (text.size < 20 || p[10] != 'T' || p[13] != ':' || p[16] != ':' || p[text.size - 1] != 'Z' ||
        date_read((struct text){p, 10}, &date) != 0) {
        return false;
    }
    bool fraction = text.size == 20 || (p[19] == '.' && has_digits(p + 20, text.size - 21));
    return fraction && has_digits(p + 11, 2) && memcmp(p + 11, "23", 2) <= 0 &&
           has_digits(p + 14, 2) && memcmp(p + 14, "59", 2) <= 0 && has_digits(p + 17, 2) &&
           memcmp(p + 17, "60", 2) <= 0;
}

static bool
is_of_type(enum roster_type type, struct text text)
{
    struct text date;
    switch (type) {
    case TYPE_ID:
    case TYPE_REFERENCE:
        return is_guid(text);
    case TYPE_REFERENCES:
        return is_list(text, true);
    case TYPE_STRINGS:
        return is_list(text, false);
    case TYPE_BOOLEAN:
        return text_equals(text, TEXT("true")) || text_equals(text, TEXT("false"));
    case TYPE_DATE:
        return text.size == 10 && date_read(text, &date) == 0;
    case TYPE_YEAR:
        return is_year(text);
    default:
        return true;
    }
}

static bool
is_of_vocabulary(enum roster_column column, enum manifest_version version, struct text text)
{
    for (size_t at = 0; at < VOCABULARY_COLUMNS; at++) {
        if (vocabularies[at].column != column) {
            continue;
        }
        for (const char *const *word = vocabularies[at].words; *word != NULL; word++) {
            if (text_equals(text, text_of(*word))) {
                return true;
            }
        }
        return version == ONEROSTER_1_2 && vocabularies[at].ext && text.size > 4 &&
               memcmp(text.data, "ext:", 4) == 0;
    }
    return true;
}

/* Of a delta row; that both are blank in a bulk row is the row checker's (bulk.status). */
static void
check_change(const struct roster_column_row *row, enum roster_column column, struct text text,
             uint64_t line, struct findings *findings)
{
    if (text.size == 0) {
        findings_add(findings, FINDING_CODE_VALUE_REQUIRED, row->file, line, column, TEXT_NONE);
    } else if (row->type == TYPE_STATUS && !vocabulary_is_status(text)) {
        findings_add(findings, FINDING_CODE_VALUE_VOCABULARY, row->file, line, column, TEXT_NONE);
    } else if (row->type == TYPE_DATETIME && !is_moment(text)) {
        findings_add(findings, FINDING_CODE_VALUE_TYPE, row->file, line, column, TEXT_NONE);
    }
}

static void
check_cell(const struct roster_column_row *row, enum roster_column column,
           enum manifest_version version, struct text text, uint64_t line,
           struct findings *findings)
{
    if (text.size == 0) {
        if ((row->flags & ROSTER_REQUIRED) != 0) {
            findings_add(findings, FINDING_CODE_VALUE_REQUIRED, row->file, line, column, TEXT_NONE);
        }
    } else if (!is_of_type(row->type, text)) {
        findings_add(findings, FINDING_CODE_VALUE_TYPE, row->file, line, column, TEXT_NONE);
    } else if (!is_of_vocabulary(column, version, text)) {
        findings_add(findings, FINDING_CODE_VALUE_VOCABULARY, row->file, line, column, TEXT_NONE);
    }
}

void
strict_row(const struct roster_header *header, size_t header_count, enum manifest_version version,
           bool is_delta, const struct csv_row *row, struct findings *findings)
{
    if (row->count != header_count) {
        findings_add(findings, FINDING_CODE_ROW_WIDTH, header->file, row->line, COLUMN_COUNT,
                     TEXT_NONE);
        return;
    }
    for (int next = (int)roster_first_column(header->file);
         next < COLUMN_COUNT && roster_column((enum roster_column)next)->file == header->file;
         next++) {
        enum roster_column column = (enum roster_column)next;
        int at = header->cells[column];
        const struct roster_column_row *wanted = roster_column(column);
        bool tells_change = wanted->type == TYPE_STATUS || wanted->type == TYPE_DATETIME;
        if (at < 0 || !is_of_version(column, version)) {
            continue;
        }
        if (tells_change && is_delta) {
            check_change(wanted, column, row->cells[at], row->line, findings);
        } else if (!tells_change) {
            check_cell(wanted, column, version, row->cells[at], row->line, findings);
        }
    }
}
