#include "recode.h"

#include <stdlib.h>
#include <string.h>

struct recode {
    enum encoding encoding;
    recode_source_fn source;
    void *context;
    bool ended; /* the source has no more */

    /* what Windows-1252 would be as UTF-8 */
    unsigned due; /* bytes that the sequence it is in still has */
    bool has_sequences;
    bool is_broken;

    size_t at;
    size_t filled;
    unsigned char raw[RECODE_BEGUN_MAX];
};

struct recode *
recode_new(void)
{
    return malloc(sizeof(struct recode));
}

void
recode_free(struct recode *recode)
{
    free(recode);
}

void
recode_start(struct recode *recode, enum encoding encoding, const void *begun, size_t size,
             bool ended, recode_source_fn source, void *context)
{
    recode->encoding = encoding;
    recode->source = source;
    recode->context = context;
    recode->ended = ended;
    recode->due = 0;
    recode->has_sequences = false;
    recode->is_broken = false;
    recode->at = 0;
    recode->filled = size;
    memcpy(recode->raw, begun, size);
}

static unsigned
unit_at(const struct recode *recode, size_t at)
{
    const unsigned char *p = recode->raw + at;
    return recode->encoding == ENCODING_UTF16_BIG ? (unsigned)p[0] << 8 | p[1]
                                                  : (unsigned)p[1] << 8 | p[0];
}

/* One code point, or half of a pair, as UTF-8 would write it. Returns its bytes. */
static size_t
put_point(unsigned point, char *to)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (char)(0xC0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    size_t size = point < 0x10000 ? 3 : 4;
    to[0] = (char)(size == 3 ? 0xE0 | point >> 12 : 0xF0 | point >> 18);
    for (size_t at = 1; at < size; at++) {
        to[at] = (char)(0x80 | (point >> 6 * (size - 1 - at) & 0x3F));
    }
    return size;
}

/* Fills up what waits to be converted. */
static int
fill(struct recode *recode, struct error *reterr)
{
    size_t left = recode->filled - recode->at;
    memmove(recode->raw, recode->raw + recode->at, left);
    recode->at = 0;
    recode->filled = left;
    while (!recode->ended && recode->filled < sizeof recode->raw) {
        int64_t got = recode->source(recode->context, recode->raw + recode->filled,
                                     sizeof recode->raw - recode->filled, reterr);
        if (got < 0) {
            return -1;
        }
        recode->ended = got == 0;
        recode->filled += (size_t)got;
    }
    return 0;
}

/* Keeps track of what a byte over 0x7F, or any within a sequence, would be in UTF-8. */
static void
follow_utf8(struct recode *recode, unsigned byte)
{
    if (recode->due > 0) {
        recode->due--;
        recode->is_broken |= byte < 0x80 || byte > 0xBF;
        return;
    }
    recode->due = byte < 0xC2 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : byte < 0xF5 ? 3 : 0;
    recode->is_broken |= recode->due == 0;
    recode->has_sequences = true;
}

bool
recode_seems_utf8(const struct recode *recode)
{
    return recode->has_sequences && !recode->is_broken && recode->due == 0;
}

/* What Windows-1252 has at 0x80 to 0x9F; 0: nothing. */
static const unsigned short windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static int64_t
read_windows_1252(struct recode *recode, char *buffer, size_t size, struct error *reterr)
{
    size_t used = 0;
    while (size - used >= RECODE_POINT_BYTES) {
        if (recode->at == recode->filled && !recode->ended && fill(recode, reterr) != 0) {
            return -1;
        }
        if (recode->at == recode->filled) {
            break;
        }
        unsigned byte = recode->raw[recode->at++];
        if (byte >= 0x80 || recode->due > 0) {
            follow_utf8(recode, byte);
        }
        unsigned point = byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
        if (point == 0 && byte != 0) {
            buffer[used++] = (char)byte;
        } else {
            used += put_point(point, buffer + used);
        }
    }
    return (int64_t)used;
}

static int64_t
read_utf16(struct recode *recode, char *buffer, size_t size, struct error *reterr)
{
    size_t used = 0;
    while (size - used >= RECODE_POINT_BYTES) {
        if (recode->filled - recode->at < 4 && !recode->ended && fill(recode, reterr) != 0) {
            return -1;
        }
        size_t left = recode->filled - recode->at;
        if (left < 2) {
            if (left == 1) {
                buffer[used++] = (char)0xFF; /* half a unit: not UTF-8 */
                recode->at++;
            }
            break;
        }
        unsigned point = unit_at(recode, recode->at);
        recode->at += 2;
        if (point >= 0xD800 && point < 0xDC00 && left >= 4) {
            unsigned low = unit_at(recode, recode->at);
            if (low >= 0xDC00 && low < 0xE000) {
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                recode->at += 2;
            }
        }
        used += put_point(point, buffer + used);
    }
    return (int64_t)used;
}

int64_t
recode_read(struct recode *recode, void *buffer, size_t size, struct error *reterr)
{
    return recode->encoding == ENCODING_WINDOWS_1252
               ? read_windows_1252(recode, buffer, size, reterr)
               : read_utf16(recode, buffer, size, reterr);
}
