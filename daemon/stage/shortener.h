/*
 * Stands between the reader and the slot. Writes the digest of this night's file, and if the last
 * one's is what the mirror holds, lets only those classes, people and enrollments through that are
 * others than they were, and names those that are gone.
 */
#ifndef STAGE_SHORTENER_H
#define STAGE_SHORTENER_H

#include <stdbool.h>

#include <jansson.h>

#include "digest.h"
#include "error.h"
#include "reader.h"

struct shortener;

struct shortener_params {
    int last_fd;             /* the last digest, or -1 */
    int next_fd;             /* where this one goes, or -1: there is to be none */
    const char *token;       /* of the digest that the mirror holds; "": none, send all */
    const json_t *unsettled; /* ids that are sent all the same, a list a table; may be NULL */
    const struct reader_result *result; /* of the reader whose records these are */
    struct reader_sink to;
};

/* @return NULL when memory ran out */
struct shortener *shortener_new(const struct shortener_params *params);

/* NULL is allowed. */
void shortener_free(struct shortener *shortener);

/* Lives as long as the shortener. */
const struct reader_sink *shortener_sink(struct shortener *shortener);

/*
 * Whether it cannot be told what to send: reading then has ended as failed, and is to begin anew
 * without a token.
 */
bool shortener_is_torn(const struct shortener *shortener);

/* Whether torn only because of what was read beside: then anew with the token, and without a
 * helper. */
bool shortener_wants_turns(const struct shortener *shortener);

/* Whether only what changed was sent. */
bool shortener_is_short(const struct shortener *shortener);

/*
 * The package was read to its end: ends its digest.
 *
 * @param ret_token  DIGEST_TOKEN_SIZE bytes; "" if there is none
 */
enum digest_end shortener_finish(struct shortener *shortener, char *ret_token);

#endif
