/*
 * Where in a JSON text something stands: jansson says what a document means, not where its keys
 * are, and an error message needs a line and a column.
 */
#ifndef ROSTERD_PLACE_H
#define ROSTERD_PLACE_H

#include <stddef.h>

struct place {
    int line;   /* from 1 */
    int column; /* from 1, in bytes */
};

/*
 * Finds a key of an object, down a path of keys.
 *
 * @param text   valid JSON (jansson took it)
 * @param path   `depth` keys, outermost first
 * @return       where the last key begins, at its quote; the beginning of the text if it is not
 * there
 */
struct place place_find(const char *text, const char *const *path, size_t depth);

#endif
