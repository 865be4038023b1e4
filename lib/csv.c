/*
 * The buffer holds [start, filled): what was read and not handed out. A row is first only looked at
 * (scan_row); when it turns out to be whole, quotes are undone and it is handed out. If the bytes
 * run out before its end, they are moved to the front, more are read behind them and the scan of
 * the row begins again.
 *
 * Bytes are looked at in blocks: two masks say which of a block end a cell (or are quotes) and
 * which are anything but plain text. Most cells are shorter than a block, and then found by bits.
 */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "limit.h"
#include "recode.h"

/* Asked of the source at once: what was just inflated is still in the cache when it is cut up. */
#define FILL_BYTES ((size_t)128 << 10)
/* What is left of a row that is not too long yet, and what is read behind it. */
#define BUFFER_BYTES (LIMIT_ROW_BYTES + FILL_BYTES + RECODE_POINT_BYTES)
_Static_assert(FILL_BYTES + RECODE_POINT_BYTES <= RECODE_BEGUN_MAX, "recode_start takes it all");
/* Bytes of a block: one bit of a mask each. It may go beyond the last byte. */
#define BLOCK_BYTES 64

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

    enum encoding encoding;
    struct recode *recode; /* of a file that is not UTF-8; NULL until one is met */

    struct csv_place place;
    struct error error; /* of the source */

    /* the row being scanned */
    struct text cells[LIMIT_COLUMNS];
    size_t count;
    size_t escaped[LIMIT_COLUMNS]; /* which of them have doubled quotes */
    size_t escaped_count;
    unsigned flags;
    uint64_t breaks; /* line feeds inside its cells */
    bool any_quoted;
    bool is_odd; /* a block before the last one has odd bytes of the row */

    /* the block looked at last: the bytes before block_end, which is the buffer if there is none */
    const char *block_end;
    uint64_t specials;
    uint64_t odds;
};

struct csv_reader *
csv_reader_new(void)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return NULL;
    }
    reader->buffer = calloc(1, BUFFER_BYTES + BLOCK_BYTES);
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
        recode_free(reader->recode);
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
    reader->block_end = reader->buffer;
    reader->begun = false;
    reader->encoding = ENCODING_UTF8;
    reader->wants_windows_1252 = false;
    reader->ended = false;
    reader->line = 1;
    reader->place = (struct csv_place){.fault = CSV_FAULT_NONE};
}

bool
csv_reader_is_utf16(const struct csv_reader *reader)
{
    return reader->encoding == ENCODING_UTF16_LITTLE || reader->encoding == ENCODING_UTF16_BIG;
}

void
csv_reader_take_windows_1252(struct csv_reader *reader)
{
    reader->wants_windows_1252 = true;
}

bool
csv_reader_is_windows_1252(const struct csv_reader *reader)
{
    return reader->encoding == ENCODING_WINDOWS_1252;
}

bool
csv_reader_seems_utf8(const struct csv_reader *reader)
{
    return csv_reader_is_windows_1252(reader) && recode_seems_utf8(reader->recode);
}

struct csv_place
csv_reader_place(const struct csv_reader *reader)
{
    return reader->place;
}

/*
 * Looks at the block from `p`. Special are comma, quote, carriage return and line feed; odd are the
 * other control characters and what is not ASCII.
 */
static void
look_at_block(struct csv_reader *reader, const char *p)
{
    uint64_t specials = 0;
    uint64_t odds = 0;
#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(',');
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i feed = _mm_set1_epi8('\n');
    const __m128i carriage = _mm_set1_epi8('\r');
    const __m128i space = _mm_set1_epi8(0x20);
    const __m128i delete = _mm_set1_epi8(0x7F);
    for (int at = 0; at < BLOCK_BYTES; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
        __m128i end = _mm_or_si128(_mm_cmpeq_epi8(bytes, feed), _mm_cmpeq_epi8(bytes, carriage));
        __m128i inner = _mm_or_si128(_mm_cmpeq_epi8(bytes, comma), _mm_cmpeq_epi8(bytes, quote));
        /* bytes over 0x7F are negative, so they are under 0x20 here as well */
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(bytes, space), _mm_cmpeq_epi8(bytes, delete));
        specials |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(end, inner)) << at;
        odds |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_andnot_si128(end, odd)) << at;
    }
#else
    for (int at = 0; at < BLOCK_BYTES; at++) {
        unsigned char c = (unsigned char)p[at];
        bool is_end = c == '\n' || c == '\r';
        specials |= (uint64_t)(is_end || c == ',' || c == '"') << at;
        odds |= (uint64_t)(!is_end && (c < 0x20 || c >= 0x7F)) << at;
    }
#endif
    reader->block_end = p + BLOCK_BYTES;
    reader->specials = specials;
    reader->odds = odds;
}

/* The bits of a mask from `p` on, which may lie before the block, and not behind it. */
static uint64_t
bits_from(const struct csv_reader *reader, uint64_t mask, const char *p)
{
    ptrdiff_t left = reader->block_end - p;
    return left >= BLOCK_BYTES ? mask : mask & UINT64_MAX << (BLOCK_BYTES - left);
}

/*
 * The first special byte in [p, end), or end. The row that is scanned began at or before `p`.
 *
 * @param bits  those of the block from `p` on; that of the byte that is returned is taken away
 */
