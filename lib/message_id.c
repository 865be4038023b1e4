#include "message_id.h"

#include <stdint.h>
#include <stdio.h>

enum { ID_BYTES = 16, VERSION_BYTE = 6, VARIANT_BYTE = 8 };

/* FNV-1a over the word, begun with another seed: 64 bits that only need to differ by word. */
static uint64_t
hash(const char *word, uint64_t seed)
{
    static const uint64_t offset = 14695981039346656037ULL;
    static const uint64_t prime = 1099511628211ULL;
    uint64_t value = offset ^ seed;
    for (; *word != '\0'; word++) {
        value = (value ^ (unsigned char)*word) * prime;
    }
    return value ^ value >> 29;
}

void
message_id_of(enum cause cause, char ret_id[static MESSAGE_ID_SIZE])
{
    const char *word = cause_word(cause);
    uint64_t halves[2] = {hash(word, 0x726f73746572ULL), hash(word, 0x6361757365ULL)};
    for (unsigned index = 0; index < ID_BYTES; index++) {
        unsigned byte = (unsigned)(halves[index / 8] >> (8 * (index % 8)) & 0xff);
        if (index == VERSION_BYTE) {
            byte = (byte & 0x0f) | 0x80; /* version 8: made by the maker's own rule */
        } else if (index == VARIANT_BYTE) {
            byte = (byte & 0x3f) | 0x80;
        }
        (void)snprintf(ret_id + 2 * (size_t)index, 3, "%02x", byte);
    }
}
