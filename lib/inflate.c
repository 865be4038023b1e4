#include "inflate.h"

#include <stdlib.h>

#include <isa-l.h>

#define INPUT_BYTES (64 << 10)

struct inflate {
    const char *name;
    inflate_source_fn source;
    void *context;
    bool is_stored;
    bool is_at_end; /* of the source */
    uint32_t crc;
    struct inflate_state state;
    uint8_t input[INPUT_BYTES];
};

struct inflate *
inflate_new(void)
{
    return calloc(1, sizeof(struct inflate));
}

void
inflate_free(struct inflate *inflate)
{
    free(inflate);
}

void
inflate_start(struct inflate *inflate, const char *name, bool is_stored, inflate_source_fn source,
              void *context)
{
    inflate->name = name;
    inflate->source = source;
    inflate->context = context;
    inflate->is_stored = is_stored;
    inflate->is_at_end = false;
    inflate->crc = 0;
    isal_inflate_init(&inflate->state);
}

uint32_t
inflate_crc(const struct inflate *inflate)
{
    return inflate->crc;
}

/* More for the state to chew on. */
static int
fill(struct inflate *inflate, struct error *reterr)
{
    int64_t got = inflate->source(inflate->context, inflate->input, INPUT_BYTES, reterr);
    if (got < 0) {
        return -1;
    }
    inflate->is_at_end = got == 0;
    inflate->state.next_in = inflate->input;
    inflate->state.avail_in = (uint32_t)got;
    return 0;
}

/* Returns bytes, 0 at the end of the stream. */
static int64_t
decode(struct inflate *inflate, uint8_t *buffer, uint32_t size, struct error *reterr)
{
    struct inflate_state *state = &inflate->state;
    state->next_out = buffer;
    state->avail_out = size;
    while (state->avail_out == size && state->block_state != ISAL_BLOCK_FINISH) {
        if (state->avail_in == 0 && !inflate->is_at_end && fill(inflate, reterr) != 0) {
            return -1;
        }
        uint32_t left = state->avail_in;
        int code = isal_inflate(state);
        bool is_stuck = state->avail_out == size && state->avail_in == left &&
                        state->block_state != ISAL_BLOCK_FINISH;
        if (code < 0 || (is_stuck && (inflate->is_at_end || left > 0))) {
            return error_set(reterr, CAUSE_ZIP_DAMAGED, "%s %s", inflate->name,
                             code < 0 ? "is damaged" : "ends too early");
        }
    }
    return (int64_t)(size - state->avail_out);
}

int64_t
inflate_read(struct inflate *inflate, void *buffer, size_t size, struct error *reterr)
{
    uint32_t room = size < INT32_MAX ? (uint32_t)size : INT32_MAX;
    int64_t got = inflate->is_stored ? inflate->source(inflate->context, buffer, size, reterr)
                                     : decode(inflate, buffer, room, reterr);
    if (got > 0) {
        inflate->crc = crc32_gzip_refl(inflate->crc, buffer, (uint64_t)got);
    }
    return got;
}
