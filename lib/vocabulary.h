/* The words that OneRoster has for roles, types and states. */
#ifndef ROSTER_VOCABULARY_H
#define ROSTER_VOCABULARY_H

#include <stdbool.h>

#include "text.h"

enum vocabulary {
    VOCABULARY_ROLES,
    VOCABULARY_ORG_TYPES,
    VOCABULARY_SESSION_TYPES,
    VOCABULARY_CLASS_TYPES,
    VOCABULARY_COUNT
};

/* The word as the standard spells it, found without regard to letter case; TEXT_NONE: another. */
struct text vocabulary_find(enum vocabulary vocabulary, struct text word);

/* Whether a status says that the record is no more: "tobedeleted", and what 1.0 and others write.
 */
bool vocabulary_says_gone(struct text status);

/* Whether a status is one of the standard's two, in its spelling. */
bool vocabulary_is_status(struct text status);

/* Whether a status is one of those, "active" or blank. */
bool vocabulary_has_status(struct text status);

/* Whether a word is what anybody writes for true or false. */
bool vocabulary_has_switch(struct text word);

#endif
