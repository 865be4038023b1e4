/* The values of a row: each column by a function of its type, each file by one of its own. */
#include "row_private.h"

#include <string.h>

#include "date.h"
#include "email.h"
#include "phone.h"
#include "vocabulary.h"

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
        row_refuse(checker, FINDING_CODE_ROW_VALUE_MISSING, column);
    }
    return value;
}

/* A name or title. */
static struct text
take_text(struct row_checker *checker, enum roster_column column)
{
    struct text text = row_cell(checker, column);
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
        row_note(checker, FINDING_CODE_VALUE_CUT, column);
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
            row_note(checker, FINDING_CODE_VALUE_CASE, column);
        }
        return known;
    }
    return text_cut(word, LIMIT_WORD_BYTES);
}

static struct text
take_date(struct row_checker *checker, enum roster_column column)
{
    struct text text = row_cell(checker, column);
    struct text date = TEXT_NONE;
    if (text.size > 0 && date_read(text, &date) != 0) {
        row_note(checker, FINDING_CODE_VALUE_DATE, column);
    } else if (date.size < text.size) {
        row_note(checker, FINDING_CODE_VALUE_DATE_TIME, column);
    }
    return date;
}

static struct text
take_reference(struct row_checker *checker, enum roster_column column)
{
    struct text id = row_cell(checker, column);
    if (id.size > 0 && !row_is_usable_id(checker, id)) {
        row_note(checker, FINDING_CODE_REFERENCE_UNUSABLE, column);
        return TEXT_NONE;
    }
    return value_of(id);
}

/* What a record of orgs or sessions is a part of: never itself. */
static struct text
take_parent(struct row_checker *checker, enum roster_column column)
{
    struct text parent = take_reference(checker, column);
    if (parent.data != NULL && text_equals(parent, checker->id)) {
        row_note(checker, FINDING_CODE_REFERENCE_SELF, column);
        return TEXT_NONE;
    }
    return parent;
}

/* Looks at a value that is not used: whether it is the standard's true or false, or blank. */
static void
look_at_boolean(struct row_checker *checker, enum roster_column column)
{
    struct text text = row_cell(checker, column);
    if (text.size > 0 && !text_equals(text, TEXT("true")) && !text_equals(text, TEXT("false"))) {
        row_note(checker, FINDING_CODE_VALUE_BOOLEAN, column);
    }
}

/* The items of a list cell, trimmed, each once, in checker->items. */
static void
take_items(struct row_checker *checker, enum roster_column column)
{
    struct text list = row_cell(checker, column);
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
        if (!row_is_usable_id(checker, item)) {
            row_note(checker, FINDING_CODE_REFERENCE_UNUSABLE, column);
            continue;
        }
        size_t at = 0;
        while (at < checker->item_count && !text_equals(checker->items[at], item)) {
            at++;
        }
        if (at == LIMIT_LIST_ITEMS) {
            row_refuse(checker, FINDING_CODE_ROW_LIST_LONG, column);
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
    if (checker->options.roles_are == ROLES_LATER) {
        return TEXT_NONE;
    }
    if (checker->options.roles_are == ROLES_IN_SET) {
        struct text roles = TEXT_NONE;
        if (role_set_join(checker->options.roles, checker->id, &checker->scratch, &roles) != 0) {
            checker->failed = true;
        } else if (roles.data == NULL) {
            row_refuse(checker, FINDING_CODE_ROW_NO_ROLE, COLUMN_COUNT);
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
    struct text text = row_cell(checker, USERS_EMAIL);
    struct email email;
    if (text.size == 0) {
        return TEXT_NONE;
    }
    if (email_normalise(text, &checker->scratch, &email) != 0) {
        row_note(checker, FINDING_CODE_VALUE_EMAIL, USERS_EMAIL);
        *(*invalid)++ = 'e';
        return TEXT_NONE;
    }
    return keep(checker, email.data, email.size);
}

static struct text
take_phone(struct row_checker *checker, enum roster_column column, char letter, char **invalid)
{
    struct text text = row_cell(checker, column);
    struct phone phone;
    if (text.size == 0) {
        return TEXT_NONE;
    }
    if (phone_normalise(text, checker->options.phone_region, &checker->scratch, &phone) != 0) {
        row_note(checker, FINDING_CODE_VALUE_PHONE, column);
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
    values[4] = take_parent(checker, ORGS_PARENT);
}

static void
check_session(struct row_checker *checker, struct text *values)
{
    values[1] = needed(checker, take_text(checker, SESSIONS_TITLE), SESSIONS_TITLE);
    values[2] =
        needed(checker, take_word(checker, SESSIONS_TYPE, VOCABULARY_SESSION_TYPES), SESSIONS_TYPE);
    values[3] = take_date(checker, SESSIONS_START);
    values[4] = take_date(checker, SESSIONS_END);
    values[5] = take_parent(checker, SESSIONS_PARENT);
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
    if (checker->options.preferred_names) {
        struct text given = take_text(checker, USERS_PREFERRED_GIVEN);
        struct text family = take_text(checker, USERS_PREFERRED_FAMILY);
        values[2] = given.data == NULL || values[2].data == NULL ? values[2] : given;
        values[3] = family.data == NULL || values[3].data == NULL ? values[3] : family;
    }
    if (!checker->options.verdict_only) {
        look_at_boolean(checker, USERS_ENABLED);
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
            row_note(checker, FINDING_CODE_REFERENCE_SELF, USERS_AGENTS);
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
    look_at_boolean(checker, ENROLLMENTS_PRIMARY);
}

/* 1.2: a role of a person. */
static void
check_role(struct row_checker *checker, struct text *values)
{
    values[0] = take_reference(checker, ROLES_SOURCED_ID);
    values[1] = needed(checker, take_reference(checker, ROLES_USER), ROLES_USER);
    values[2] = needed(checker, take_word(checker, ROLES_ROLE, VOCABULARY_ROLES), ROLES_ROLE);
    values[3] = take_reference(checker, ROLES_ORG);
}

void
row_take_values(struct row_checker *checker, struct text *values)
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
