/* Dates of OneRoster: YYYY-MM-DD. */
#ifndef ROSTER_DATE_H
#define ROSTER_DATE_H

#include "text.h"

/*
 * Reads a date. The time of a timestamp that begins with one ("2026-08-20T00:00:00.000Z", or with a
 * blank for the T) is left out: rosters date whole days.
 *
 * @param text      trimmed
 * @param ret_date  ten bytes, YYYY-MM-DD, a part of `text`
 * @return 0, or -1 when it is no day of the Gregorian calendar from 1900 to 9999
 */
int date_read(struct text text, struct text *ret_date);

#endif
