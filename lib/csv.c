/*
 * The buffer holds [start, filled): what was read and not handed out. A row is first only looked at
 * (scan_row); when it turns out to be whole, quotes are undone and it is handed out. If the bytes
 * run out before its end, they are moved to the front, the buffer is filled up and the scan begins
 * again: the buffer is four times as long as a row may be, so that happens once a buffer.
 */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "limit.h"

#define BUFFER_BYTES (4 * (size_t)LIMIT_ROW_BYTES)
/* find_special looks at 16 bytes at once, so it may look beyond the last one. */
#define SLACK_BYTES 16
/* The longest a code point gets in UTF-8. */
#define POINT_BYTES 4

enum conversion { CONVERT_NOTHING, CONVERT_UTF16_LITTLE, CONVERT_UTF16_BIG, CONVERT_WINDOWS_1252 };

enum scan {
    SCAN_ROW,  /* a whole row */
    SCAN_MORE, /* the bytes ran out */
    SCAN_FAULT
};

struct csv_reader {
    csv_source_fn source;
    void *context;
    char *buffer;
    size_t start;
    size_t filled;
    bool begun;    /* the byte order mark was looked for */
    bool ended;    /* the source has no more */
    uint64_t line; /* of buffer[start] */

    bool wants_windows_1252;

    /* bytes of a file that is not UTF-8 that wait to be converted */
    enum conversion conversion;
    unsigned char *raw; /* NULL until one is met */
    size_t raw_at;
    size_t raw_filled;
    bool raw_ended;

    struct csv_place place;
    struct error error; /* of the source */

    /* the row being scanned */
    struct text cells[LIMIT_COLUMNS];
    bool escaped[LIMIT_COLUMNS]; /* has doubled quotes */
    size_t count;
    unsigned flags;
    uint64_t breaks; /* line feeds inside its cells */
    bool any_escaped;
};

struct csv_reader *
csv_reader_new(void)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return NULL;
    }
    reader->buffer = calloc(1, BUFFER_BYTES + SLACK_BYTES);
    if (reader->buffer == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

void
csv_reader_free(struct csv_reader *reader)
{
    if (reader != NULL) {
        free(reader->buffer);
        free(reader->raw);
        free(reader);
    }
}

void
csv_reader_start(struct csv_reader *reader, csv_source_fn source, void *context)
{
    reader->source = source;
    reader->context = context;
    reader->start = 0;
    reader->filled = 0;
    reader->begun = false;
    reader->conversion = CONVERT_NOTHING;
    reader->wants_windows_1252 = false;
    reader->ended = false;
    reader->line = 1;
    reader->place = (struct csv_place){.fault = CSV_FAULT_NONE};
}

bool
csv_reader_is_utf16(const struct csv_reader *reader)
{
    return reader->conversion == CONVERT_UTF16_LITTLE || reader->conversion == CONVERT_UTF16_BIG;
}

void
csv_reader_take_windows_1252(struct csv_reader *reader)
{
    reader->wants_windows_1252 = true;
}

bool
csv_reader_is_windows_1252(const struct csv_reader *reader)
{
    return reader->conversion == CONVERT_WINDOWS_1252;
}

struct csv_place
csv_reader_place(const struct csv_reader *reader)
{
    return reader->place;
}

/* The first comma, quote, carriage return or line feed in [p, end), or end. */
static const char *
find_special(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(',');
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i feed = _mm_set1_epi8('\n');
    const __m128i carriage = _mm_set1_epi8('\r');
    while (p < end) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hit = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(block, comma), _mm_cmpeq_epi8(block, quote)),
            _mm_or_si128(_mm_cmpeq_epi8(block, feed), _mm_cmpeq_epi8(block, carriage)));
        int mask = _mm_movemask_epi8(hit);
        if (mask != 0) {
            p += __builtin_ctz((unsigned)mask);
            return p < end ? p : end;
        }
        p += 16;
    }
    return end;
#else
    while (p < end && *p != ',' && *p != '"' && *p != '\n' && *p != '\r') {
        p++;
    }
    return p;
#endif
}

/* Notes a fault at `p`, in the cell being scanned. */
static enum scan
fault_at(struct csv_reader *reader, enum csv_fault fault, const char *p)
{
    uint64_t line = reader->line;
    const char *from = reader->buffer + reader->start;
    while (from < p && (from = memchr(from, '\n', (size_t)(p - from))) != NULL) {
        line++;
        from++;
    }
    reader->place = (struct csv_place){fault, line, reader->count + 1};
    return SCAN_FAULT;
}

/*
 * Scans one cell from *p_at, and leaves *p_at at the delimiter after it.
 * SCAN_ROW here means: a whole cell.
 */
