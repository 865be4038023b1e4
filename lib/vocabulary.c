#include "vocabulary.h"

#define WORDS_MAX 14

/* The commonest first. */
#define WORD(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
static const struct text words[VOCABULARY_COUNT][WORDS_MAX] = {
    [VOCABULARY_ROLES] = {WORD("student"), WORD("teacher"), WORD("guardian"), WORD("parent"),
                          WORD("relative"), WORD("administrator"), WORD("aide"), WORD("proctor"),
                          WORD("counselor"), WORD("principal"), WORD("districtAdministrator"),
                          WORD("siteAdministrator"), WORD("systemAdministrator")},
    [VOCABULARY_ORG_TYPES] = {WORD("school"), WORD("district"), WORD("department"), WORD("local"),
                              WORD("state"), WORD("national")},
    [VOCABULARY_SESSION_TYPES] = {WORD("gradingPeriod"), WORD("semester"), WORD("schoolYear"),
                                  WORD("term")},
    [VOCABULARY_CLASS_TYPES] = {WORD("scheduled"), WORD("homeroom")},
};

struct text
vocabulary_find(enum vocabulary vocabulary, struct text word)
{
    const struct text *known = words[vocabulary];
    for (size_t at = 0; at < WORDS_MAX && known[at].data != NULL; at++) {
        if (word.size == known[at].size &&
            (text_equals(word, known[at]) || text_equals_nocase(word, known[at].data))) {
            return known[at];
        }
    }
    return TEXT_NONE;
}

bool
vocabulary_says_gone(struct text status)
{
    return text_equals_nocase(status, "tobedeleted") || text_equals_nocase(status, "inactive") ||
           text_equals_nocase(status, "deleted");
}

bool
vocabulary_is_status(struct text status)
{
    return text_equals(status, TEXT("active")) || text_equals(status, TEXT("tobedeleted"));
}

bool
vocabulary_has_status(struct text status)
{
    return status.size == 0 || text_equals_nocase(status, "active") || vocabulary_says_gone(status);
}

bool
vocabulary_has_switch(struct text word)
{
    static const char *const switches[] = {"true", "false", "1", "0", "yes", "no", "y", "n"};
    for (size_t at = 0; at < sizeof switches / sizeof switches[0]; at++) {
        if (text_equals_nocase(word, switches[at])) {
            return true;
        }
    }
    return false;
}