static inline const char *
next_special(struct csv_reader *reader, uint64_t *bits, const char *p, const char *end)
{
    while (*bits == 0) {
        const char *row = reader->buffer + reader->start;
        const char *from = p > reader->block_end ? p : reader->block_end;
        if (from >= end) {
            return end;
        }
        if (row < reader->block_end && bits_from(reader, reader->odds, row) != 0) {
            reader->is_odd = true;
        }
        look_at_block(reader, from);
        *bits = reader->specials;
    }
    const char *special = reader->block_end - BLOCK_BYTES + __builtin_ctzll(*bits);
    *bits &= *bits - 1;
    return special < end ? special : end;
}

/* The special bytes of the block from `p` on; 0 when it ends before. */
static uint64_t
specials_from(const struct csv_reader *reader, const char *p)
{
    return p < reader->block_end ? bits_from(reader, reader->specials, p) : 0;
}

/* Whether a row without quotes, just scanned, is plain text; its line end is not looked at. */
static bool
is_plain(const struct csv_reader *reader, const char *row, const char *end)
{
    if (reader->is_odd || reader->any_quoted) {
        return false;
    }
    uint64_t odds = bits_from(reader, reader->odds, row);
    return (end < reader->block_end ? odds & ~bits_from(reader, UINT64_MAX, end) : odds) == 0;
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
 * Scans a quoted cell from *p_at, and leaves *p_at at the delimiter after it.
 * SCAN_ROW here means: a whole cell.
 */
static enum scan
scan_quoted(struct csv_reader *reader, const char **p_at, const char *end)
{
    const char *open = *p_at;
    const char *q = open + 1;
    bool escaped = false;
    reader->any_quoted = true;
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
    if (escaped) {
        reader->escaped[reader->escaped_count++] = reader->count;
    }
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

/* Scans one cell from *p_at likewise. @param bits as of next_special */
static inline enum scan
scan_cell(struct csv_reader *reader, uint64_t *bits, const char **p_at, const char *end)
{
    const char *p = *p_at;
    const char *q = next_special(reader, bits, p, end);
    if (q < end && *q == '"') {
        if (q == p) {
            enum scan scan = scan_quoted(reader, p_at, end);
            *bits = specials_from(reader, *p_at + 1);
            return scan;
        }
        reader->flags |= CSV_BARE_QUOTE;
        do {
            q = next_special(reader, bits, q + 1, end);
        } while (q < end && *q == '"');
    }
    if (q == end && !reader->ended) {
        return SCAN_MORE;
    }
    reader->cells[reader->count] = (struct text){p, (size_t)(q - p)};
    *p_at = q;
    return SCAN_ROW;
}

/* Goes over a line end at `p`, or the end of the file, to where the next row begins. */
static enum scan
scan_line_end(struct csv_reader *reader, const char *p, const char *end, const char **ret_next)
{
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

/* Scans one row from the start of the buffer; *ret_next is where the next one begins. */
static enum scan
scan_row(struct csv_reader *reader, const char **ret_next)
{
    const char *p = reader->buffer + reader->start;
    const char *end = reader->buffer + reader->filled;
    uint64_t bits = specials_from(reader, p);
    reader->count = 0;
    reader->flags = 0;
    reader->breaks = 0;
    reader->escaped_count = 0;
    reader->any_quoted = false;
    reader->is_odd = false;
    for (;; reader->count++, p++) {
        if (reader->count == LIMIT_COLUMNS) {
            return fault_at(reader, CSV_FAULT_COLUMNS, p);
        }
        const char *cell = p;
        enum scan scan = scan_cell(reader, &bits, &p, end);
        if (scan != SCAN_ROW) {
            return scan;
        }
        if (reader->cells[reader->count].size > LIMIT_FIELD_BYTES) {
            return fault_at(reader, CSV_FAULT_FIELD, cell);
        }
        if (p == end || *p != ',') {
            return scan_line_end(reader, p, end, ret_next);
        }
    }
}

/* Moves what is left to the front and reads more behind it. Returns 0, or -1 with the fault noted.
 */
static int
fill(struct csv_reader *reader)
{
    size_t left = reader->filled - reader->start;
    memmove(reader->buffer, reader->buffer + reader->start, left);
    reader->start = 0;
    reader->filled = left;
    reader->block_end = reader->buffer;
    while (!reader->ended && reader->filled - left < FILL_BYTES) {
        char *to = reader->buffer + reader->filled;
        size_t room = left + FILL_BYTES + RECODE_POINT_BYTES - reader->filled;
        int64_t got = reader->encoding == ENCODING_UTF8
                          ? reader->source(reader->context, to, room, &reader->error)
                          : recode_read(reader->recode, to, room, &reader->error);
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
begin_recoding(struct csv_reader *reader, enum encoding encoding, size_t mark)
{
    if (reader->recode == NULL && (reader->recode = recode_new()) == NULL) {
        (void)error_set(&reader->error, CAUSE_MEMORY, "converting to UTF-8");
        reader->place = (struct csv_place){CSV_FAULT_SOURCE, 1, 1};
        return -1;
    }
    reader->encoding = encoding;
    recode_start(reader->recode, encoding, reader->buffer + mark, reader->filled - mark,
                 reader->ended, reader->source, reader->context);
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
        return begin_recoding(reader, p[0] == '\xFE' ? ENCODING_UTF16_BIG : ENCODING_UTF16_LITTLE,
                              /* mark= */ 2);
    } else if (reader->wants_windows_1252) {
        return begin_recoding(reader, ENCODING_WINDOWS_1252, /* mark= */ 0);
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
    for (size_t at = 0; at < reader->escaped_count; at++) {
        struct text *cell = &reader->cells[reader->escaped[at]];
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
        unsigned flags =
            reader->flags | (is_plain(reader, row, row + end) ? 0 : flags_of(row, end));
        unescape(reader);
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
