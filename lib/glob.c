#include "glob.h"

#include <stddef.h>

static int
fold(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : (unsigned char)byte;
}

/* Matches the set that begins after "[" at *set; moves *set behind its "]". A set that is not
 * closed is left where it is and does not match. */
static bool
set_matches(const char **set, char byte, bool *ret_closed)
{
    const char *at = *set;
    bool negated = *at == '!' || *at == '^';
    at += negated ? 1 : 0;
    bool found = false;
    const char *first = at;
    while (*at != '\0' && (*at != ']' || at == first)) {
        int low = fold(*at);
        int high = low;
        if (at[1] == '-' && at[2] != ']' && at[2] != '\0') {
            high = fold(at[2]);
            at += 2;
        }
        found = found || (fold(byte) >= low && fold(byte) <= high);
        at++;
    }
    *ret_closed = *at == ']';
    if (*ret_closed) {
        *set = at + 1;
    }
    return *ret_closed && found != negated;
}

/* One pattern element against one byte; moves *pattern behind the element on a match. */
static bool
element_matches(const char **pattern, char byte)
{
    const char *at = *pattern;
    if (*at == '[') {
        const char *set = at + 1;
        bool closed = false;
        bool found = set_matches(&set, byte, &closed);
        if (closed) {
            *pattern = set;
            return found;
        }
    }
    *pattern = at + 1;
    return *at == '?' || (*at != '\0' && fold(*at) == fold(byte));
}

bool
glob_matches(const char *pattern, const char *name)
{
    /* Only the last star ever needs to be tried again: what came before it is already matched as
     * early as it can be. */
    const char *star = NULL;
    const char *star_name = NULL;
    while (*name != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            star_name = name;
            continue;
        }
        const char *next = pattern;
        if (element_matches(&next, *name)) {
            pattern = next;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++star_name;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}
