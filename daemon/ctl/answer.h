/*
 * Questions to the daemon and their answers as JSON. A failure is told here, once, with who acts
 * and the next step, and becomes the exit code; the verbs only go on or return it.
 */
#ifndef ROSTERCTL_ANSWER_H
#define ROSTERCTL_ANSWER_H

#include "ctl.h"

#include <jansson.h>

/* Which socket a question goes to. */
enum door { DOOR_STATUS, DOOR_CONTROL };

struct question {
    enum door door;
    const char *target;     /* path and query, encoded */
    json_t *body;           /* of a POST, taken over; NULL: a GET */
    int timeout_default_ms; /* without --timeout; 0: 10 s */
    bool is_quiet;          /* a failure is not told */
};

/*
 * Asks and parses. The answer's strings are safe to print unless --json was given.
 *
 * @param ret_answer  the JSON object, the caller's to free, when CTL_DONE is returned; after
 *                    another code the daemon's error object, or NULL
 */
enum ctl_exit answer_get(const struct ctl *ctl, const struct question *question,
                         json_t **ret_answer);

/*
 * Does what control.sock has for the first word of the command line: "%s" in format stands for it.
 *
 * @param body  taken over; NULL when memory ran out
 */
enum ctl_exit answer_act(const struct ctl *ctl, const char *format, json_t *body,
                         json_t **ret_answer);

/* Writes an answer to stdout as it is for programs. */
void answer_print_json(const json_t *answer);

/*
 * A path with one part of it from the command line: "%s" in format stands for `word`,
 * percent-encoded. The caller frees it; NULL when memory ran out.
 */
char *answer_target(const char *format, const char *word);

/* Members of an object, where a missing one and null mean unknown. */
const char *get_text(const json_t *object, const char *key, const char *unknown);
json_int_t get_count(const json_t *object, const char *key); /* unknown: -1 */
double get_real(const json_t *object, const char *key);      /* unknown: -1 */
double get_when(const json_t *object, const char *key);      /* unknown: WHEN_UNKNOWN */
bool get_truth(const json_t *object, const char *key);       /* unknown: false */

#endif
