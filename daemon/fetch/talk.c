#include "talk.h"

#include <stdlib.h>
#include <string.h>

struct talk {
    struct remote *remote;
    uint8_t *scratch;
    size_t scratch_size;
    uint8_t *out; /* requests not sent yet: from out_sent to out_length */
    size_t out_size;
    size_t out_sent;
    size_t out_length;
    uint8_t *in; /* the beginning of a frame whose end has not come yet */
    size_t in_size;
    size_t in_length;
    uint32_t last_id;
};

struct talk *
talk_new(struct remote *remote, uint8_t *scratch, size_t scratch_size)
{
    struct talk *talk = calloc(1, sizeof *talk);
    if (talk != NULL) {
        talk->remote = remote;
        talk->scratch = scratch;
        talk->scratch_size = scratch_size;
    }
    return talk;
}

void
talk_free(struct talk *talk)
{
    if (talk != NULL) {
        free(talk->out);
        free(talk->in);
        free(talk);
    }
}

static int
reserve(uint8_t **bytes, size_t *size, size_t wanted, struct error *reterr)
{
    if (wanted <= *size) {
        return 0;
    }
    size_t grown = *size * 2 > wanted ? *size * 2 : wanted;
    uint8_t *moved = realloc(*bytes, grown);
    if (moved == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for the SFTP conversation");
    }
    *bytes = moved;
    *size = grown;
    return 0;
}

int
talk_ask(struct talk *talk, struct sftp_codec_request *request, uint32_t *ret_id,
         struct error *reterr)
{
    uint8_t packet[SFTP_CODEC_REQUEST_MAX];
    request->id = ++talk->last_id;
    size_t length = sftp_codec_encode(request, packet, sizeof packet);
    if (length == 0) {
        return error_set(reterr, CAUSE_SFTP_REFUSED, "a path is longer than SFTP paths may be");
    }
    if (talk->out_sent == talk->out_length) {
        talk->out_sent = talk->out_length = 0;
    }
    if (reserve(&talk->out, &talk->out_size, talk->out_length + length, reterr) != 0) {
        return -1;
    }
    memcpy(talk->out + talk->out_length, packet, length);
    talk->out_length += length;
    *ret_id = request->id;
    return 0;
}

int
talk_flush(struct talk *talk, struct error *reterr)
{
    while (talk->out_sent < talk->out_length) {
        size_t written = 0;
        if (remote_write(talk->remote, talk->out + talk->out_sent,
                         talk->out_length - talk->out_sent, &written, reterr) != 0) {
            return -1;
        }
        if (written == 0) {
            break;
        }
        talk->out_sent += written;
    }
    return 0;
}

static int
hand_out(const uint8_t *frame, size_t length, talk_on_reply *on_reply, void *context,
         struct error *reterr)
{
    struct sftp_codec_reply reply;
    if (sftp_codec_decode(frame, length, &reply) != 0) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL,
                         "a reply of type %u that cannot be understood",
                         length > 4 ? (unsigned)frame[4] : 0U);
    }
    return on_reply(context, &reply, reterr);
}

static int
measure(const uint8_t *bytes, size_t length, size_t *ret_frame, struct error *reterr)
{
    if (sftp_codec_frame(bytes, length, ret_frame) != 0) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "a reply of impossible length");
    }
    return 0;
}

/* Completes the frame that was begun; *bytes moves behind what belongs to it. */
static int
complete(struct talk *talk, const uint8_t **bytes, size_t *length, talk_on_reply *on_reply,
         void *context, struct error *reterr)
{
    while (talk->in_length > 0 && *length > 0) {
        size_t frame = 0;
        if (measure(talk->in, talk->in_length, &frame, reterr) != 0) {
            return -1;
        }
        size_t wanted = frame > 0 ? frame : 4; /* first its length field */
        size_t missing = wanted - talk->in_length;
        size_t part = missing < *length ? missing : *length;
        if (reserve(&talk->in, &talk->in_size, wanted, reterr) != 0) {
            return -1;
        }
        memcpy(talk->in + talk->in_length, *bytes, part);
        talk->in_length += part;
        *bytes += part;
        *length -= part;
        if (frame > 0 && talk->in_length == frame) {
            talk->in_length = 0;
            if (hand_out(talk->in, frame, on_reply, context, reterr) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* Whole frames are read where they are; only what is left of the last one is copied. */
static int
digest(struct talk *talk, const uint8_t *bytes, size_t length, talk_on_reply *on_reply,
       void *context, struct error *reterr)
{
    if (complete(talk, &bytes, &length, on_reply, context, reterr) != 0) {
        return -1;
    }
    while (length > 0) {
        size_t frame = 0;
        if (measure(bytes, length, &frame, reterr) != 0) {
            return -1;
        }
        if (frame == 0 || frame > length) {
            if (reserve(&talk->in, &talk->in_size, frame > length ? frame : length, reterr) != 0) {
                return -1;
            }
            memcpy(talk->in, bytes, length);
            talk->in_length = length;
            return 0;
        }
        if (hand_out(bytes, frame, on_reply, context, reterr) != 0) {
            return -1;
        }
        bytes += frame;
        length -= frame;
    }
    return 0;
}

int
talk_listen(struct talk *talk, size_t turn, talk_on_reply *on_reply, void *context,
            size_t *ret_length, struct error *reterr)
{
    *ret_length = 0;
    while (*ret_length < turn) {
        size_t length = 0;
        switch (remote_read(talk->remote, talk->scratch, talk->scratch_size, &length, reterr)) {
        case REMOTE_DONE:
            break;
        case REMOTE_AGAIN:
            return 0;
        default:
            return -1;
        }
        *ret_length += length;
        if (digest(talk, talk->scratch, length, on_reply, context, reterr) != 0) {
            return -1;
        }
    }
    return 1;
}
