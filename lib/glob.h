/*
 * File name patterns: `*` any run of bytes, `?` one byte, `[a-z]` or `[!a-z]` one of a set, the
 * rest itself; ASCII letters match in either case. Unlike fnmatch(3), the time is bounded by
 * pattern × name and no locale takes part, because names come from a server that may be hostile.
 */
#ifndef ROSTER_GLOB_H
#define ROSTER_GLOB_H

#include <stdbool.h>

/* True if the whole name fits the pattern. A "[" without its "]" stands for itself. */
bool glob_matches(const char *pattern, const char *name);

#endif
