/* The CSV reader: RFC 4180, what is taken besides, what is refused and where, the limits. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"

/* A source that gives at most `step` bytes at once. */
struct pieces {
    const char *data;
    size_t size;
    size_t at;
    size_t step;
    bool fails; /* at the end */
};

static int64_t
give_piece(void *context, void *buffer, size_t size, struct error *reterr)
{
    struct pieces *pieces = context;
    size_t left = pieces->size - pieces->at;
    size_t count = left < size ? left : size;
    count = count < pieces->step ? count : pieces->step;
    if (count == 0 && pieces->fails) {
        return error_set(reterr, CAUSE_ZIP_DAMAGED, "checksum");
    }
    memcpy(buffer, pieces->data + pieces->at, count);
    pieces->at += count;
    return (int64_t)count;
}

static struct csv_reader *reader;
static struct pieces pieces;

static int
set_up(void **state)
{
    (void)state;
    reader = csv_reader_new();
    return reader == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)state;
    csv_reader_free(reader);
    return 0;
}

static void
start(const char *data, size_t size, size_t step)
{
    pieces = (struct pieces){.data = data, .size = size, .step = step};
    csv_reader_start(reader, give_piece, &pieces);
}

/* The next row, its cells joined by '|' and bracketed: "3:[a|b]" for line 3. */
static void
expect_row(uint64_t line, const char *joined, unsigned flags)
{
    struct csv_row row;
    struct error error;
    assert_int_equal(csv_reader_next(reader, &row, &error), 1);
    char text[256] = "";
    size_t used = 0;
    for (size_t at = 0; at < row.count; at++) {
        assert_true(used + row.cells[at].size + 2 < sizeof text);
        if (at > 0) {
            text[used++] = '|';
        }
        memcpy(text + used, row.cells[at].data, row.cells[at].size);
        used += row.cells[at].size;
    }
    text[used] = '\0';
    assert_string_equal(text, joined);
    assert_int_equal(row.line, line);
    assert_int_equal(row.flags, flags);
}

static void
expect_end(void)
{
    struct csv_row row;
    struct error error;
    assert_int_equal(csv_reader_next(reader, &row, &error), 0);
    assert_int_equal(csv_reader_next(reader, &row, &error), 0);
}

static void
expect_fault(enum csv_fault fault, uint64_t line, size_t column, enum cause cause)
{
    struct csv_row row;
    struct error error;
    for (int again = 0; again < 2; again++) { /* it stays */
        assert_int_equal(csv_reader_next(reader, &row, &error), -1);
        assert_int_equal(error.cause, cause);
        assert_int_equal(csv_reader_place(reader).fault, fault);
        assert_int_equal(csv_reader_place(reader).line, line);
        assert_int_equal(csv_reader_place(reader).column, column);
    }
}

#define START(literal, step) start((literal), sizeof(literal) - 1, (step))

static void
test_rows_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBFid,name\r\n1,\"Ross, Bob\"\n\n2,\"say \"\"hi\"\"\"\r\n"
                               "3,\"two\nlines\"\n\"\",\r\n,\n\"4\",last";
    for (size_t step = 1; step <= sizeof text; step++) {
        START(text, step);
        expect_row(1, "id|name", 0);
        expect_row(2, "1|Ross, Bob", 0);
        expect_row(4, "2|say \"hi\"", 0);
        expect_row(5, "3|two\nlines", CSV_LINE_BREAK | CSV_HAS_CONTROL);
        expect_row(7, "|", 0);
        expect_row(8, "|", 0);
        expect_row(9, "4|last", 0);
        expect_end();
    }
}

/* Only where it is asked for, and not against a byte order mark. */
static void
test_windows_1252(void **state)
{
    (void)state;
    static const char text[] = "a,\xE9\x80\n\x93q\x94,\"\xFC\"\n\x81,b\n";
    for (size_t step = 1; step <= sizeof text; step++) {
        start(text, sizeof text - 1, step);
        csv_reader_take_windows_1252(reader);
        expect_row(1, "a|\xC3\xA9\xE2\x82\xAC", CSV_NOT_ASCII);
        assert_true(csv_reader_is_windows_1252(reader));
        expect_row(2, "\xE2\x80\x9Cq\xE2\x80\x9D|\xC3\xBC", CSV_NOT_ASCII);
        expect_row(3, "\x81|b", CSV_NOT_ASCII | CSV_NOT_UTF8);
        expect_end();
    }
    START("\xEF\xBB\xBF\xC3\xA9\n", 4);
    csv_reader_take_windows_1252(reader);
    expect_row(1, "\xC3\xA9", CSV_NOT_ASCII);
    assert_false(csv_reader_is_windows_1252(reader));
    START("\xE9\n", 1);
    expect_row(1, "\xE9", CSV_NOT_ASCII | CSV_NOT_UTF8);
}

