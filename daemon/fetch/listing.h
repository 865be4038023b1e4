/* What a folder showed: the names that can be the file or its marker are kept, the rest only
 * counted. */
#ifndef FETCH_LISTING_H
#define FETCH_LISTING_H

#include "error.h"
#include "settle.h"
#include "sftp_codec.h"

struct listing;

/* Pattern is borrowed. NULL: no memory. */
struct listing *listing_new(const char *pattern);
void listing_free(struct listing *listing);

/*
 * Takes all entries of a NAME reply.
 *
 * @return  0, or -1: CAUSE_SFTP_LISTING (more than BOUNDS_ENTRIES in all), CAUSE_SFTP_PROTOCOL (a
 *          broken entry, or a file without a size)
 */
int listing_add(struct listing *listing, struct sftp_codec_reply *reply, struct error *reterr);

/* The names kept, which live as long as the listing. */
const struct settle_file *listing_files(const struct listing *listing, size_t *ret_count);

#endif
