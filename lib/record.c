#include "record.h"

#include <string.h>

static const struct record_table_row table_rows[TABLE_COUNT] = {
    [TABLE_ORG] = {"org", 5, "sourced_id, name, type, identifier, parent"},
    [TABLE_SESSION] = {"session", 7,
                       "sourced_id, title, type, start_date, end_date, parent, school_year"},
    [TABLE_COURSE] = {"course", 4, "sourced_id, title, course_code, org"},
    [TABLE_CLASS] = {"class", 7,
                     "sourced_id, title, class_code, class_type, course, school, terms"},
    [TABLE_PERSON] = {"person", 8,
                      "sourced_id, roles, given_name, family_name, email, sms, phone, invalid"},
    [TABLE_LINK] = {"link", 2, "sourced_id, agent"},
    [TABLE_ENROLLMENT] = {"enrollment", 7,
                          "sourced_id, class, school, person, role, begin_date, end_date"},
    [TABLE_ROLE] = {"role", 4, "sourced_id, person, role, org"},
    [TABLE_BAD] = {"bad", 2, "kind, sourced_id"},
    [TABLE_GONE] = {"gone", 2, "kind, sourced_id"},
};

const struct record_table_row *
record_table(enum record_table table)
{
    return &table_rows[table];
}

enum record_table
record_table_of(enum roster_file file)
{
    switch (file) {
    case FILE_ORGS:
        return TABLE_ORG;
    case FILE_SESSIONS:
        return TABLE_SESSION;
    case FILE_COURSES:
        return TABLE_COURSE;
    case FILE_CLASSES:
        return TABLE_CLASS;
    case FILE_USERS:
        return TABLE_PERSON;
    case FILE_ROLES:
        return TABLE_ROLE;
    case FILE_ENROLLMENTS:
        return TABLE_ENROLLMENT;
    default:
        return TABLE_COUNT;
    }
}

/* All bytes of a text of at most 8. */
static uint64_t
short_word(const char *data, size_t size)
{
    uint32_t first = 0;
    uint32_t last = 0;
    if (size >= 4) {
        memcpy(&first, data, 4);
        memcpy(&last, data + size - 4, 4);
        return (uint64_t)last << 32 | first;
    }
    const unsigned char *p = (const unsigned char *)data;
    return size == 0 ? 0 : (uint64_t)p[0] << 16 | (uint64_t)p[size / 2] << 8 | p[size - 1];
}

uint32_t
record_content(const struct record *record)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t sum = 0;
    size_t count = record_table(record->table)->count;
    for (size_t value = 1; value < count; value++) {
        struct text text = record->values[value];
        sum = (sum ^ (text.size + 1)) * odd;
        while (text.size > 8) {
            uint64_t word = 0;
            memcpy(&word, text.data, 8);
            sum ^= word;
            sum = (sum << 29 | sum >> 35) * odd;
            text.data += 8;
            text.size -= 8;
        }
        sum ^= short_word(text.data, text.size);
        sum = (sum << 29 | sum >> 35) * odd;
    }
    return (uint32_t)(sum >> 32);
}