/* Both byte orders, in pieces of any size; half pairs and half units come out as no UTF-8. */
static void
test_utf16(void **state)
{
    (void)state;
    static const char text[] =
        "\xFE\xFF\0a\0,\0\xE9\x20\xAC\0\n\xD8\x3D\xDE\x00\0,\0b\0\n\xD8\x3D\0,"
        "\0c\0\n\xDE\0\0\n\0d\0";
    char swapped[sizeof text];
    for (size_t at = 0; at + 1 < sizeof text; at += 2) {
        swapped[at] = text[at + 1];
        swapped[at + 1] = text[at];
    }
    swapped[sizeof text - 2] = 'd';
    for (size_t step = 1; step <= sizeof text; step++) {
        for (int little = 0; little < 2; little++) {
            start(little ? swapped : text, sizeof text - 1, step);
            expect_row(1, "a|\xC3\xA9\xE2\x82\xAC", CSV_NOT_ASCII);
            assert_true(csv_reader_is_utf16(reader));
            expect_row(2, "\xF0\x9F\x98\x80|b", CSV_NOT_ASCII);
            expect_row(3, "\xED\xA0\xBD|c", CSV_NOT_ASCII | CSV_NOT_UTF8);
            expect_row(4, "\xED\xB8\x80", CSV_NOT_ASCII | CSV_NOT_UTF8);
            expect_row(5, "d\xFF", CSV_NOT_ASCII | CSV_NOT_UTF8);
            expect_end();
        }
    }
    START("a\n", 1);
    expect_row(1, "a", 0);
    assert_false(csv_reader_is_utf16(reader));
    START("\xFF\xFE", 1);
    expect_end();
}

static void
test_ends_of_files(void **state)
{
    (void)state;
    START("", 1);
    expect_end();
    START("\xEF\xBB\xBF", 1);
    expect_end();
    START("\r\n\n", 1);
    expect_end();
    START("a,", 1);
    expect_row(1, "a|", 0);
    expect_end();
    START("a,\"b\"", 1);
    expect_row(1, "a|b", 0);
    expect_end();
    START("a\r", 1);
    expect_row(1, "a", 0);
    expect_end();
}

static void
test_flags(void **state)
{
    (void)state;
    START("5' 2\",x\n\xC3\xA9,y\n\xFF,z\na\0b\nt\tb\n\xED\xA0\x80\n", 100);
    expect_row(1, "5' 2\"|x", CSV_BARE_QUOTE);
    expect_row(2, "\xC3\xA9|y", CSV_NOT_ASCII);
    expect_row(3, "\xFF|z", CSV_NOT_ASCII | CSV_NOT_UTF8);
    expect_row(4, "a", CSV_HAS_NUL | CSV_HAS_CONTROL);
    expect_row(5, "t\tb", CSV_HAS_CONTROL);
    expect_row(6, "\xED\xA0\x80", CSV_NOT_ASCII | CSV_NOT_UTF8); /* a surrogate */
    expect_end();
}

static void
test_faults_say_where(void **state)
{
    (void)state;
    START("a,b\n1,\"x\ny\n", 3);
    expect_row(1, "a|b", 0);
    expect_fault(CSV_FAULT_UNCLOSED, 2, 2, CAUSE_ROSTER_CSV);
    START("a\n\"two\nlines\",\"x\" y\n", 3);
    expect_row(1, "a", 0);
    expect_fault(CSV_FAULT_AFTER_QUOTE, 3, 2, CAUSE_ROSTER_CSV);
    START("a,b\rc\n", 3);
    expect_fault(CSV_FAULT_BARE_CR, 1, 2, CAUSE_ROSTER_CSV);
    START("\"a\"\rb\n", 3);
    expect_fault(CSV_FAULT_BARE_CR, 1, 1, CAUSE_ROSTER_CSV);
    START("a\n", 1);
    pieces.fails = true;
    /* the buffer is filled before the first row is looked at, so nothing of it is handed out */
    expect_fault(CSV_FAULT_SOURCE, 1, 1, CAUSE_ZIP_DAMAGED);
}

