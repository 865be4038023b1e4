#include "words.h"

#include "printable.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define DAY_S (24.0 * 3600)

char *
words_safe(const char *text)
{
    size_t length = strlen(text);
    char *safe = malloc(PRINTABLE_SIZE(length));
    if (safe == NULL) {
        return NULL;
    }
    size_t out = 0;
    for (const char *part = text;;) {
        /* A backslash is kept, so that text escaped by the daemon is not escaped twice. */
        size_t part_length = strcspn(part, "\\");
        out += printable_encode(part, part_length, safe + out, PRINTABLE_SIZE(part_length));
        if (part[part_length] == '\0') {
            return safe;
        }
        safe[out++] = '\\';
        part += part_length + 1;
    }
}

static int
make_safe_object(json_t *object)
{
    const char *key = NULL;
    json_t *member = NULL;
    void *next = NULL;
    json_object_foreach_safe(object, next, key, member)
    {
        if (words_make_safe(member) != 0) {
            return -1;
        }
        char *safe = words_safe(key);
        if (safe == NULL) {
            return -1;
        }
        if (strcmp(safe, key) != 0) {
            json_incref(member);
            (void)json_object_del(object, key);
            if (json_object_set_new(object, safe, member) != 0) {
                free(safe);
                return -1;
            }
        }
        free(safe);
    }
    return 0;
}

int
words_make_safe(json_t *value)
{
    if (json_is_object(value)) {
        return make_safe_object(value);
    }
    if (json_is_array(value)) {
        size_t index = 0;
        json_t *member = NULL;
        json_array_foreach(value, index, member)
        {
            if (words_make_safe(member) != 0) {
                return -1;
            }
        }
        return 0;
    }
    if (json_is_string(value)) {
        char *safe = words_safe(json_string_value(value));
        int set = safe == NULL ? -1 : json_string_set(value, safe);
        free(safe);
        return set;
    }
    return 0;
}

size_t
words_width(const char *text)
{
    mbstate_t state = {0};
    size_t width = 0;
    size_t left = strlen(text);
    while (left > 0) {
        wchar_t wide = 0;
        size_t used = mbrtowc(&wide, text, left, &state);
        if (used == (size_t)-1 || used == (size_t)-2 || used == 0) {
            memset(&state, 0, sizeof state);
            used = 1;
            width++;
        } else {
            int columns = wcwidth(wide);
            width += columns > 0 ? (size_t)columns : 0;
        }
        text += used;
        left -= used;
    }
    return width;
}

static const char *
put_word(char buffer[static WORDS_SIZE], const char *word)
{
    (void)snprintf(buffer, WORDS_SIZE, "%s", word);
    return buffer;
}

const char *
format_count(char buffer[static WORDS_SIZE], json_int_t count)
{
    if (count < 0) {
        return put_word(buffer, "unknown");
    }
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, count);
    char *out = buffer;
    for (int index = 0; index < length; index++) {
        if (index > 0 && (length - index) % 3 == 0) {
            *out++ = ',';
        }
        *out++ = digits[index];
    }
    *out = '\0';
    return buffer;
}

const char *
format_bytes(char buffer[static WORDS_SIZE], json_int_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    if (bytes < 0) {
        return put_word(buffer, "unknown");
    }
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    bool whole = unit == 0 || fabs(value - round(value)) < 0.05;
    (void)snprintf(buffer, WORDS_SIZE, "%.*f %s", whole ? 0 : 1, value, units[unit]);
    return buffer;
}

/* "2 h 10 m", and "2 h" without the 0 m. */
static const char *
put_units(char buffer[static WORDS_SIZE], long long large, const char *large_unit, long long small,
          const char *small_unit)
{
    if (small == 0) {
        (void)snprintf(buffer, WORDS_SIZE, "%lld %s", large, large_unit);
    } else {
        (void)snprintf(buffer, WORDS_SIZE, "%lld %s %lld %s", large, large_unit, small, small_unit);
    }
    return buffer;
}

