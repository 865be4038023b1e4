/*
 * A drop that holds loose CSV files instead of zips: which of them are the set, and is it ready? A
 * pure decision over names, sizes and times, as settle.h makes it over zips; nobody here has seen a
 * byte of a file.
 *
 * The set is one thing. It has a name made of what the listing says of its files, so that any
 * change of one of them makes it another set, and it is ready when
 *   - it can be complete: manifest.csv is there (the worker compares it with what came), or all of
 *     orgs, classes, users and enrollments are; and no file that is read is empty
 *   - nothing of it changed between two polls, or the marker says so: one marker for the set, no
 *     older than its newest file, or one marker for each of its files.
 * A set without manifest.csv is not ready either when the one before had it: its files may be
 * changes only (delta), which nobody could tell then.
 */
#ifndef ROSTER_LOOSE_H
#define ROSTER_LOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "settle.h"

/* Files of one set; what bundle.h takes. */
#define LOOSE_FILES 64
#define LOOSE_NAME_SIZE 48

struct loose_file {
    struct settle_file file; /* name borrowed from the listing */
    bool is_read;            /* rosterd reads it; of the others only the name is taken along */
};

struct loose_set {
    char name[LOOSE_NAME_SIZE];           /* empty: there is none */
    struct loose_file files[LOOSE_FILES]; /* by name, manifest.csv last */
    size_t count;
    uint64_t size; /* bytes of the files that are read */
    int64_t mtime; /* of the newest of them */
};

/* Does a source with this pattern hold loose files? If it ends in ".csv". */
bool loose_is_pattern(const char *pattern);

/* Is this the name of a set? */
bool loose_is_name(const char *name);

/*
 * Decides. The answer's names are borrowed from the set and from the question's files.
 *
 * @return 0, or -1: CAUSE_ZIP_LIMIT, more files than LOOSE_FILES
 */
int loose_choose(const struct settle_question *question, struct loose_set *ret_set,
                 struct settle_answer *ret_answer, struct error *reterr);

/* The set of a listing, ready or not. */
int loose_gather(const struct settle_question *question, struct loose_set *ret_set,
                 struct error *reterr);

/* Whether what is read of `now` is `then`, apart from files that are gone. */
bool loose_is_unchanged(const struct loose_set *then, const struct loose_set *now);

#endif
