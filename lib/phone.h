/*
 * Telephone numbers as credentials (CRED-3): E.164, and only numbers that are valid in
 * libphonenumber's sense. Plain North American numbers of known area codes take a path of their own
 * that is some 500 times as fast and gives the same answer (tested against the library); all others
 * ask the library.
 *
 * A number with an extension is not usable: the number before it belongs to a switchboard, so it
 * can neither take a text message for one person nor tell one person from another.
 */
#ifndef ROSTER_PHONE_H
#define ROSTER_PHONE_H

#include "limit.h"
#include "text.h"

struct phone {
    size_t size;   /* 0: no number was given */
    char data[17]; /* "+" and at most 15 digits */
};

/*
 * Normalises a number. Invisible characters are no part of it, and every kind of blank is a blank.
 *
 * @param text     checked
 * @param region   two capital letters: whose national numbers these are ("US")
 * @param scratch  working memory; the result does not point into it
 * @return 0, or -1 when it is not exactly one valid number without extension
 */
int phone_normalise(struct text text, const char *region, struct scratch *scratch,
                    struct phone *ret_phone);

/* As phone_normalise, by the library alone: what the fast path is tested against. */
int phone_normalise_slowly(struct text text, const char *region, struct scratch *scratch,
                           struct phone *ret_phone);

/* Whether libphonenumber knows a region's numbers. Also makes the library read its tables. */
bool phone_region_is_known(const char *region);

#endif
