#include "spelling.h"

#include <stdint.h>
#include <string.h>

/* Longer names are far from all others. */
#define NAME_BYTES 64

/* Letters and digits of a name, in lower case. Returns how many; 0 when it is too long. */
static size_t
squeeze(struct text name, char ret_name[static NAME_BYTES])
{
    size_t size = 0;
    for (size_t at = 0; at < name.size; at++) {
        char c = name.data[at];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9')) {
            continue;
        }
        if (size == NAME_BYTES) {
            return 0;
        }
        ret_name[size++] = (char)(is_letter ? c | 0x20 : c);
    }
    return size;
}

size_t
spelling_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][NAME_BYTES + 1];
    if (a_size > NAME_BYTES || b_size > NAME_BYTES) {
        return SIZE_MAX;
    }
    for (size_t at = 0; at <= b_size; at++) {
        rows[0][at] = at;
    }
    for (size_t i = 1; i <= a_size; i++) {
        const size_t *before = rows[(i + 1) % 3];
        const size_t *above = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

bool
spelling_is_near(struct text name, struct text wanted)
{
    char a[NAME_BYTES];
    char b[NAME_BYTES];
    size_t a_size = squeeze(name, a);
    size_t b_size = squeeze(wanted, b);
    size_t most = b_size < 4 ? 0 : b_size < 8 ? 1 : 2;
    if (a_size == 0) {
        return false;
    }
    if (b_size > 4 && a_size > b_size &&
        (memcmp(a, b, b_size) == 0 || memcmp(a + a_size - b_size, b, b_size) == 0)) {
        return true; /* emailAddress, homePhone */
    }
    return spelling_distance(a, a_size, b, b_size) <= most;
}
