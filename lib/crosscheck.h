/*
 * What can only be seen across rows: ids that stand in several rows, references to records that are
 * not there. In a sync the database finds these, against what it knows already; this is for a
 * package alone, so that a district sees them before it uploads.
 *
 * Holds 16 bytes a row and keeps no text: ids are told apart by their hash (idhash.h).
 */
#ifndef ROSTER_CROSSCHECK_H
#define ROSTER_CROSSCHECK_H

#include "finding.h"
#include "reader.h"

struct crosscheck;

/*
 * @param result    of the reader_run that is going to feed the sink: says which files are there. A
 *                  reference into a file that the package does not bring is not looked at.
 * @param strict    an org of a type of one's own ("ext:…") may be a class's school, as in 1.2
 * @param findings  where duplicates and unknown references are noted
 * @return NULL when memory or randomness ran out
 */
struct crosscheck *crosscheck_new(const struct reader_result *result, bool strict,
                                  struct findings *findings);
void crosscheck_free(struct crosscheck *crosscheck);

/* A sink that looks at each record and keeps none. */
/* Hands on to another sink, which must outlive it, whatever it is given. */
void crosscheck_pass_on(struct crosscheck *crosscheck, const struct reader_sink *next);

struct reader_sink crosscheck_sink(struct crosscheck *crosscheck);

#endif
