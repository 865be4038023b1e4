/*
 * One line a decision: to the journal when systemd runs us, else to stderr. The text says what
 * happened and never changes; what varies stands in fields. Nothing that came out of a row of a
 * district's file may get here.
 *
 *     LOG(LEVEL_INFO, "run ended", F_TEXT("district", slug), F_INT("run", run_id));
 */
#ifndef ROSTERD_LOG_H
#define ROSTERD_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG, LEVEL_COUNT };

struct log_field {
    const char *key;  /* lower case; ROSTER_KEY in the journal; NULL: the end */
    const char *text; /* NULL: left out, unless it is a number */
    int64_t number;
    enum { FIELD_TEXT, FIELD_NUMBER } type;
};

#define F_TEXT(name, value) ((struct log_field){.key = (name), .text = (value), .type = FIELD_TEXT})
#define F_INT(name, value)                                                                         \
    ((struct log_field){.key = (name), .number = (int64_t)(value), .type = FIELD_NUMBER})

/* Fields are optional. */
#define LOG(level, ...) LOG_(level, __VA_ARGS__, (struct log_field){.key = NULL})
#define LOG_(level, message, ...)                                                                  \
    log_write((level), (message), (const struct log_field[]){__VA_ARGS__})

/* Begins to log; before, lines go to stderr at LEVEL_INFO. Messages above `level` are left out. */
void log_init(enum log_level level);

/* Ends the sending of lines: what is queued is sent. */
void log_deinit(void);

void log_set_level(enum log_level level);

/* Any thread; waits for nobody. A line for which there is no room is counted and left out. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);

/* Lines of a level since the start, whether shown or not. */
uint64_t log_count(enum log_level level);

/* "error", "warning", "info", "debug". Returns 0, or -1 for another word. */
int log_level_parse(const char *word, enum log_level *ret_level);

#endif
