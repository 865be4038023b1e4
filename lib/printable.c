#include "printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define UTF8_MAX 4 /* bytes of the longest character */

/* Length of the well-formed UTF-8 character at bytes, 0 if there is none. Overlong forms,
 * surrogates and values over U+10FFFF are not well-formed. */
static size_t
utf8_length(const uint8_t *bytes, size_t length, uint32_t *ret_code)
{
    static const uint32_t lowest[UTF8_MAX + 1] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = bytes[0];
    size_t count = first < 0x80                    ? 1
                   : first >= 0xc2 && first < 0xe0 ? 2
                   : first >= 0xe0 && first < 0xf0 ? 3
                   : first >= 0xf0 && first < 0xf5 ? 4
                                                   : 0;
    if (count == 0 || count > length) {
        return 0;
    }
    uint32_t code = count == 1 ? first : first & (0x7fU >> count);
    for (size_t index = 1; index < count; index++) {
        if ((bytes[index] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (bytes[index] & 0x3fU);
    }
    if (code < lowest[count] || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
        return 0;
    }
    *ret_code = code;
    return count;
}

static bool
is_shown(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '\\') {
        return false;
    }
    return !(code == 0xad || (code >= 0x200b && code <= 0x200f) ||
             (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
             code == 0xfeff || (code >= 0xfff9 && code <= 0xffff) || code >= 0xe0000);
}

size_t
printable_encode(const void *bytes, size_t length, char *ret_text, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    size_t out = 0;
    size_t keep = 0; /* the longest text that leaves room for "..." */
    for (size_t at = 0; at < length;) {
        uint32_t code = 0;
        size_t count = utf8_length(in + at, length - at, &code);
        bool shown = count > 0 && is_shown(code);
        size_t width = shown ? count : 4;
        if (out + width + 1 > size) {
            memcpy(ret_text + keep, "...", 4);
            return keep + 3;
        }
        if (shown) {
            memcpy(ret_text + out, in + at, count);
            at += count;
        } else {
            const char escape[4] = {'\\', 'x', hex[in[at] >> 4], hex[in[at] & 15]};
            memcpy(ret_text + out, escape, sizeof escape);
            at++;
        }
        out += width;
        if (out + 4 <= size) {
            keep = out;
        }
    }
    ret_text[out] = '\0';
    return out;
}

static int
hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

size_t
printable_decode(const char *text, char *ret_bytes, size_t size)
{
    size_t out = 0;
    for (const char *at = text; *at != '\0'; out++) {
        if (out + 1 >= size) {
            return (size_t)-1;
        }
        if (*at != '\\') {
            ret_bytes[out] = *at++;
            continue;
        }
        int high = at[1] == 'x' ? hex_value(at[2]) : -1;
        int low = high >= 0 ? hex_value(at[3]) : -1;
        if (low < 0 || high * 16 + low == 0) {
            return (size_t)-1;
        }
        ret_bytes[out] = (char)(high * 16 + low);
        at += 4;
    }
    if (out >= size) {
        return (size_t)-1;
    }
    ret_bytes[out] = '\0';
    return out;
}
