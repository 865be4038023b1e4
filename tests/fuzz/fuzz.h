/* What the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the target loudly: a promise of the module was broken. */
#define PROMISE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A source for the CSV reader that gives at most `step` bytes at once. */
struct fuzz_source {
    const uint8_t *data;
    size_t size;
    size_t step;
};

static inline int64_t
fuzz_give(void *context, void *buffer, size_t size, struct error *reterr)
{
    (void)reterr;
    struct fuzz_source *source = context;
    size_t count = source->size < size ? source->size : size;
    count = count < source->step ? count : source->step;
    if (count > 0) {
        memcpy(buffer, source->data, count);
    }
    source->data += count;
    source->size -= count;
    return (int64_t)count;
}

#endif
