/*
 * The buffer holds [start, filled): what was read and not handed out. A row is first only looked at
 * (scan_row); when it turns out to be whole, quotes are undone and it is handed out. If the bytes
 * run out before its end, they are moved to the front, the buffer is filled up and the scan begins
 * again: the buffer is four times as long as a row may be, so that happens once a buffer.
 */
#include "csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "limit.h"

#define BUFFER_BYTES (4 * (size_t)LIMIT_ROW_BYTES)
/* find_special looks at 16 bytes at once, so it may look beyond the last one. */
#define SLACK_BYTES 16

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
    reader->ended = false;
    reader->line = 1;
    reader->place = (struct csv_place){.fault = CSV_FAULT_NONE};
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

/* Moves what is left to the front and fills the buffer up. Returns 0, or -1 with the fault noted.
 */
static int
fill(struct csv_reader *reader)
{
    size_t left = reader->filled - reader->start;
    memmove(reader->buffer, reader->buffer + reader->start, left);
    reader->start = 0;
    reader->filled = left;
    while (!reader->ended && reader->filled < BUFFER_BYTES) {
        int64_t got = reader->source(reader->context, reader->buffer + reader->filled,
                                     BUFFER_BYTES - reader->filled, &reader->error);
        if (got < 0) {
            reader->place = (struct csv_place){CSV_FAULT_SOURCE, reader->line, 1};
            return -1;
        }
        reader->ended = got == 0;
        reader->filled += (size_t)got;
    }
    return 0;
}

/* Skips the mark of UTF-8, refuses those of UTF-16. */
static int
begin(struct csv_reader *reader)
{
    reader->begun = true;
    const char *p = reader->buffer;
    if (reader->filled >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        reader->start = 3;
    } else if (reader->filled >= 2 &&
               (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) {
        reader->place = (struct csv_place){CSV_FAULT_UTF16, 1, 1};
        return -1;
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
        [CSV_FAULT_UTF16] = {CAUSE_ROSTER_ENCODING, "the file is UTF-16, not UTF-8"},
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
