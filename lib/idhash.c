#include "idhash.h"

#include <string.h>
#include <sys/random.h>

int
idhash_init(struct idhash *ret_hash)
{
    return getrandom(ret_hash->key, sizeof ret_hash->key, 0) == sizeof ret_hash->key ? 0 : -1;
}

static inline uint64_t
rotate(uint64_t value, int by)
{
    return value << by | value >> (64 - by);
}

static inline void
sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32) + v[3];
    v[2] += v[1];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

uint64_t
idhash_of(const struct idhash *hash, struct text text)
{
    const uint64_t *key = hash->key;
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;
    for (; at + 8 <= text.size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text.data + at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)text.size << 56;
    for (size_t byte = at; byte < text.size; byte++) {
        last |= (uint64_t)(unsigned char)text.data[byte] << 8 * (byte - at);
    }
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    uint64_t sum = v[0] ^ v[1] ^ v[2] ^ v[3];
    return sum == 0 ? 1 : sum;
}
