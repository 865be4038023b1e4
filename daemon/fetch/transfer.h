/*
 * Reading one remote file with several reads in flight. Bytes are handed on in
 * order, whatever order the answers come in; an answer that is shorter than asked is asked for
 * again from where it ended; nothing beyond the size of the listing is ever asked for.
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "talk.h"

struct transfer;

struct transfer_order {
    struct sftp_codec_handle handle;
    uint64_t size;        /* of the listing, bytes; above 0 */
    uint32_t depth;       /* reads in flight, 1 to BOUNDS_DEPTH */
    uint32_t read_length; /* bytes a read */
};

/* Where the bytes go, in their order. */
typedef int (*transfer_put_fn)(void *context, const uint8_t *bytes, size_t length,
                               struct error *reterr);

/* Talk and context stay the caller's and must outlive the transfer. NULL: no memory. */
struct transfer *transfer_new(const struct transfer_order *order, struct talk *talk,
                              transfer_put_fn put, void *context);
void transfer_free(struct transfer *transfer);

/* Asks for as much as may be in flight. */
int transfer_ask(struct transfer *transfer, struct error *reterr);

/*
 * Takes the answer to a read. CAUSE_SFTP_CHANGED: the file is shorter than it was in the listing.
 */
int transfer_take(struct transfer *transfer, const struct sftp_codec_reply *reply,
                  struct error *reterr);

/* Bytes handed on so far, and: are these all? */
uint64_t transfer_bytes(const struct transfer *transfer);
bool transfer_is_complete(const struct transfer *transfer);

#endif