const char *
format_duration(char buffer[static WORDS_SIZE], double seconds)
{
    if (seconds < 0) {
        return put_word(buffer, "unknown");
    }
    /* Rounded first, so that 59.97 s is "1 m" and never "60 s". */
    if (seconds < 9.95) {
        (void)snprintf(buffer, WORDS_SIZE, "%.1f s", seconds);
        return buffer;
    }
    long long whole = llround(seconds);
    if (whole < 60) {
        return put_units(buffer, whole, "s", 0, "");
    }
    if (whole < 3600) {
        return put_units(buffer, whole / 60, "m", whole % 60, "s");
    }
    if (whole < (long long)DAY_S) {
        return put_units(buffer, whole / 3600, "h", whole % 3600 / 60, "m");
    }
    return put_units(buffer, whole / (long long)DAY_S, "d", whole % (long long)DAY_S / 3600, "h");
}

static const char *
format_local(char buffer[static WORDS_SIZE], double when, const char *format)
{
    time_t seconds = (time_t)when;
    struct tm local;
    if (when < 0 || localtime_r(&seconds, &local) == NULL) {
        return put_word(buffer, "unknown");
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strftime(buffer, WORDS_SIZE, format, &local) == 0) {
        return put_word(buffer, "unknown");
    }
#pragma GCC diagnostic pop
    return buffer;
}

const char *
format_when(char buffer[static WORDS_SIZE], double when)
{
    return format_local(buffer, when, "%a %-d %b %Y %H:%M:%S %Z");
}

const char *
format_when_short(char buffer[static WORDS_SIZE], double when, double now)
{
    char day[WORDS_SIZE];
    char today[WORDS_SIZE];
    if (strcmp(format_local(day, when, "%F"), format_local(today, now, "%F")) == 0) {
        return format_local(buffer, when, "%H:%M:%S");
    }
    bool near = fabs(now - when) < 300 * DAY_S;
    return format_local(buffer, when, near ? "%-d %b %H:%M" : "%-d %b %Y");
}

const char *
format_utc(char buffer[static WORDS_SIZE], time_t when)
{
    struct tm utc;
    if (gmtime_r(&when, &utc) == NULL || strftime(buffer, WORDS_SIZE, "%FT%TZ", &utc) == 0) {
        return put_word(buffer, "");
    }
    return buffer;
}

double
when_parse(const char *text)
{
    struct tm utc = {0};
    const char *rest = text == NULL ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (text != NULL && rest == NULL) {
        rest = strptime(text, "%Y-%m-%d %H:%M:%S", &utc); /* as PostgreSQL writes it */
    }
    if (rest == NULL) {
        return WHEN_UNKNOWN;
    }
    double fraction = 0;
    if (*rest == '.') {
        char *end = NULL;
        fraction = strtod(rest, &end);
        rest = end;
    }
    double offset = 0;
    if (*rest == '+' || *rest == '-') {
        int hours = 0;
        int minutes = 0;
        if (sscanf(rest + 1, "%2d:%2d", &hours, &minutes) < 1) {
            return WHEN_UNKNOWN;
        }
        offset = (*rest == '-' ? -1 : 1) * (hours * 3600.0 + minutes * 60.0);
    } else if (*rest != 'Z' && *rest != 'z') {
        return WHEN_UNKNOWN;
    }
    return (double)timegm(&utc) + fraction - offset;
}

double
when_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
read_relative(const char *text, double now, time_t *ret_when)
{
    char *unit = NULL;
    double amount = strtod(text, &unit);
    double seconds = 0;
    switch (*unit) {
    case 'm':
        seconds = 60;
        break;
    case 'h':
        seconds = 3600;
        break;
    case 'd':
        seconds = DAY_S;
        break;
    case 'w':
        seconds = 7 * DAY_S;
        break;
    default:
        return -1;
    }
    if (unit[1] != '\0' || !(amount > 0) || amount * seconds > 3660 * DAY_S) {
        return -1;
    }
    *ret_when = (time_t)(now + amount * seconds);
    return 0;
}

int
when_read(const char *text, double now, time_t *ret_when)
{
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
                                          "%Y-%m-%dT%H:%M"};
    if (*text == '+') {
        return read_relative(text + 1, now, ret_when);
    }
    double exact = when_parse(text);
    if (exact >= 0) {
        *ret_when = (time_t)exact;
        return 0;
    }
    for (size_t format = 0; format < sizeof formats / sizeof *formats; format++) {
        struct tm local = {.tm_isdst = -1};
        const char *rest = strptime(text, formats[format], &local);
        if (rest != NULL && *rest == '\0') {
            *ret_when = mktime(&local);
            return *ret_when == (time_t)-1 ? -1 : 0;
        }
    }
    return -1;
}
