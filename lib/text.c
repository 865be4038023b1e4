#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <utf8proc.h>

#include "limit.h"

/* No byte of UTF-8 decomposes into more code points, case folding included (tested). */
#define POINTS_A_BYTE 3
/* More than this is not looked at: 255 characters with as many marks as anybody writes. */
#define CLEAN_BYTES 8192

/* Length of the UTF-8 sequence at `p`, or 0 if there is no valid one (Unicode 15, table 3-7). */
static size_t
sequence_length(const unsigned char *p, const unsigned char *end)
{
    unsigned char lead = *p;
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || (size_t)(end - p) < length) {
        return 0;
    }
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead == 0xE0) {
        low = 0xA0; /* shorter forms exist */
    } else if (lead == 0xED) {
        high = 0x9F; /* surrogates */
    } else if (lead == 0xF0) {
        low = 0x90;
    } else if (lead == 0xF4) {
        high = 0x8F; /* beyond U+10FFFF */
    }
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t at = 2; at < length; at++) {
        if ((p[at] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static unsigned
scan_slowly(const unsigned char *p, const unsigned char *end)
{
    unsigned flags = 0;
    while (p < end) {
        size_t length = sequence_length(p, end);
        if (length == 0) {
            flags |= TEXT_NOT_UTF8 | TEXT_NOT_ASCII;
            length = 1;
        } else if (length > 1) {
            flags |= TEXT_NOT_ASCII;
        } else if (*p == 0) {
            flags |= TEXT_HAS_NUL | TEXT_HAS_CONTROL;
        } else if (*p < 0x20 || *p == 0x7F) {
            flags |= TEXT_HAS_CONTROL;
        }
        p += length;
    }
    return flags;
}

unsigned
text_scan(const char *data, size_t size)
{
    const unsigned char *p = (const unsigned char *)data;
    const unsigned char *end = p + size;
    unsigned flags = 0;
#ifdef __SSE2__
    const __m128i space = _mm_set1_epi8(0x20);
    const __m128i delete = _mm_set1_epi8(0x7F);
    while (end - p >= 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* bytes over 0x7F are negative, so they are under 0x20 here as well */
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(block, space), _mm_cmpeq_epi8(block, delete));
        if (_mm_movemask_epi8(odd) != 0) {
            if (_mm_movemask_epi8(block) != 0) {
                break;
            }
            flags |= TEXT_HAS_CONTROL;
            if (_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_setzero_si128())) != 0) {
                flags |= TEXT_HAS_NUL;
            }
        }
        p += 16;
    }
#endif
    return flags | scan_slowly(p, end);
}

struct text
text_of(const char *string)
{
    return string == NULL ? TEXT_NONE : (struct text){string, strlen(string)};
}

static unsigned char
ascii_lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
text_equals_nocase(struct text text, const char *word)
{
    for (size_t at = 0; at < text.size; at++) {
        if (word[at] == '\0' || ascii_lower(text.data[at]) != ascii_lower(word[at])) {
            return false;
        }
    }
    return word[text.size] == '\0';
}

struct text
text_cut(struct text text, size_t size)
{
    if (text.size <= size) {
        return text;
    }
    while (size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80) {
        size--;
    }
    return (struct text){text.data, size};
}

size_t
text_length(struct text text)
{
    size_t length = 0;
    for (size_t at = 0; at < text.size; at++) {
        length += ((unsigned char)text.data[at] & 0xC0) != 0x80;
    }
    return length;
}

/* Every kind of blank and every control character, so that nothing odd looks like a space. */
static bool
is_blank(utf8proc_int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
        return true;
    default:
        return false;
    }
}

/* Format characters: zero width space and joiners, direction marks, soft hyphen, byte order mark.
 */
static bool
is_invisible(utf8proc_int32_t point)
{
    return utf8proc_category(point) == UTF8PROC_CATEGORY_CF;
}

