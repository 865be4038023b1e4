#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct cause_row {
    const char *word;
    enum error_owner owner;
    const char *what;
    const char *act;
};

static const struct cause_row cause_rows[CAUSE_COUNT] = {
#define CAUSE(name, word, owner, what, act) [CAUSE_##name] = {word, owner, what, act},
#include "causes.def"
#undef CAUSE
};

static const char *const owner_words[OWNER_COUNT] = {
    [OWNER_NOBODY] = "nobody",
    [OWNER_DISTRICT] = "district",
    [OWNER_OPS] = "ops",
    [OWNER_CSM] = "csm",
};

int
error_set(struct error *reterr, enum cause cause, const char *format, ...)
{
    if (reterr == NULL) {
        return -1;
    }
    va_list args;
    va_start(args, format);
    reterr->cause = cause;
    (void)vsnprintf(reterr->text, sizeof reterr->text, format, args);
    va_end(args);
    return -1;
}

int
error_set_errno(struct error *reterr, enum cause cause, int error_number, const char *format, ...)
{
    if (reterr == NULL) {
        return -1;
    }
    va_list args;
    va_start(args, format);
    reterr->cause = cause;
    (void)vsnprintf(reterr->text, sizeof reterr->text, format, args);
    va_end(args);
    size_t length = strlen(reterr->text);
    (void)snprintf(reterr->text + length, sizeof reterr->text - length, ": %s",
                   strerror(error_number));
    return -1;
}

int
error_wrap(struct error *reterr, const char *format, ...)
{
    if (reterr == NULL) {
        return -1;
    }
    char inner[ERROR_TEXT_SIZE];
    memcpy(inner, reterr->text, sizeof inner);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reterr->text, sizeof reterr->text, format, args);
    va_end(args);
    size_t length = strlen(reterr->text);
    (void)snprintf(reterr->text + length, sizeof reterr->text - length, ": %s", inner);
    return -1;
}

const char *
cause_word(enum cause cause)
{
    return cause_rows[cause].word;
}

enum cause
cause_from_word(const char *word)
{
    int cause = 0;
    while (cause < CAUSE_COUNT && strcmp(cause_rows[cause].word, word) != 0) {
        cause++;
    }
    return (enum cause)cause;
}

enum error_owner
cause_owner(enum cause cause)
{
    return cause_rows[cause].owner;
}

const char *
error_owner_word(enum error_owner owner)
{
    return owner_words[owner];
}

const char *
cause_what(enum cause cause)
{
    return cause_rows[cause].what;
}

const char *
cause_act(enum cause cause)
{
    return cause_rows[cause].act;
}
