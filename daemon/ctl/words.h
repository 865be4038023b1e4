/*
 * Words for people: what comes from outside made safe for a terminal, numbers with separators,
 * bytes, durations, and times in the reader's own zone. Every format_ function writes into the
 * caller's buffer of WORDS_SIZE bytes and returns it, so that calls can stand in a printf.
 */
#ifndef ROSTERCTL_WORDS_H
#define ROSTERCTL_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define WORDS_SIZE 96

/* A moment that is not known. */
#define WHEN_UNKNOWN ((double)-1)

/* The string without anything that could steer a terminal; the caller frees it. Text that a
 * program before us escaped already stays as it is. */
char *words_safe(const char *text);

/*
 * Does words_safe to every string and every key of a JSON value, in place: done once to each answer
 * before anything of it is printed, so that no print can forget it.
 *
 * @return 0, or -1 when memory ran out
 */
int words_make_safe(json_t *value);

/* How many columns of a terminal the string takes. */
size_t words_width(const char *text);

/* 1234567 → "1,234,567"; a negative number → "unknown". */
const char *format_count(char buffer[static WORDS_SIZE], json_int_t count);

/* 3328599654 → "3.1 GiB"; a negative number → "unknown". */
const char *format_bytes(char buffer[static WORDS_SIZE], json_int_t bytes);

/* Two units at most: "0.4 s", "45 s", "1 m 12 s", "2 h 10 m", "12 d 4 h"; negative → "unknown". */
const char *format_duration(char buffer[static WORDS_SIZE], double seconds);

/* "Tue 18 Aug 2026 09:14:07 PDT", in the zone of the reader. */
const char *format_when(char buffer[static WORDS_SIZE], double when);

/* As format_when, but as short as `now` allows: "09:14:07", "18 Aug 09:14", "18 Aug 2025". */
const char *format_when_short(char buffer[static WORDS_SIZE], double when, double now);

/* The moment as RFC 3339 in UTC. */
const char *format_utc(char buffer[static WORDS_SIZE], time_t when);

/* Seconds since 1970 of an RFC 3339 time; WHEN_UNKNOWN for NULL or what is none. */
double when_parse(const char *text);

/* Seconds since 1970, now. */
double when_now(void);

/*
 * A time as a person types it: "+90m", "+2h", "+3d", "+2w"; "2026-12-01", "2026-12-01 06:30" (the
 * reader's zone); RFC 3339.
 *
 * @return 0 and *ret_when, or -1
 */
int when_read(const char *text, double now, time_t *ret_when);

#endif
