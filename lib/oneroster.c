#include "oneroster.h"

#include <string.h>

#include "spelling.h"

/* the short words of oneroster.def; each implies the ones before it */
#define READ ROSTER_READ
#define REQUIRED ROSTER_REQUIRED
#define USED ROSTER_USED
#define ONLY_1_1 ROSTER_ONLY_1_1
#define ONLY_1_2 ROSTER_ONLY_1_2
#define LEFT_OUT ROSTER_LEFT_OUT
#define NEEDED (ROSTER_USED | ROSTER_NEEDED)
#define VALUE (ROSTER_REQUIRED | ROSTER_USED | ROSTER_NEEDED | ROSTER_VALUE)

static const struct {
    const char *name; /* with .csv */
    unsigned flags;
} file_rows[FILE_COUNT] = {
#define ROSTER_FILE(file, name, flags) [FILE_##file] = {name ".csv", flags},
#define ROSTER_COLUMN(file, column, name, type, flags)
#define ROSTER_ALIAS(file, column, name)
#include "oneroster.def"
#undef ROSTER_FILE
#undef ROSTER_COLUMN
#undef ROSTER_ALIAS
};

static const struct roster_column_row column_rows[COLUMN_COUNT] = {
#define ROSTER_FILE(file, name, flags)
#define ROSTER_COLUMN(file, column, name, type, flags)                                             \
    [file##_##column] = {FILE_##file, name, type, flags},
#define ROSTER_ALIAS(file, column, name)
#include "oneroster.def"
#undef ROSTER_FILE
#undef ROSTER_COLUMN
#undef ROSTER_ALIAS
};

static const struct {
    enum roster_column column;
    const char *name;
} alias_rows[] = {
#define ROSTER_FILE(file, name, flags)
#define ROSTER_COLUMN(file, column, name, type, flags)
#define ROSTER_ALIAS(file, column, name) {file##_##column, name},
#include "oneroster.def"
#undef ROSTER_FILE
#undef ROSTER_COLUMN
#undef ROSTER_ALIAS
};
#define ALIAS_COUNT (sizeof alias_rows / sizeof alias_rows[0])

const struct roster_column_row *
roster_column(enum roster_column column)
{
    return &column_rows[column];
}

enum roster_column
roster_first_column(enum roster_file file)
{
    static const enum roster_column first[FILE_COUNT] = {
        [FILE_ORGS] = ORGS_SOURCED_ID,       [FILE_SESSIONS] = SESSIONS_SOURCED_ID,
        [FILE_COURSES] = COURSES_SOURCED_ID, [FILE_CLASSES] = CLASSES_SOURCED_ID,
        [FILE_USERS] = USERS_SOURCED_ID,     [FILE_ENROLLMENTS] = ENROLLMENTS_SOURCED_ID,
        [FILE_ROLES] = ROLES_SOURCED_ID,
    };
    return first[file];
}

const char *
roster_file_name(enum roster_file file)
{
    return file_rows[file].name;
}

bool
roster_file_is_read(enum roster_file file)
{
    return (file_rows[file].flags & ROSTER_READ) != 0;
}

bool
roster_file_is_new(enum roster_file file)
{
    return (file_rows[file].flags & ROSTER_ONLY_1_2) != 0;
}

enum roster_file
roster_file_of(struct text name)
{
    int file = 0;
    while (file < FILE_COUNT && !text_equals_nocase(name, file_rows[file].name)) {
        file++;
    }
    return (enum roster_file)file;
}

enum roster_file
roster_file_of_property(struct text property)
{
    static const struct text prefix = {"file.", 5};
    if (property.size < prefix.size ||
        !text_equals_nocase((struct text){property.data, prefix.size}, prefix.data)) {
        return FILE_COUNT;
    }
    struct text name = {property.data + prefix.size, property.size - prefix.size};
    int file = 0;
    for (; file < FILE_COUNT; file++) {
        const char *row = file_rows[file].name;
        size_t size = strlen(row) - strlen(".csv");
        if (file != FILE_MANIFEST && name.size == size) {
            char bare[64];
            memcpy(bare, row, size);
            bare[size] = '\0';
            if (text_equals_nocase(name, bare)) {
                break;
            }
        }
    }
    return (enum roster_file)file;
}

/* The column of a file that a header's cell names, or COLUMN_COUNT. */
static enum roster_column
column_of(enum roster_file file, struct text name)
{
    int column = 0;
    while (column < COLUMN_COUNT && (column_rows[column].file != file ||
                                     !text_equals_nocase(name, column_rows[column].name))) {
        column++;
    }
    return (enum roster_column)column;
}

static int
check_needed(const struct roster_header *header, struct roster_header_fault *ret_fault,
             struct error *reterr)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        const struct roster_column_row *row = &column_rows[column];
        if (row->file == header->file && (row->flags & ROSTER_NEEDED) != 0 &&
            header->cells[column] < 0) {
            *ret_fault = (struct roster_header_fault){(enum roster_column)column};
            return error_set(reterr, CAUSE_ROSTER_HEADER, "%s has no column %s%s",
                             roster_file_name(header->file), row->name,
                             header->is_near[column] ? ", but one that is named nearly so" : "");
        }
    }
    return 0;
}

