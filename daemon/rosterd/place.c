#include "place.h"

#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *at;
    struct place place;
};

static void
step(struct cursor *cursor)
{
    if (*cursor->at == '\n') {
        cursor->place.line++;
        cursor->place.column = 1;
    } else {
        cursor->place.column++;
    }
    cursor->at++;
}

static void
skip_blank(struct cursor *cursor)
{
    while (*cursor->at != '\0' && strchr(" \t\r\n", *cursor->at) != NULL) {
        step(cursor);
    }
}

/* Over a string; the cursor stands on its opening quote. */
static void
skip_string(struct cursor *cursor)
{
    step(cursor);
    while (*cursor->at != '\0' && *cursor->at != '"') {
        if (*cursor->at == '\\') {
            step(cursor);
        }
        if (*cursor->at != '\0') {
            step(cursor);
        }
    }
    if (*cursor->at == '"') {
        step(cursor);
    }
}

/* Over any value: brackets are counted, strings skipped. */
static void
skip_value(struct cursor *cursor)
{
    int depth = 0;
    skip_blank(cursor);
    while (*cursor->at != '\0') {
        char c = *cursor->at;
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return;
        }
        if (c == '"') {
            skip_string(cursor);
            continue;
        }
        depth += (c == '{' || c == '[') ? 1 : 0;
        depth -= (c == '}' || c == ']') ? 1 : 0;
        step(cursor);
    }
}

static bool
is_key(const char *from, const char *to, const char *key)
{
    size_t length = strlen(key);
    return (size_t)(to - from) == length + 2 && memcmp(from + 1, key, length) == 0;
}

struct place
place_find(const char *text, const char *const *path, size_t depth)
{
    const struct place none = {1, 1};
    struct cursor cursor = {text, none};
    size_t level = 0;
    skip_blank(&cursor);
    while (level < depth && *cursor.at == '{') {
        bool is_found = false;
        step(&cursor);
        skip_blank(&cursor);
        while (*cursor.at == '"') {
            struct cursor begin = cursor;
            skip_string(&cursor);
            is_found = is_key(begin.at, cursor.at, path[level]);
            if (is_found && level + 1 == depth) {
                return begin.place;
            }
            skip_blank(&cursor);
            step(&cursor); /* the colon */
            skip_blank(&cursor);
            if (is_found) {
                break;
            }
            skip_value(&cursor);
            if (*cursor.at == ',') {
                step(&cursor);
            }
            skip_blank(&cursor);
        }
        if (!is_found) {
            return none;
        }
        level++;
    }
    return none;
}
