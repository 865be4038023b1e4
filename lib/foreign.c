#include "foreign.h"

#include <string.h>

/* Files by which packages are told apart; bits of `seen`. */
static const char *const names[] = {
    "manifest.csv", "users.csv",   "schools.csv",       "sections.csv",  "students.csv",
    "school.csv",   "section.csv", "relationships.csv", "userFlags.csv", "[Content_Types].xml",
};
enum name_bit {
    MANIFEST = 1 << 0,
    USERS = 1 << 1,
    SCHOOLS = 1 << 2,
    SECTIONS = 1 << 3,
    STUDENTS = 1 << 4,
    SCHOOL = 1 << 5,
    SECTION = 1 << 6,
    RELATIONSHIPS = 1 << 7,
    USER_FLAGS = 1 << 8,
    CONTENT_TYPES = 1 << 9,
    INNER_ZIP = 1 << 10 /* any name that ends in .zip */
};

/* All of `all`, at least one of `any` (0: no matter), none of `none`. */
static const struct {
    unsigned all;
    unsigned any;
    unsigned none;
    struct foreign foreign;
} packages[] = {
    {CONTENT_TYPES,
     0,
     MANIFEST | USERS,
     {CAUSE_ROSTER_EMPTY, "this is a spreadsheet or another Office document, not a OneRoster zip; "
                          "export OneRoster CSV and upload the zip as it is"}},
    {SCHOOLS | SECTIONS,
     0,
     MANIFEST | USERS,
     {CAUSE_ROSTER_EMPTY, "this is a Clever export, not OneRoster; choose OneRoster 1.1 CSV in the "
                          "SIS's list of exports"}},
    {SCHOOL | SECTION,
     0,
     MANIFEST | USERS,
     {CAUSE_ROSTER_EMPTY, "this is a Microsoft School Data Sync export, not OneRoster; choose "
                          "OneRoster 1.1 CSV in the SIS's list of exports"}},
    {USERS,
     RELATIONSHIPS | USER_FLAGS,
     MANIFEST,
     {CAUSE_ROSTER_EMPTY, "this is a Microsoft School Data Sync (v2) export, not OneRoster; choose "
                          "OneRoster 1.1 CSV in the SIS's list of exports"}},
    {INNER_ZIP,
     0,
     MANIFEST | USERS,
     {CAUSE_ROSTER_EMPTY, "this is a zip in a zip; upload the inner one, as the SIS made it"}},
};

#define LITERAL(text)                                                                              \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

#define SINGLE_CSV                                                                                 \
    {                                                                                              \
        CAUSE_ROSTER_EMPTY, "this is a single CSV file; upload all files in one zip"               \
    }

/* What stands at the beginning of other files than zips. */
static const struct {
    struct text magic;
    struct foreign foreign;
} magics[] = {
    {LITERAL("\x1F\x8B"), {CAUSE_ROSTER_EMPTY, "this is a gzip or tar.gz file; upload a zip"}},
    {LITERAL("7z\xBC\xAF"), {CAUSE_ROSTER_EMPTY, "this is a 7z archive; upload a zip"}},
    {LITERAL("Rar!"), {CAUSE_ROSTER_EMPTY, "this is a RAR archive; upload a zip"}},
    {LITERAL("%PDF"), {CAUSE_ROSTER_EMPTY, "this is a PDF, not a zip of CSV files"}},
    {LITERAL("\xD0\xCF\x11\xE0"),
     {CAUSE_ROSTER_EMPTY, "this is an old Excel or Word file, not a zip of CSV files"}},
    {LITERAL("{"), {CAUSE_ROSTER_EMPTY, "this is a JSON file, not a zip of CSV files"}},
    {LITERAL("["), {CAUSE_ROSTER_EMPTY, "this is a JSON file, not a zip of CSV files"}},
    {LITERAL("sourcedId"), SINGLE_CSV},
    {LITERAL("\"sourcedId\""), SINGLE_CSV},
    {LITERAL("propertyName"), SINGLE_CSV},
    {LITERAL("\"propertyName\""), SINGLE_CSV},
    {LITERAL("\xEF\xBB\xBF"),
     {CAUSE_ROSTER_EMPTY, "this is a text file, not a zip; upload all CSV files in one zip"}},
};

static const struct foreign nothing = {CAUSE_ZIP_DAMAGED, "the file is empty (0 bytes)"};
static const struct foreign page = {
    CAUSE_ZIP_DAMAGED, "this is a web page, such as the error page of a server, not a zip"};

static bool
begins_with(struct text text, struct text with)
{
    return text.size >= with.size && memcmp(text.data, with.data, with.size) == 0;
}

bool
foreign_is_page(struct text begin)
{
    static const char *const words[] = {"<!doctype html", "<html", "<?xml"};
    while (begin.size > 0 && *begin.data != '\0' &&
           strchr(" \t\r\n\xEF\xBB\xBF", *begin.data) != NULL) {
        begin.data++;
        begin.size--;
    }
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++) {
        size_t size = strlen(words[at]);
        if (begin.size >= size && text_equals_nocase((struct text){begin.data, size}, words[at])) {
            return true;
        }
    }
    return false;
}

const struct foreign *
foreign_of_bytes(struct text begin)
{
    if (begin.size == 0) {
        return &nothing;
    }
    if (foreign_is_page(begin)) {
        return &page;
    }
    for (size_t at = 0; at < sizeof magics / sizeof magics[0]; at++) {
        if (begins_with(begin, magics[at].magic)) {
            return &magics[at].foreign;
        }
    }
    return NULL;
}

void
foreign_see(struct text name, unsigned *seen)
{
    for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
        if (text_equals_nocase(name, names[at])) {
            *seen |= 1u << at;
        }
    }
    if (name.size > 4 && text_equals_nocase((struct text){name.data + name.size - 4, 4}, ".zip")) {
        *seen |= INNER_ZIP;
    }
}

const struct foreign *
foreign_of_names(unsigned seen)
{
    for (size_t at = 0; at < sizeof packages / sizeof packages[0]; at++) {
        if ((seen & packages[at].all) == packages[at].all && (seen & packages[at].none) == 0 &&
            (packages[at].any == 0 || (seen & packages[at].any) != 0)) {
            return &packages[at].foreign;
        }
    }
    return NULL;
}
