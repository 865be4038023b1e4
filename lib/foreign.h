/*
 * What is not OneRoster but well known: told by its name, with a sentence for the district's IT
 * people, instead of by the first thing that is missing in it.
 */
#ifndef ROSTER_FOREIGN_H
#define ROSTER_FOREIGN_H

#include <stdbool.h>

#include "error.h"
#include "text.h"

struct foreign {
    enum cause cause;
    const char *sentence;
};

/* By the first bytes of a file that should be a zip. NULL: not known, or a zip. */
const struct foreign *foreign_of_bytes(struct text begin);

/* Whether the bytes begin a web page. */
bool foreign_is_page(struct text begin);

/*
 * By the names of the files in a zip: see each name (without a folder around all of them), then
 * ask.
 *
 * @param seen  0 before the first
 */
void foreign_see(struct text name, unsigned *seen);

/* @return NULL: it may be OneRoster */
const struct foreign *foreign_of_names(unsigned seen);

#endif
