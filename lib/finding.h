/*
 * What is said about a district's file: which rule, where. A finding holds no value of a row, only
 * the id of the record it is about. Bounded: of one code in one file LIMIT_FINDINGS_PER_CODE are
 * kept one by one (of a leniency the first), and LIMIT_FINDINGS in all; the rest is counted.
 */
#ifndef ROSTER_FINDING_H
#define ROSTER_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "oneroster.h"
#include "text.h"

/* With findings_new(true) also what is merely understood is an error. */
enum finding_severity { FINDING_ERROR, FINDING_WARNING, FINDING_INFO, FINDING_SEVERITY_COUNT };

enum finding_code {
#define FINDING(name, severity, word, what, fix) FINDING_CODE_##name,
#define LENIENCY FINDING
#include "findings.def"
#undef FINDING
#undef LENIENCY
    FINDING_CODE_COUNT
};

struct finding {
    enum finding_severity severity;
    const char *code;          /* "row.short", or a cause's word when the package was refused */
    enum roster_file file;     /* FILE_COUNT: the package as a whole */
    uint64_t line;             /* of that file, from 1; 0: no line in particular */
    enum roster_column column; /* COLUMN_COUNT: none in particular */
    struct text sourced_id;    /* checked; data NULL: none, or not readable */
    const char *message;       /* both of the next: what is wrong, what to do */
    const char *what;
    const char *fix;
    uint64_t count; /* rows it stands for; over 1 only where single rows are not kept */
};

/* "error", "warning", "info". */
const char *finding_severity_word(enum finding_severity severity);

struct findings;

/*
 * @param strict  whatever is not as the standard has it is an error, understood or not
 * @return NULL when memory ran out
 */
struct findings *findings_new(bool strict);
void findings_free(struct findings *findings);

/*
 * Notes one. NULL findings are allowed: nothing is noted (a later pass over the same rows).
 *
 * @param sourced_id copied; cut when it is longer than LIMIT_ID_BYTES
 */
void findings_add(struct findings *findings, enum finding_code code, enum roster_file file,
                  uint64_t line, enum roster_column column, struct text sourced_id);

/* Notes after its own what `other` has noted, as if it had been noted here; a refusal apart. */
void findings_take(struct findings *findings, const struct findings *other);

/* Notes why the package was refused; the code is the word of the cause, the message the text. */
void findings_refuse(struct findings *findings, const struct error *error, enum roster_file file,
                     uint64_t line, enum roster_column column);

/* How many were noted, kept or not. */
uint64_t findings_count(const struct findings *findings, enum finding_severity severity);

/* Likewise, of one file; FILE_COUNT: of the package as a whole. */
uint64_t findings_count_of(const struct findings *findings, enum finding_severity severity,
                           enum roster_file file);

/*
 * Goes through what was kept, in the order it was noted, then through what was only counted.
 *
 * @param visit returns 0 to go on
 * @return 0, or the first other thing that `visit` returned
 */
int findings_each(const struct findings *findings,
                  int (*visit)(void *context, const struct finding *finding), void *context);

#endif