/* Copies what stays of a text, blanks as spaces; the result is never longer. Returns its size. */
static size_t
keep_visible(struct text text, char *ret_data)
{
    size_t kept = 0;
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text.data;
    size_t left = text.size;
    while (left > 0) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t length = utf8proc_iterate(p, (utf8proc_ssize_t)left, &point);
        if (length <= 0) {
            break; /* the text was not checked: what follows is dropped */
        }
        if (is_blank(point)) {
            ret_data[kept++] = ' ';
        } else if (!is_invisible(point)) {
            memcpy(ret_data + kept, p, (size_t)length);
            kept += (size_t)length;
        }
        p += length;
        left -= (size_t)length;
    }
    return kept;
}

/* The longest beginning of at most `length` code points. */
static struct text
cut_points(struct text text, size_t length)
{
    size_t at = 0;
    while (at < text.size) {
        bool starts = ((unsigned char)text.data[at] & 0xC0) != 0x80;
        if (starts && length-- == 0) {
            break;
        }
        at++;
    }
    return (struct text){text.data, at};
}

/* A text under this size has few enough characters to need no counting. */
static struct text
finish(struct text text, bool *ret_cut)
{
    text = text_trim(text);
    if (text.size > LIMIT_TEXT_CHARACTERS && text_length(text) > LIMIT_TEXT_CHARACTERS) {
        text = text_trim(cut_points(text, LIMIT_TEXT_CHARACTERS));
        if (ret_cut != NULL) {
            *ret_cut = true;
        }
    }
    return text;
}

int
text_compose(struct text text, unsigned flags, struct scratch *scratch, struct text *ret_text)
{
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    if ((flags & TEXT_FOLD) != 0) {
        options |= UTF8PROC_CASEFOLD;
    }
    size_t pad = sizeof(utf8proc_int32_t) - scratch->used % sizeof(utf8proc_int32_t);
    size_t capacity = POINTS_A_BYTE * text.size;
    char *memory = scratch_take(scratch, pad + (capacity + 1) * sizeof(utf8proc_int32_t));
    if (memory == NULL) {
        return -1;
    }
    utf8proc_int32_t *points = (utf8proc_int32_t *)(void *)(memory + pad);
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, points,
                           (utf8proc_ssize_t)capacity, options);
    if (count < 0 || (size_t)count > capacity) {
        return -1;
    }
    utf8proc_ssize_t size = utf8proc_reencode(points, count, options);
    if (size < 0) {
        return -1;
    }
    *ret_text = (struct text){memory + pad, (size_t)size};
    return 0;
}

int
text_clean(struct text text, struct scratch *scratch, struct text *ret_text, bool *ret_cut)
{
    if (text_scan(text.data, text.size) == 0) {
        *ret_text = finish(text, ret_cut);
        return 0;
    }
    if (text.size > CLEAN_BYTES) {
        text = text_cut(text, CLEAN_BYTES);
        if (ret_cut != NULL) {
            *ret_cut = true;
        }
    }
    char *memory = scratch_take(scratch, text.size);
    if (memory == NULL) {
        return -1;
    }
    struct text visible = {memory, keep_visible(text, memory)};
    if (text_compose(visible, 0, scratch, &visible) != 0) {
        return -1;
    }
    *ret_text = finish(visible, ret_cut);
    return 0;
}

int
scratch_init(struct scratch *scratch, size_t capacity)
{
    *scratch = (struct scratch){.data = malloc(capacity), .capacity = capacity};
    return scratch->data == NULL ? -1 : 0;
}

void
scratch_deinit(struct scratch *scratch)
{
    free(scratch->data);
    *scratch = (struct scratch){0};
}

void
scratch_reset(struct scratch *scratch)
{
    scratch->used = 0;
}

char *
scratch_take(struct scratch *scratch, size_t size)
{
    if (size > scratch->capacity - scratch->used) {
        return NULL;
    }
    char *memory = scratch->data + scratch->used;
    scratch->used += size;
    return memory;
}
