/*
 * Text as a view: bytes that belong to somebody else. What is called "checked" here is valid UTF-8
 * without NUL, which is what PostgreSQL takes.
 */
#ifndef ROSTER_TEXT_H
#define ROSTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* data NULL: no value (SQL NULL). Not ended by a NUL. */
struct text {
    const char *data;
    size_t size;
};

#define TEXT_NONE ((struct text){NULL, 0})
/* The view of a string literal. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/* What text_scan found. */
enum text_flag {
    TEXT_NOT_ASCII = 1,  /* a byte over 0x7F */
    TEXT_NOT_UTF8 = 2,   /* not UTF-8 as Unicode defines it (no surrogates, shortest form) */
    TEXT_HAS_NUL = 4,    /* a NUL byte */
    TEXT_HAS_CONTROL = 8 /* a byte under 0x20 or 0x7F, NUL included */
};

/* Memory for the values of one row: taken by bumping an index, given back all at once. */
struct scratch {
    char *data;
    size_t used;
    size_t capacity;
};

/* Looks at each byte once. Returns enum text_flag values or'ed together; 0 for plain ASCII. */
unsigned text_scan(const char *data, size_t size);

/* The view of a C string; NULL gives TEXT_NONE. */
struct text text_of(const char *string);

static inline bool
text_equals(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Compares ASCII letters without case, other bytes exactly. */
bool text_equals_nocase(struct text text, const char *word);

/* Without blanks and tabs at both ends. */
static inline struct text
text_trim(struct text text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size--;
    }
    return text;
}

/* The longest beginning of at most `size` bytes that does not cut a UTF-8 sequence. */
struct text text_cut(struct text text, size_t size);

/* Number of code points of checked text. */
size_t text_length(struct text text);

/*
 * Cleans a name or title: NFC, control characters and every kind of blank become a space, invisible
 * characters (zero width, direction marks, soft hyphen, byte order mark) are dropped, both ends are
 * trimmed. Runs of spaces inside stay, and so does the case. Cleaning twice is cleaning once.
 *
 * @param text        checked
 * @param scratch     where the result lives if it differs from the argument
 * @param ret_text    may be a part of the argument; size 0 when nothing visible is left
 * @param ret_cut     NULL, or set to true when the text had more than LIMIT_TEXT_CHARACTERS and was
 *                    cut there; else untouched
 * @return 0, or -1 when the scratch memory is used up
 */
int text_clean(struct text text, struct scratch *scratch, struct text *ret_text, bool *ret_cut);

/* What text_compose does besides NFC. */
enum text_compose_flag {
    TEXT_FOLD = 1 /* full case folding, for comparing */
};

/*
 * Canonical composition (NFC) of checked text, into the scratch memory.
 *
 * @return 0, or -1 when the scratch memory is used up
 */
int text_compose(struct text text, unsigned flags, struct scratch *scratch, struct text *ret_text);

/* @return 0, or -1 when memory ran out */
int scratch_init(struct scratch *scratch, size_t capacity);
void scratch_deinit(struct scratch *scratch);

/* Gives everything back. */
void scratch_reset(struct scratch *scratch);

/* @return `size` bytes that live until the next reset, or NULL when the scratch is used up */
char *scratch_take(struct scratch *scratch, size_t size);

#endif
