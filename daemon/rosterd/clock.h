/* Time and chance. */
#ifndef ROSTERD_CLOCK_H
#define ROSTERD_CLOCK_H

/* Seconds since 1970, UTC. */
double clock_now(void);

/* Seconds of the clock that never jumps. */
double clock_steady(void);

/* Seconds since 1970 of PostgreSQL's ISO form in UTC ("2026-08-18 09:14:07.25+00"); 0 for NULL, and
 * for what is none ("infinity"). */
double clock_parse(const char *text);

/* From 0 to below 1. */
double clock_chance(void);

#endif
