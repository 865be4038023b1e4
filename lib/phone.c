#include "phone.h"

#include <stdint.h>
#include <string.h>

#include "phone_library.h"

static const uint16_t plain_areas[] = {
#include "phone_areas.def"
};

/* The areas as a set: one bit each from 0 to 999. Filled once, at the first number. */
static uint32_t area_bits[1000 / 32 + 1];

static bool
is_plain_area(int area)
{
    static bool filled = false;
    if (!filled) {
        for (size_t at = 0; at < sizeof plain_areas / sizeof plain_areas[0]; at++) {
            area_bits[plain_areas[at] / 32] |= UINT32_C(1) << (plain_areas[at] % 32);
        }
        filled = true;
    }
    return (area_bits[area / 32] >> (area % 32) & 1) != 0;
}

/* Regions whose national numbers are the ten digits of the North American plan. */
static bool
is_north_american(const char *region)
{
    return strcmp(region, "US") == 0 || strcmp(region, "CA") == 0;
}

/* Skips blanks, dots and hyphens, the separators people write. At most two of them. */
static const char *
skip_separators(const char *p, const char *end)
{
    for (int at = 0; at < 2 && p < end && (*p == ' ' || *p == '-' || *p == '.'); at++) {
        p++;
    }
    return p;
}

/* Reads exactly `count` digits to *ret_digits. Returns where they end, or NULL. */
static const char *
take_digits(const char *p, const char *end, size_t count, char *ret_digits)
{
    if (p == NULL || (size_t)(end - p) < count) {
        return NULL;
    }
    for (size_t at = 0; at < count; at++) {
        if (p[at] < '0' || p[at] > '9') {
            return NULL;
        }
        ret_digits[at] = p[at];
    }
    return p + count;
}

/* The area code, in parentheses or not. */
static const char *
take_area(const char *p, const char *end, char *ret_digits)
{
    if (p == end || *p != '(') {
        return take_digits(p, end, 3, ret_digits);
    }
    p = take_digits(p + 1, end, 3, ret_digits);
    return p == NULL || p == end || *p != ')' ? NULL : p + 1;
}

/*
 * Numbers of the shapes 4155550132, 415-555-0132, (415) 555-0132, 1 415 555 0132, +1 …
 * Returns -1 when it is none of them: the library decides then.
 */
static int
normalise_plain(struct text text, struct phone *ret_phone)
{
    struct phone phone = {.size = 12, .data = "+1"};
    char *digits = phone.data + 2;
    const char *p = text.data;
    const char *end = text.data + text.size;
    bool plus = p < end && *p == '+';
    p += plus;
    if (p < end && *p == '1') {
        p = skip_separators(p + 1, end);
    } else if (plus) {
        return -1;
    }
    p = take_area(p, end, digits);
    p = p == NULL ? NULL : take_digits(skip_separators(p, end), end, 3, digits + 3);
    p = p == NULL ? NULL : take_digits(skip_separators(p, end), end, 4, digits + 6);
    if (p != end || digits[3] < '2') {
        return -1;
    }
    int area = 100 * (digits[0] - '0') + 10 * (digits[1] - '0') + (digits[2] - '0');
    if (!is_plain_area(area)) {
        return -1;
    }
    *ret_phone = phone;
    return 0;
}

/* What both ways begin with: nothing that cannot be seen, and no endless text. */
static int
clean(struct text *text, struct scratch *scratch)
{
    return text->size > LIMIT_PHONE_RAW_BYTES || text_clean(*text, scratch, text, NULL) != 0 ||
                   text->size > LIMIT_PHONE_BYTES
               ? -1
               : 0;
}

static int
ask_library(struct text text, const char *region, struct phone *ret_phone)
{
    struct phone phone = {.size = 0};
    if (text.size > 0) {
        phone.size = phone_library_e164(text.data, text.size, region, phone.data);
        if (phone.size == 0) {
            return -1;
        }
    }
    *ret_phone = phone;
    return 0;
}

int
phone_normalise_slowly(struct text text, const char *region, struct scratch *scratch,
                       struct phone *ret_phone)
{
    return clean(&text, scratch) == 0 ? ask_library(text, region, ret_phone) : -1;
}

int
phone_normalise(struct text text, const char *region, struct scratch *scratch,
                struct phone *ret_phone)
{
    bool may_be_plain = is_north_american(region);
    if (may_be_plain && normalise_plain(text, ret_phone) == 0) {
        return 0;
    }
    if (clean(&text, scratch) != 0) {
        return -1;
    }
    if (may_be_plain && normalise_plain(text, ret_phone) == 0) {
        return 0;
    }
    return ask_library(text, region, ret_phone);
}

bool
phone_region_is_known(const char *region)
{
    return phone_library_knows(region) != 0;
}
