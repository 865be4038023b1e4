/*
 * One row against the table of the standard: is it usable, and what does it say, normalised. An
 * error means that the row is not used and its record stays as it was (SAFE-1); a warning that one
 * value is not used.
 */
#ifndef ROSTER_ROW_H
#define ROSTER_ROW_H

#include "csv.h"
#include "finding.h"
#include "oneroster.h"
#include "record.h"
#include "role_set.h"

enum row_verdict {
    ROW_USED,
    ROW_BAD,   /* cannot be used; the record then goes to TABLE_BAD */
    ROW_GONE,  /* marked as deleted or inactive: counts as absent; in a delta, removes its record */
    ROW_BLANK, /* nothing but commas */
    ROW_FAILED /* memory ran out */
};

/* Where a person's roles are. */
enum row_roles {
    ROLES_IN_ROW, /* in their row of users.csv */
    ROLES_IN_SET, /* in row_options.roles */
    ROLES_LATER   /* known to the database only: the row has none, and needs none */
};

struct row_options {
    /* whose national telephone numbers these are, such as "US" */
    const char *phone_region;
    enum row_roles roles_are;
    const struct role_set *roles; /* of roles.csv, for ROLES_IN_SET */
    bool preferred_names; /* people are called by their preferred names, where they have any */
    bool is_delta;        /* the file says what changed: a row that is gone names its record */
    /* cells of a row, where the file's rows have more or fewer than the header; 0: as many */
    size_t width;
    /* leave out normalising what cannot make a row bad, when only the verdict or links matter */
    bool verdict_only;
};

struct row_checker;

/* @return NULL when memory ran out */
struct row_checker *row_checker_new(void);
void row_checker_free(struct row_checker *checker);

/*
 * Begins a file.
 *
 * @param options   copied; phone_region must outlive the checker's use
 * @param findings  NULL: nothing is noted
 */
void row_checker_start(struct row_checker *checker, const struct roster_header *header,
                       const struct row_options *options, struct findings *findings);

/*
 * Checks one row.
 *
 * @param ret_record  set for ROW_USED (a row of the file's table), ROW_GONE of a delta (of
 * TABLE_GONE) and ROW_BAD (of TABLE_BAD; its sourced_id is NULL when not even that can be trusted).
 * Its values live until the next call, and as long as the row.
 */
enum row_verdict row_check(struct row_checker *checker, const struct csv_row *row,
                           struct record *ret_record);

/* Number of agents (other people) that the last used row of users.csv names, each once. */
size_t row_link_count(const struct row_checker *checker);

/* One of them as a row of TABLE_LINK. */
void row_link(const struct row_checker *checker, size_t at, struct record *ret_record);

#endif