static enum scan
scan_quoted(struct csv_reader *reader, const char **p_at, const char *end)
{
    const char *open = *p_at;
    const char *q = open + 1;
    bool escaped = false;
    for (;;) {
        q = memchr(q, '"', (size_t)(end - q));
        if (q == NULL) {
            return reader->ended ? fault_at(reader, CSV_FAULT_UNCLOSED, open) : SCAN_MORE;
        }
        if (q + 1 == end) {
            if (!reader->ended) {
                return SCAN_MORE;
            }
            break;
        }
        if (q[1] != '"') {
            break;
        }
        escaped = true;
        q += 2;
    }
    reader->cells[reader->count] = (struct text){open + 1, (size_t)(q - open - 1)};
    reader->escaped[reader->count] = escaped;
    reader->any_escaped |= escaped;
    *p_at = q + 1;
    if (q + 1 < end && q[1] != ',' && q[1] != '\n' && q[1] != '\r') {
        return fault_at(reader, CSV_FAULT_AFTER_QUOTE, q + 1);
    }
    const char *feed = open + 1;
    while ((feed = memchr(feed, '\n', (size_t)(q - feed))) != NULL) {
        reader->flags |= CSV_LINE_BREAK;
        reader->breaks++;
        feed++;
    }
    return SCAN_ROW;
}

static enum scan
scan_bare(struct csv_reader *reader, const char **p_at, const char *end)
{
    const char *q = find_special(*p_at, end);
    while (q < end && *q == '"') {
        reader->flags |= CSV_BARE_QUOTE;
        q = find_special(q + 1, end);
    }
    if (q == end && !reader->ended) {
        return SCAN_MORE;
    }
    reader->cells[reader->count] = (struct text){*p_at, (size_t)(q - *p_at)};
    reader->escaped[reader->count] = false;
    *p_at = q;
    return SCAN_ROW;
}

/* Scans one row from the start of the buffer; *ret_next is where the next one begins. */
static enum scan
scan_row(struct csv_reader *reader, const char **ret_next)
{
    const char *p = reader->buffer + reader->start;
    const char *end = reader->buffer + reader->filled;
    reader->count = 0;
    reader->flags = 0;
    reader->breaks = 0;
    reader->any_escaped = false;
    for (;;) {
        if (reader->count == LIMIT_COLUMNS) {
            return fault_at(reader, CSV_FAULT_COLUMNS, p);
        }
        if (p == end && !reader->ended) {
            return SCAN_MORE;
        }
        const char *cell = p;
        enum scan scan =
            p < end && *p == '"' ? scan_quoted(reader, &p, end) : scan_bare(reader, &p, end);
        if (scan != SCAN_ROW) {
            return scan;
        }
        if (reader->cells[reader->count].size > LIMIT_FIELD_BYTES) {
            return fault_at(reader, CSV_FAULT_FIELD, cell);
        }
        if (p < end && *p == ',') {
            reader->count++;
            p++;
            continue;
        }
        if (p < end && *p == '\r') {
            if (p + 1 == end && !reader->ended) {
                return SCAN_MORE;
            }
            if (p + 1 < end && p[1] != '\n') {
                return fault_at(reader, CSV_FAULT_BARE_CR, p);
            }
            p++;
        }
        reader->count++;
        *ret_next = p < end ? p + 1 : end;
        return SCAN_ROW;
    }
}

