/* Names that are nearly right. */
#ifndef ROSTER_SPELLING_H
#define ROSTER_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/*
 * How many letters have to be changed, added, taken away or swapped with the next; SIZE_MAX when
 * one of the two is longer than names are.
 */
size_t spelling_distance(const char *a, size_t a_size, const char *b, size_t b_size);

/*
 * Whether somebody who wrote `name` may have meant `wanted`: a slip of one or two letters, other
 * signs between the words, or more words around it. Letter case does not matter.
 */
bool spelling_is_near(struct text name, struct text wanted);

#endif
