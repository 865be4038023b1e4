/*
 * What the mirror holds of a district's classes, people and enrollments, so small that a file of
 * this night can be told from that of last night without asking the database: each id with a hash
 * of its record as it would be staged. Whoever stages then sends what differs, and the ids that are
 * gone.
 *
 * A digest is bytes here: who keeps them, and whether the mirror is what they say, is for others to
 * know. It is known by a token; bytes that are not whole, or have another token, are no digest.
 *
 * digest.c reads one, digest_draft.c writes the next one beside it.
 */
#ifndef ROSTER_DIGEST_H
#define ROSTER_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "record.h"
#include "text.h"

/* What it knows, in the order in which files are read. */
enum digest_kind { DIGEST_CLASS, DIGEST_PERSON, DIGEST_ENROLLMENT, DIGEST_KIND_COUNT };

/* A UUID as text, with its NUL. */
#define DIGEST_TOKEN_SIZE 37

/* The hash of a row that cannot be used: equal to none, not even to itself. */
#define DIGEST_NO_HASH 0

enum digest_verdict {
    DIGEST_SAME,  /* the mirror has this record: it need not be sent */
    DIGEST_OTHER, /* it has another, or nobody knows */
    DIGEST_NEW,   /* it has none */
    DIGEST_TORN   /* an equal row of this id was not sent, and this one differs: start again without
                   */
};

struct digest_match {
    enum digest_verdict verdict;
    bool is_known;  /* it has an entry */
    bool is_again;  /* a row of this id was compared before; of NEW nobody knows */
    uint32_t place; /* of the entry, if it has one */
    uint32_t next;  /* the one behind it */
};

struct digest;

/* The place of a token in `data`, for DIGEST_TOKEN_SIZE bytes; NULL: it is surely no digest. */
const char *digest_token(const void *data, size_t size);

/*
 * Takes bytes for a digest if they are one, whole.
 *
 * @param data  not copied: must outlive it
 * @return 0, or -1 (internal: these bytes are no digest; memory), ret_digest is NULL then
 */
int digest_open(const void *data, size_t size, struct digest **ret_digest, struct error *reterr);

/* NULL is allowed. */
void digest_free(struct digest *digest);

/* What records are hashed with, so that they can be compared with it. */
uint64_t digest_seed(const struct digest *digest);

/* The hash of a record of TABLE_CLASS, TABLE_PERSON (with its links) or TABLE_ENROLLMENT, but for
 * its id.
 */
uint64_t digest_hash(uint64_t seed, const struct record *record);

/*
 * Compares no record of this id as the same.
 *
 * @return 0, or -1 (memory)
 */
int digest_distrust(struct digest *digest, enum digest_kind kind, struct text id,
                    struct error *reterr);

/*
 * Compares a row with what is known of its id. Cheap as long as rows come in the order of last
 * night.
 *
 * @param hash  DIGEST_NO_HASH for a row that cannot be used
 * @return 0, or -1 (memory)
 */
int digest_compare(struct digest *digest, enum digest_kind kind, struct text id, uint64_t hash,
                   struct digest_match *ret_match, struct error *reterr);

/*
 * Visits each id that no row was compared with, once.
 *
 * @param visit  returns 0, or -1 with `reterr` set to stop
 */
int digest_each_missing(struct digest *digest, enum digest_kind kind,
                        int (*visit)(void *context, struct text id, struct error *reterr),
                        void *context, struct error *reterr);

/* --- the next one ---------------------------------------------------------------------------- */

/* What became of a draft. */
enum digest_end {
    DIGEST_LOST, /* it was not written, or not to its end */
    DIGEST_KEPT, /* it would be what the last one is: that one stays */
    DIGEST_WRITTEN
};

/* Takes the next bytes. Returns 0, or -1: the draft is lost. */
typedef int (*digest_write_fn)(void *context, const void *data, size_t size);

struct digest_draft;

/*
 * Begins a digest. Nothing that goes wrong with it is an error: the draft is lost then.
 *
 * @param last  what this night's rows are compared with, or NULL; must outlive the draft
 * @return NULL when there is no memory, or no random number
 */
struct digest_draft *digest_draft_new(const struct digest *last, digest_write_fn write,
                                      void *context);

/* NULL is allowed. */
void digest_draft_free(struct digest_draft *draft);

uint64_t digest_draft_seed(const struct digest_draft *draft);

/*
 * Adds a row: all of a kind, then all of the next kind.
 *
 * @param match  of this row with `last`; NULL without `last`
 */
void digest_draft_add(struct digest_draft *draft, enum digest_kind kind, struct text id,
                      uint64_t hash, const struct digest_match *match);

/*
 * Adds rows as they were in `last`, one behind the other there.
 *
 * @param from, to  places: of the first, and behind the last
 */
void digest_draft_keep(struct digest_draft *draft, enum digest_kind kind, uint32_t from,
                       uint32_t to, uint64_t count);

/* The record of this id may not be what the mirror has: it is to be sent the next night. */
void digest_draft_distrust(struct digest_draft *draft, enum digest_kind kind, struct text id);

/*
 * Ends the draft.
 *
 * @param ret_token  DIGEST_TOKEN_SIZE bytes: of this digest, or the last one's if that is KEPT
 */
enum digest_end digest_draft_finish(struct digest_draft *draft, char *ret_token);

#endif