static unsigned
unit_at(const struct csv_reader *reader, size_t at)
{
    const unsigned char *p = reader->raw + at;
    return reader->conversion == CONVERT_UTF16_BIG ? (unsigned)p[0] << 8 | p[1]
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
fill_raw(struct csv_reader *reader)
{
    size_t left = reader->raw_filled - reader->raw_at;
    memmove(reader->raw, reader->raw + reader->raw_at, left);
    reader->raw_at = 0;
    reader->raw_filled = left;
    while (!reader->raw_ended && reader->raw_filled < BUFFER_BYTES) {
        int64_t got = reader->source(reader->context, reader->raw + reader->raw_filled,
                                     BUFFER_BYTES - reader->raw_filled, &reader->error);
        if (got < 0) {
            return -1;
        }
        reader->raw_ended = got == 0;
        reader->raw_filled += (size_t)got;
    }
    return 0;
}

/* What Windows-1252 has at 0x80 to 0x9F; 0: nothing. */
static const unsigned short windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* A source of UTF-8 over one of Windows-1252. @param size at least POINT_BYTES */
static int64_t
convert_windows_1252(struct csv_reader *reader, char *buffer, size_t size)
{
    size_t used = 0;
    while (size - used >= POINT_BYTES) {
        if (reader->raw_at == reader->raw_filled && (reader->raw_ended || fill_raw(reader) != 0)) {
            return reader->raw_ended ? (int64_t)used : -1;
        }
        if (reader->raw_at == reader->raw_filled) {
            break;
        }
        unsigned byte = reader->raw[reader->raw_at++];
        unsigned point = byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
        if (point == 0 && byte != 0) {
            buffer[used++] = (char)byte;
        } else {
            used += put_point(point, buffer + used);
        }
    }
    return (int64_t)used;
}

/* A source of UTF-8 over one of UTF-16. @param size at least POINT_BYTES */
static int64_t
convert_utf16(struct csv_reader *reader, char *buffer, size_t size)
{
    size_t used = 0;
    while (size - used >= POINT_BYTES) {
        if (reader->raw_filled - reader->raw_at < 4 && !reader->raw_ended &&
            fill_raw(reader) != 0) {
            return -1;
        }
        size_t left = reader->raw_filled - reader->raw_at;
        if (left < 2) {
            if (left == 1) {
                buffer[used++] = (char)0xFF; /* half a unit: not UTF-8 */
                reader->raw_at++;
            }
            break;
        }
        unsigned point = unit_at(reader, reader->raw_at);
        reader->raw_at += 2;
        if (point >= 0xD800 && point < 0xDC00 && left >= 4) {
            unsigned low = unit_at(reader, reader->raw_at);
            if (low >= 0xDC00 && low < 0xE000) {
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                reader->raw_at += 2;
            }
        }
        used += put_point(point, buffer + used);
    }
    return (int64_t)used;
}

/* Moves what is left to the front and fills the buffer up. Returns 0, or -1 with the fault noted.
 */
static int
fill(struct csv_reader *reader)
{
    size_t left = reader->filled - reader->start;
    memmove(reader->buffer, reader->buffer + reader->start, left);
    reader->start = 0;
    reader->filled = left;
    while (!reader->ended && BUFFER_BYTES - reader->filled >= POINT_BYTES) {
        char *to = reader->buffer + reader->filled;
        size_t room = BUFFER_BYTES - reader->filled;
        int64_t got = 0;
        switch (reader->conversion) {
        case CONVERT_NOTHING:
            got = reader->source(reader->context, to, room, &reader->error);
            break;
        case CONVERT_WINDOWS_1252:
            got = convert_windows_1252(reader, to, room);
            break;
        default:
            got = convert_utf16(reader, to, room);
        }
        if (got < 0) {
            reader->place = (struct csv_place){CSV_FAULT_SOURCE, reader->line, 1};
            return -1;
        }
        reader->ended = got == 0;
        reader->filled += (size_t)got;
    }
    return 0;
}

/* Begins to convert: what was read so far has to go through it too. */
static int
begin_conversion(struct csv_reader *reader, enum conversion conversion, size_t mark)
{
    if (reader->raw == NULL && (reader->raw = malloc(BUFFER_BYTES)) == NULL) {
        (void)error_set(&reader->error, CAUSE_MEMORY, "converting to UTF-8");
        reader->place = (struct csv_place){CSV_FAULT_SOURCE, 1, 1};
        return -1;
    }
    reader->conversion = conversion;
    reader->raw_at = 0;
    reader->raw_filled = reader->filled - mark;
    reader->raw_ended = reader->ended;
    memcpy(reader->raw, reader->buffer + mark, reader->raw_filled);
    reader->filled = 0;
    reader->ended = false;
    return fill(reader);
}

/* Skips the mark of UTF-8; that of UTF-16 says that the file has to be converted. */
static int
begin(struct csv_reader *reader)
{
    reader->begun = true;
    const char *p = reader->buffer;
    if (reader->filled >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        reader->start = 3;
    } else if (reader->filled >= 2 &&
               (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) {
        return begin_conversion(reader, p[0] == '\xFE' ? CONVERT_UTF16_BIG : CONVERT_UTF16_LITTLE,
                                /* mark= */ 2);
    } else if (reader->wants_windows_1252) {
        return begin_conversion(reader, CONVERT_WINDOWS_1252, /* mark= */ 0);
    }
    return 0;
}

static int
fail(struct csv_reader *reader, struct error *reterr)
{
    static const struct {
        enum cause cause;
        const char *text;
    } faults[CSV_FAULT_COUNT] = {
        [CSV_FAULT_UNCLOSED] = {CAUSE_ROSTER_CSV, "a quoted cell is never closed"},
        [CSV_FAULT_AFTER_QUOTE] = {CAUSE_ROSTER_CSV, "text follows a closing quote"},
        [CSV_FAULT_BARE_CR] = {CAUSE_ROSTER_CSV, "a carriage return without a line feed"},
        [CSV_FAULT_COLUMNS] = {CAUSE_ROSTER_LIMIT, "a row has too many cells"},
        [CSV_FAULT_FIELD] = {CAUSE_ROSTER_LIMIT, "a cell is too long"},
        [CSV_FAULT_ROW] = {CAUSE_ROSTER_LIMIT, "a row is too long"},
    };
    struct csv_place place = reader->place;
    if (place.fault == CSV_FAULT_SOURCE) {
        if (reterr != NULL) {
            *reterr = reader->error;
        }
        return -1;
    }
    return error_set(reterr, faults[place.fault].cause, "line %llu, cell %zu: %s",
                     (unsigned long long)place.line, place.column, faults[place.fault].text);
}

/* Puts one quote where two stand. */
static void
unescape(struct csv_reader *reader)
{
    for (size_t at = 0; at < reader->count; at++) {
        if (!reader->escaped[at]) {
            continue;
        }
        struct text *cell = &reader->cells[at];
        char *to = reader->buffer + (cell->data - reader->buffer);
        const char *from = cell->data;
        const char *end = cell->data + cell->size;
        while (from < end) {
            const char *quote = memchr(from, '"', (size_t)(end - from));
            size_t size = quote == NULL ? (size_t)(end - from) : (size_t)(quote - from) + 1;
            memmove(to, from, size);
            to += size;
            from += size + (quote != NULL); /* over the second of the pair */
        }
        cell->size = (size_t)(to - cell->data);
    }
}

/* What the bytes of the row say; the line end belongs to it. */
static unsigned
flags_of(const char *data, size_t size)
{
    unsigned scan = text_scan(data, size);
    return ((scan & TEXT_NOT_UTF8) != 0 ? (unsigned)CSV_NOT_UTF8 : 0) |
           ((scan & TEXT_HAS_NUL) != 0 ? (unsigned)CSV_HAS_NUL : 0) |
           ((scan & TEXT_NOT_ASCII) != 0 ? (unsigned)CSV_NOT_ASCII : 0) |
           ((scan & TEXT_HAS_CONTROL) != 0 ? (unsigned)CSV_HAS_CONTROL : 0);
}

/* Finds the next row, filling the buffer as needed: 1, 0 at the end, -1 with the fault noted. */
static int
find_row(struct csv_reader *reader, const char **ret_next)
{
    for (;;) {
        if (reader->start < reader->filled) {
            enum scan scan = scan_row(reader, ret_next);
            const char *row = reader->buffer + reader->start;
            bool whole = scan == SCAN_ROW;
            size_t size = whole ? (size_t)(*ret_next - row) : reader->filled - reader->start;
            if (scan == SCAN_FAULT) {
                return -1;
            }
            if (size > LIMIT_ROW_BYTES) {
                reader->count = 0;
                (void)fault_at(reader, CSV_FAULT_ROW, row);
                return -1;
            }
            if (whole) {
                return 1;
            }
        } else if (reader->ended) {
            return 0;
        }
        if (fill(reader) != 0 || (!reader->begun && begin(reader) != 0)) {
            return -1;
        }
    }
}

int
csv_reader_next(struct csv_reader *reader, struct csv_row *ret_row, struct error *reterr)
{
    if (reader->place.fault != CSV_FAULT_NONE) {
        return fail(reader, reterr);
    }
    for (;;) {
        const char *next = NULL;
        int found = find_row(reader, &next);
        if (found <= 0) {
            return found == 0 ? 0 : fail(reader, reterr);
        }
        const char *row = reader->buffer + reader->start;
        uint64_t line = reader->line;
        size_t size = (size_t)(next - row);
        reader->start += size;
        reader->line += 1 + reader->breaks;
        if (reader->count == 1 && (*row == '\n' || *row == '\r')) {
            continue; /* an empty line */
        }
        /* the line end is left out of the look: it is no control character of a cell */
        size_t end = size;
        while (end > 0 && (row[end - 1] == '\n' || row[end - 1] == '\r')) {
            end--;
        }
        unsigned flags = reader->flags | flags_of(row, end);
        if (reader->any_escaped) {
            unescape(reader);
        }
        *ret_row = (struct csv_row){line, flags, reader->count, reader->cells};
        return 1;
    }
}

bool
csv_row_is_blank(const struct csv_row *row)
{
    for (size_t at = 0; at < row->count; at++) {
        if (text_trim(row->cells[at]).size > 0) {
            return false;
        }
    }
    return true;
}
