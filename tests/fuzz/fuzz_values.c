/*
 * Normalising twice is normalising once; the fast path for numbers and the library agree; what
 * comes out is valid UTF-8 of limited length.
 */
#include "fuzz.h"

#include "date.h"
#include "email.h"
#include "limit.h"
#include "phone.h"

static struct scratch scratch;

static void
try_name(struct text text)
{
    struct text once;
    struct text twice;
    scratch_reset(&scratch);
    PROMISE(text_clean(text, &scratch, &once, NULL) == 0);
    PROMISE((text_scan(once.data, once.size) & ~(unsigned)TEXT_NOT_ASCII) == 0);
    PROMISE(text_length(once) <= LIMIT_TEXT_CHARACTERS);
    PROMISE(text_clean(once, &scratch, &twice, NULL) == 0);
    PROMISE(text_equals(once, twice));
}

static void
try_email(struct text text)
{
    struct email once = {.size = 0};
    struct email slow = {.size = 0};
    struct email twice;
    scratch_reset(&scratch);
    int result = email_normalise(text, &scratch, &once);
    PROMISE(email_normalise_slowly(text, &scratch, &slow) == result);
    PROMISE(text_equals((struct text){once.data, once.size}, (struct text){slow.data, slow.size}));
    if (result == 0) {
        struct text normal = {once.data, once.size};
        PROMISE((text_scan(once.data, once.size) & ~(unsigned)TEXT_NOT_ASCII) == 0);
        PROMISE(email_normalise(normal, &scratch, &twice) == 0);
        PROMISE(text_equals(normal, (struct text){twice.data, twice.size}));
    }
}

static void
try_phone(struct text text, const char *region)
{
    struct phone fast = {.size = 0};
    struct phone slow = {.size = 0};
    struct phone again = {.size = 0};
    scratch_reset(&scratch);
    int result = phone_normalise(text, region, &scratch, &fast);
    scratch_reset(&scratch);
    PROMISE(phone_normalise_slowly(text, region, &scratch, &slow) == result);
    struct text normal = {fast.data, fast.size};
    PROMISE(text_equals(normal, (struct text){slow.data, slow.size}));
    if (result == 0) {
        PROMISE(phone_normalise(normal, region, &scratch, &again) == 0);
        PROMISE(text_equals(normal, (struct text){again.data, again.size}));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, size};
    struct text date;
    if (scratch.data == NULL) {
        PROMISE(scratch_init(&scratch, 1 << 20) == 0);
    }
    if ((text_scan(text.data, text.size) & (TEXT_NOT_UTF8 | TEXT_HAS_NUL)) != 0) {
        return 0; /* the row check lets none of these through */
    }
    try_name(text);
    try_email(text);
    try_phone(text, "US");
    try_phone(text, size % 2 == 0 ? "MX" : "GB");
    if (date_read(text, &date) == 0) {
        PROMISE(date.size == 10);
    }
    return 0;
}
