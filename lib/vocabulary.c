#include "vocabulary.h"

#define WORDS_MAX 14

/* The commonest first. */
static const char *const words[VOCABULARY_COUNT][WORDS_MAX] = {
    [VOCABULARY_ROLES] = {"student", "teacher", "guardian", "parent", "relative", "administrator",
                          "aide", "proctor", "counselor", "principal", "districtAdministrator",
                          "siteAdministrator", "systemAdministrator"},
    [VOCABULARY_ORG_TYPES] = {"school", "district", "department", "local", "state", "national"},
    [VOCABULARY_SESSION_TYPES] = {"gradingPeriod", "semester", "schoolYear", "term"},
    [VOCABULARY_CLASS_TYPES] = {"scheduled", "homeroom"},
};

struct text
vocabulary_find(enum vocabulary vocabulary, struct text word)
{
    for (size_t at = 0; at < WORDS_MAX && words[vocabulary][at] != NULL; at++) {
        if (text_equals_nocase(word, words[vocabulary][at])) {
            return text_of(words[vocabulary][at]);
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