/* A row of `cells` cells of `size` bytes each, with its line end. */
static char *
make_row(size_t cells, size_t size, size_t *ret_size)
{
    char *data = malloc(cells * (size + 1));
    assert_non_null(data);
    memset(data, 'x', cells * (size + 1));
    for (size_t cell = 0; cell < cells; cell++) {
        data[(cell + 1) * (size + 1) - 1] = cell + 1 == cells ? '\n' : ',';
    }
    *ret_size = cells * (size + 1);
    return data;
}

static void
expect_limit(size_t cells, size_t size, enum csv_fault fault)
{
    struct csv_row row;
    struct error error;
    size_t length = 0;
    char *data = make_row(cells, size, &length);
    start(data, length, SIZE_MAX);
    int got = csv_reader_next(reader, &row, &error);
    if (fault == CSV_FAULT_NONE) {
        assert_int_equal(got, 1);
        assert_int_equal(row.count, cells);
        expect_end();
    } else {
        assert_int_equal(got, -1);
        assert_int_equal(error.cause, CAUSE_ROSTER_LIMIT);
        assert_int_equal(csv_reader_place(reader).fault, fault);
    }
    free(data);
}

static void
test_limits(void **state)
{
    (void)state;
    expect_limit(LIMIT_COLUMNS, 1, CSV_FAULT_NONE);
    expect_limit(LIMIT_COLUMNS + 1, 1, CSV_FAULT_COLUMNS);
    expect_limit(1, LIMIT_FIELD_BYTES, CSV_FAULT_NONE);
    expect_limit(1, LIMIT_FIELD_BYTES + 1, CSV_FAULT_FIELD);
    expect_limit(8, LIMIT_ROW_BYTES / 8 - 1, CSV_FAULT_NONE);
    expect_limit(8, LIMIT_ROW_BYTES / 8, CSV_FAULT_ROW);
}

static void
test_an_open_quote_reaches_no_further_than_a_row(void **state)
{
    (void)state;
    size_t size = 8 * (size_t)LIMIT_ROW_BYTES;
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, 'x', size);
    data[0] = '"';
    start(data, size, 4096);
    expect_fault(CSV_FAULT_ROW, 1, 1, CAUSE_ROSTER_LIMIT);
    free(data);
}

/* Rows that lie over the edges of the buffer come out whole. */
static void
test_long_files(void **state)
{
    (void)state;
    size_t rows = 60000;
    size_t size = 0;
    char *data = malloc(rows * 64);
    assert_non_null(data);
    for (size_t row = 0; row < rows; row++) {
        size += (size_t)snprintf(data + size, 64, "%zu,\"a \"\"%zu\"\" b\",%.*s\n", row, row * row,
                                 (int)(row % 23), "abcdefghijklmnopqrstuvwxyz");
    }
    start(data, size, 7919);
    for (size_t row = 0; row < rows; row++) {
        struct csv_row got;
        struct error error;
        char quoted[64];
        assert_int_equal(csv_reader_next(reader, &got, &error), 1);
        assert_int_equal(got.line, row + 1);
        assert_int_equal(got.count, 3);
        size_t length = (size_t)snprintf(quoted, sizeof quoted, "a \"%zu\" b", row * row);
        assert_int_equal(got.cells[1].size, length);
        assert_memory_equal(got.cells[1].data, quoted, length);
        assert_int_equal(got.cells[2].size, row % 23);
    }
    expect_end();
    free(data);
}

/* A second reader, of one byte at a time: what the one with the masks is held against. */
struct naive {
    const char *data;
    size_t size;
    size_t at;
    uint64_t line; /* of the row */
    uint64_t next; /* of the one behind it */
    size_t count;
    char cells[64][1024];
    size_t sizes[64];
    unsigned flags;
    enum csv_fault fault;
    uint64_t fault_line;
};

static bool
naive_fails(struct naive *naive, enum csv_fault fault, uint64_t line)
{
    naive->fault = fault;
    naive->fault_line = line;
    return false;
}

