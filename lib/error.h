/*
 * One error vocabulary for all programs. A cause says what kind of thing went wrong and so whose
 * turn it is; the text says what happened here. Causes are listed once, in causes.def.
 */
#ifndef ROSTER_ERROR_H
#define ROSTER_ERROR_H

#include <stddef.h>

/* Who acts next. */
enum error_owner {
    OWNER_NOBODY,   /* it mends itself: a retry is due */
    OWNER_DISTRICT, /* the district's file, server or account */
    OWNER_OPS,      /* our machine, network or configuration */
    OWNER_CSM,      /* a decision about the district */
    OWNER_COUNT
};

enum cause {
#define CAUSE(name, word, owner, what, act) CAUSE_##name,
#include "causes.def"
#undef CAUSE
    CAUSE_COUNT
};

/* The longest text an error carries, with its NUL; longer texts are cut. */
#define ERROR_TEXT_SIZE 512

struct error {
    enum cause cause; /* CAUSE_NONE: no error */
    char text[ERROR_TEXT_SIZE];
};

/*
 * Sets cause and text. Returns -1, so that a failing function ends in `return error_set(…)`.
 *
 * @param reterr  NULL: only -1 is returned
 * @param format  printf format; never with a value that came out of a row
 */
int error_set(struct error *reterr, enum cause cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, followed by ": " and strerror(error_number). */
int error_set_errno(struct error *reterr, enum cause cause, int error_number, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

/* Puts "prefix: " before the text of an error on its way up; the cause stays. Returns -1. */
int error_wrap(struct error *reterr, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The word of a cause, such as "sftp.auth": the same in messages, tables, metrics and manuals. */
const char *cause_word(enum cause cause);

/* The cause of a word, or CAUSE_COUNT for a word that is not in the list. */
enum cause cause_from_word(const char *word);

/* Who acts next for a cause, and that owner's word: "nobody", "district", "ops", "csm". */
enum error_owner cause_owner(enum cause cause);
const char *error_owner_word(enum error_owner owner);

/* One sentence for people: what a cause means, and what its owner does about it. */
const char *cause_what(enum cause cause);
const char *cause_act(enum cause cause);

#endif
