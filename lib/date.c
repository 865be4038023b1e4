#include "date.h"

static bool
is_digits(const char *p, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        if (p[at] < '0' || p[at] > '9') {
            return false;
        }
    }
    return true;
}

static int
number(const char *p, size_t size)
{
    int value = 0;
    for (size_t at = 0; at < size; at++) {
        value = 10 * value + (p[at] - '0');
    }
    return value;
}

/* Whether what follows the date is a time: "T" or a blank, and a digit. Its rest is not looked at.
 */
static bool
is_time(struct text text)
{
    return text.size >= 2 && (text.data[0] == 'T' || text.data[0] == 't' || text.data[0] == ' ') &&
           is_digits(text.data + 1, 1);
}

int
date_read(struct text text, struct text *ret_date)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (text.size < 10) {
        return -1;
    }
    const char *p = text.data;
    if (!is_digits(p, 4) || p[4] != '-' || !is_digits(p + 5, 2) || p[7] != '-' ||
        !is_digits(p + 8, 2)) {
        return -1;
    }
    if (text.size > 10 && !is_time((struct text){p + 10, text.size - 10})) {
        return -1;
    }
    int year = number(p, 4);
    int month = number(p + 5, 2);
    int day = number(p + 8, 2);
    if (year < 1900 || month < 1 || month > 12 || day < 1) {
        return -1;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > days[month - 1] + (month == 2 && leap)) {
        return -1;
    }
    *ret_date = (struct text){p, 10};
    return 0;
}
