#include "copy_binary.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

#define FLUSH_BYTES 65536
/* What one row may add: its checker's scratch memory bounds its values. */
#define ROW_BYTES_MAX (2 << 20)

struct copy_binary {
    copy_flush_fn flush;
    void *context;
    size_t used;
    bool overflow; /* a row was larger than any row can be */
    char data[FLUSH_BYTES + ROW_BYTES_MAX];
};

struct copy_binary *
copy_binary_new(copy_flush_fn flush, void *context)
{
    struct copy_binary *copy = malloc(sizeof *copy);
    if (copy != NULL) {
        copy->flush = flush;
        copy->context = context;
        copy->used = 0;
        copy->overflow = false;
    }
    return copy;
}

void
copy_binary_free(struct copy_binary *copy)
{
    free(copy);
}

static void
put(struct copy_binary *copy, const void *data, size_t size)
{
    if (size > sizeof copy->data - copy->used) {
        copy->overflow = true;
        return;
    }
    memcpy(copy->data + copy->used, data, size);
    copy->used += size;
}

static void
put_int2(struct copy_binary *copy, int value)
{
    uint16_t bytes = htobe16((uint16_t)value);
    put(copy, &bytes, sizeof bytes);
}

static void
put_int4(struct copy_binary *copy, int32_t value)
{
    uint32_t bytes = htobe32((uint32_t)value);
    put(copy, &bytes, sizeof bytes);
}

static int
flush(struct copy_binary *copy, struct error *reterr)
{
    size_t size = copy->used;
    copy->used = 0;
    if (copy->overflow) {
        return error_set(reterr, CAUSE_INTERNAL, "a row does not fit into the COPY buffer");
    }
    return copy->flush(copy->context, copy->data, size, reterr);
}

void
copy_binary_start(struct copy_binary *copy)
{
    static const char signature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', 0};
    copy->used = 0;
    copy->overflow = false;
    put(copy, signature, sizeof signature);
    put_int4(copy, 0); /* flags */
    put_int4(copy, 0); /* length of the header's extension */
}

int
copy_binary_row(struct copy_binary *copy, int columns, struct error *reterr)
{
    if (copy->used >= FLUSH_BYTES && flush(copy, reterr) != 0) {
        return -1;
    }
    put_int2(copy, columns);
    return 0;
}

void
copy_binary_int8(struct copy_binary *copy, int64_t value)
{
    uint64_t bytes = htobe64((uint64_t)value);
    put_int4(copy, (int32_t)sizeof bytes);
    put(copy, &bytes, sizeof bytes);
}

void
copy_binary_text(struct copy_binary *copy, struct text text)
{
    if (text.data == NULL) {
        put_int4(copy, -1);
        return;
    }
    put_int4(copy, (int32_t)text.size);
    put(copy, text.data, text.size);
}

int
copy_binary_finish(struct copy_binary *copy, struct error *reterr)
{
    put_int2(copy, -1);
    return flush(copy, reterr);
}