/* Reads a cell and what ends it, which is returned: ',', '\n' or 0 for the end of the file. */
static bool
naive_cell(struct naive *naive, int *ret_end)
{
    uint64_t *line = &naive->next;
    bool quoted = naive->at < naive->size && naive->data[naive->at] == '"';
    uint64_t began = *line;
    char *cell = naive->cells[naive->count];
    size_t *size = &naive->sizes[naive->count++];
    *size = 0;
    for (naive->at += quoted; naive->at < naive->size;) {
        char c = naive->data[naive->at++];
        char next = naive->at < naive->size ? naive->data[naive->at] : '\n';
        if (quoted && c == '"' && next == '"' && naive->at < naive->size) {
            naive->at++;
        } else if (quoted && c == '"') {
            quoted = false;
            if (next != ',' && next != '\n' && next != '\r') {
                return naive_fails(naive, CSV_FAULT_AFTER_QUOTE, *line);
            }
            continue;
        } else if (!quoted && (c == ',' || c == '\n')) {
            *line += c == '\n';
            *ret_end = c;
            return true;
        } else if (!quoted && c == '\r') {
            if (next != '\n') {
                return naive_fails(naive, CSV_FAULT_BARE_CR, *line);
            }
            continue;
        } else if (!quoted && c == '"') {
            naive->flags |= CSV_BARE_QUOTE;
        } else if (c == '\n') {
            naive->flags |= CSV_LINE_BREAK | CSV_HAS_CONTROL;
            ++*line;
        } else if ((unsigned char)c >= 0x80) {
            naive->flags |= CSV_NOT_ASCII;
        } else if (c < 0x20 || c == 0x7F) {
            naive->flags |= CSV_HAS_CONTROL | (c == 0 ? CSV_HAS_NUL : 0u);
        }
        cell[(*size)++] = c;
    }
    *ret_end = 0;
    return !quoted || naive_fails(naive, CSV_FAULT_UNCLOSED, began);
}

/* The next row that is not an empty line. */
static bool
naive_row(struct naive *naive)
{
    int end = 0;
    for (;;) {
        if (naive->at == naive->size) {
            return false;
        }
        naive->line = naive->next;
        naive->count = 0;
        naive->flags = 0;
        size_t begin = naive->at;
        do {
            if (!naive_cell(naive, &end)) {
                return false;
            }
        } while (end == ',');
        if (naive->data[begin] != '\n' && naive->data[begin] != '\r') {
            return true;
        }
    }
}

static void
expect_as_naive(const char *data, size_t size, size_t step)
{
    static struct naive naive;
    naive = (struct naive){.data = data, .size = size, .next = 1};
    struct csv_row row;
    struct error error;
    int got = 0;
    start(data, size, step);
    while ((got = csv_reader_next(reader, &row, &error)) == 1) {
        assert_true(naive_row(&naive));
        assert_int_equal(row.line, naive.line);
        assert_int_equal(row.flags, naive.flags);
        assert_int_equal(row.count, naive.count);
        for (size_t at = 0; at < row.count; at++) {
            assert_int_equal(row.cells[at].size, naive.sizes[at]);
            assert_memory_equal(row.cells[at].data, naive.cells[at], naive.sizes[at]);
        }
    }
    assert_false(naive_row(&naive));
    assert_int_equal(csv_reader_place(reader).fault, naive.fault);
    if (got < 0) {
        assert_int_equal(csv_reader_place(reader).line, naive.fault_line);
    }
}

/* Texts of what decides, at every place of a block, in pieces of any size. */
static void
test_a_naive_reader_says_the_same(void **state)
{
    (void)state;
    static const char *const parts[] = {",",
                                        ",",
                                        "\n",
                                        "\r\n",
                                        "\n\"",
                                        "\"",
                                        "\",",
                                        ",\"",
                                        "\"\"",
                                        "\r",
                                        "\t",
                                        "x\x7F",
                                        "ä",
                                        "abc",
                                        "a b",
                                        "0123",
                                        "é,",
                                        "longer",
                                        "some text that goes on"};
    const unsigned count = sizeof parts / sizeof parts[0];
    unsigned number = 1;
    for (int round = 0; round < 60000; round++) {
        char text[1024];
        size_t size = 0;
        /* few of the parts a text, so that most come to their end */
        unsigned from = (unsigned)round % count;
        unsigned width = 2 + (unsigned)round % 7 * 3;
        for (int part = 0; part < round % 50; part++) {
            number = number * 1664525u + 1013904223u;
            const char *word = parts[(from + (number >> 16) % width) % count];
            memcpy(text + size, word, strlen(word));
            size += strlen(word);
        }
        if (round % 5 == 0 && size > 0 && text[size / 2] == 'o') {
            text[size / 2] = '\0';
        }
        expect_as_naive(text, size, round % 3 == 0 ? 1 + (size_t)round % 70 : SIZE_MAX);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_in_pieces_of_any_size),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_windows_1252),
        cmocka_unit_test(test_ends_of_files),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_faults_say_where),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_an_open_quote_reaches_no_further_than_a_row),
        cmocka_unit_test(test_long_files),
        cmocka_unit_test(test_a_naive_reader_says_the_same),
    };
    return cmocka_run_group_tests_name("csv", tests, set_up, tear_down);
}
