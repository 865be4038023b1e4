/* The same rows come out however the bytes come in, and no cell is larger than what went in. */
#include "fuzz.h"

#include "csv.h"

static struct csv_reader *reader;

/* A sum over everything the reader says of the file. */
static uint64_t
sum_up(const uint8_t *data, size_t size, size_t step)
{
    struct fuzz_source source = {data, size, step};
    struct csv_row row;
    struct error error;
    uint64_t sum = 14695981039346656037u;
    uint64_t cells = 0;
    int got;
    csv_reader_start(reader, fuzz_give, &source);
    while ((got = csv_reader_next(reader, &row, &error)) == 1) {
        sum = (sum ^ row.line ^ row.flags << 8 ^ row.count) * 1099511628211u;
        PROMISE(row.count >= 1);
        for (size_t at = 0; at < row.count; at++) {
            cells += row.cells[at].size;
            for (size_t byte = 0; byte < row.cells[at].size; byte++) {
                sum = (sum ^ (uint8_t)row.cells[at].data[byte]) * 1099511628211u;
            }
        }
    }
    PROMISE(cells <= size + size / 2); /* UTF-16 grows by half */
    struct csv_place place = csv_reader_place(reader);
    PROMISE((got < 0) == (place.fault != CSV_FAULT_NONE));
    PROMISE(csv_reader_next(reader, &row, &error) == got);
    return (sum ^ (uint64_t)place.fault ^ place.line << 8 ^ place.column << 40) * 1099511628211u;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (reader == NULL) {
        reader = csv_reader_new();
    }
    uint64_t whole = sum_up(data, size, SIZE_MAX);
    PROMISE(sum_up(data, size, 1 + size / 3) == whole);
    PROMISE(size > 4096 || sum_up(data, size, 1) == whole);
    return 0;
}
