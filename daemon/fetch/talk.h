/* The SFTP conversation over one channel: requests are queued and sent as the server takes them,
 * replies are cut out of the stream whatever pieces it comes in. Knows no meaning of either. */
#ifndef FETCH_TALK_H
#define FETCH_TALK_H

#include "remote.h"
#include "sftp_codec.h"

struct talk;

/*
 * @param scratch  a buffer that all conversations of the loop share, as large as the widest window;
 *                 holds nothing between calls
 */
struct talk *talk_new(struct remote *remote, uint8_t *scratch, size_t scratch_size);
void talk_free(struct talk *talk);

/* Queues a request under a new number, which goes to ret_id. -1: a path is too long, no memory. */
int talk_ask(struct talk *talk, struct sftp_codec_request *request, uint32_t *ret_id,
             struct error *reterr);

/* Sends what is queued and the server has room for. */
int talk_flush(struct talk *talk, struct error *reterr);

/* 0: go on; -1: stop, reterr is set. The reply lives until the call returns. */
typedef int talk_on_reply(void *context, struct sftp_codec_reply *reply, struct error *reterr);

/*
 * Reads and hands out replies until nothing is left, at most about `turn` bytes.
 *
 * @param ret_length  bytes read
 * @return            0: nothing more for now; 1: there may be more, call again in the next turn;
 *                    -1
 */
int talk_listen(struct talk *talk, size_t turn, talk_on_reply *on_reply, void *context,
                size_t *ret_length, struct error *reterr);

#endif