/* The column of which a header's cell is another name, or COLUMN_COUNT. */
static enum roster_column
column_of_alias(enum roster_file file, struct text name)
{
    size_t at = 0;
    while (at < ALIAS_COUNT && (column_rows[alias_rows[at].column].file != file ||
                                !text_equals_nocase(name, alias_rows[at].name))) {
        at++;
    }
    return at < ALIAS_COUNT ? alias_rows[at].column : COLUMN_COUNT;
}

static bool
is_metadata(struct text name)
{
    static const struct text prefix = {"metadata", 8};
    return name.size >= prefix.size &&
           text_equals_nocase((struct text){name.data, prefix.size}, prefix.data);
}

/* Takes a cell of the header for a column. */
static int
take_column(struct roster_header *header, enum roster_column column, size_t at,
            enum roster_naming naming, struct roster_header_fault *ret_fault, struct error *reterr)
{
    bool used = (column_rows[column].flags & ROSTER_USED) != 0;
    if (used && header->cells[column] >= 0) {
        *ret_fault = (struct roster_header_fault){column};
        return error_set(reterr, CAUSE_ROSTER_HEADER, "%s has the column %s twice",
                         roster_file_name(header->file), column_rows[column].name);
    }
    header->cells[column] = (int)at;
    header->namings[column] = naming;
    if (used && at + 1 > header->used_count) {
        header->used_count = at + 1;
    }
    return 0;
}

/* Once all own names are known: what is left may be other names of columns that are not there. */
static int
take_aliases(struct roster_header *header, const struct text *cells, size_t count,
             struct roster_header_fault *ret_fault, struct error *reterr)
{
    bool is_own[COLUMN_COUNT];
    for (int column = 0; column < COLUMN_COUNT; column++) {
        is_own[column] = header->cells[column] >= 0;
    }
    for (size_t at = 0; at < count; at++) {
        struct text name = text_trim(cells[at]);
        if (name.size == 0 || column_of(header->file, name) != COLUMN_COUNT) {
            continue;
        }
        enum roster_column column = column_of_alias(header->file, name);
        if (column == COLUMN_COUNT || is_own[column]) {
            header->has_extras |= !is_metadata(name);
        } else if (take_column(header, column, at, NAMING_ALIAS, ret_fault, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Marks the columns that are not there and may be what an unknown name was meant for. */
static void
look_for_near(struct roster_header *header, const struct text *cells, size_t count)
{
    for (size_t at = 0; at < count && header->has_extras; at++) {
        struct text name = text_trim(cells[at]);
        if (is_metadata(name) || column_of(header->file, name) != COLUMN_COUNT ||
            column_of_alias(header->file, name) != COLUMN_COUNT) {
            continue;
        }
        for (int column = 0; column < COLUMN_COUNT; column++) {
            const struct roster_column_row *row = &column_rows[column];
            if (row->file == header->file && (row->flags & ROSTER_USED) != 0 &&
                header->cells[column] < 0 && spelling_is_near(name, text_of(row->name))) {
                header->is_near[column] = true;
            }
        }
    }
}

/* What separates the names of a header that has one cell only; NULL: nothing that is known. */
static const char *
other_separator(const struct text *cells, size_t count)
{
    static const struct {
        char sign;
        const char *words;
    } others[] = {{';', "semicolons"}, {'\t', "tabs"}, {'|', "vertical bars"}};
    for (size_t at = 0; at < sizeof others / sizeof others[0] && count == 1; at++) {
        if (memchr(cells[0].data, others[at].sign, cells[0].size) != NULL) {
            return others[at].words;
        }
    }
    return NULL;
}

int
roster_header_resolve(enum roster_file file, const struct text *cells, size_t count,
                      struct roster_header *ret_header, struct roster_header_fault *ret_fault,
                      struct error *reterr)
{
    struct roster_header header = {.file = file, .whole_count = count};
    const char *separator = other_separator(cells, count);
    if (separator != NULL) {
        *ret_fault = (struct roster_header_fault){COLUMN_COUNT};
        return error_set(reterr, CAUSE_ROSTER_HEADER,
                         "the values of %s are separated by %s, not by commas",
                         roster_file_name(file), separator);
    }
    for (int column = 0; column < COLUMN_COUNT; column++) {
        header.cells[column] = -1;
    }
    for (size_t at = 0; at < count; at++) {
        struct text name = text_trim(cells[at]);
        if (name.size == 0) {
            header.has_blanks = true;
            continue;
        }
        header.count = at + 1;
        enum roster_column column = column_of(file, name);
        if (column == COLUMN_COUNT) {
            continue;
        }
        bool exact = text_equals(name, text_of(column_rows[column].name));
        if (take_column(&header, column, at, exact ? NAMING_EXACT : NAMING_CASE, ret_fault,
                        reterr) != 0) {
            return -1;
        }
    }
    if (take_aliases(&header, cells, count, ret_fault, reterr) != 0) {
        return -1;
    }
    look_for_near(&header, cells, count);
    if (check_needed(&header, ret_fault, reterr) != 0) {
        return -1;
    }
    *ret_header = header;
    return 0;
}
