#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"

/* A read that is out, or whose answer came before those of the reads ahead of it. */
struct slot {
    uint64_t offset;
    uint32_t length; /* asked for at first, bytes */
    uint32_t taken;  /* answered so far */
    uint32_t id;     /* of the request that is out for the rest */
    uint8_t *early;  /* answered bytes that must wait; length bytes of room, or NULL */
};

struct transfer {
    struct transfer_order order;
    struct talk *talk;
    transfer_put_fn put;
    void *context;
    struct slot slots[BOUNDS_DEPTH]; /* a ring in the order of offsets */
    uint32_t first;                  /* the slot whose bytes the spool needs next */
    uint32_t count;
    uint64_t next;    /* offset of the next read */
    uint64_t spooled; /* bytes */
};

struct transfer *
transfer_new(const struct transfer_order *order, struct talk *talk, transfer_put_fn put,
             void *context)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer != NULL) {
        transfer->order = *order;
        transfer->talk = talk;
        transfer->put = put;
        transfer->context = context;
    }
    return transfer;
}

void
transfer_free(struct transfer *transfer)
{
    if (transfer != NULL) {
        for (size_t index = 0; index < BOUNDS_DEPTH; index++) {
            free(transfer->slots[index].early);
        }
        free(transfer);
    }
}

static int
ask_slot(struct transfer *transfer, struct slot *slot, struct error *reterr)
{
    struct sftp_codec_request request = {
        .type = SFTP_CODEC_READ,
        .handle = &transfer->order.handle,
        .offset = slot->offset + slot->taken,
        .length = slot->length - slot->taken,
    };
    return talk_ask(transfer->talk, &request, &slot->id, reterr);
}

int
transfer_ask(struct transfer *transfer, struct error *reterr)
{
    const struct transfer_order *order = &transfer->order;
    while (transfer->count < order->depth && transfer->next < order->size) {
        uint64_t left = order->size - transfer->next;
        struct slot *slot = &transfer->slots[(transfer->first + transfer->count) % BOUNDS_DEPTH];
        slot->offset = transfer->next;
        slot->length = left < order->read_length ? (uint32_t)left : order->read_length;
        slot->taken = 0;
        if (ask_slot(transfer, slot, reterr) != 0) {
            return -1;
        }
        transfer->next += slot->length;
        transfer->count++;
    }
    return 0;
}

static struct slot *
find_slot(struct transfer *transfer, uint32_t id)
{
    for (uint32_t index = 0; index < transfer->count; index++) {
        struct slot *slot = &transfer->slots[(transfer->first + index) % BOUNDS_DEPTH];
        if (slot->id == id && slot->taken < slot->length) {
            return slot;
        }
    }
    return NULL;
}

static int
keep_early(struct slot *slot, const struct sftp_codec_slice *data, struct error *reterr)
{
    if (slot->early == NULL) {
        slot->early = malloc(slot->length);
    }
    if (slot->early == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory to read ahead");
    }
    memcpy(slot->early + slot->taken, data->bytes, data->length);
    return 0;
}

static int
write_through(struct transfer *transfer, const uint8_t *bytes, size_t length, struct error *reterr)
{
    transfer->spooled += length;
    return transfer->put(transfer->context, bytes, length, reterr);
}

/* Moves on to the next slot while the first is complete. What came early for the new first one goes
 * into the spool at once, so that the first slot never holds bytes back. */
static int
advance_ring(struct transfer *transfer, struct error *reterr)
{
    while (transfer->count > 0) {
        struct slot *first = &transfer->slots[transfer->first];
        if (first->taken < first->length) {
            return 0;
        }
        transfer->first = (transfer->first + 1) % BOUNDS_DEPTH;
        transfer->count--;
        struct slot *next = &transfer->slots[transfer->first];
        if (transfer->count > 0 && next->early != NULL) {
            int result = write_through(transfer, next->early, next->taken, reterr);
            free(next->early);
            next->early = NULL;
            if (result != 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int
take_data(struct transfer *transfer, struct slot *slot, const struct sftp_codec_slice *data,
          struct error *reterr)
{
    if (data->length == 0 || data->length > slot->length - slot->taken) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "a read of %u bytes brought %zu",
                         slot->length - slot->taken, data->length);
    }
    bool is_first = slot == &transfer->slots[transfer->first];
    int result = is_first ? write_through(transfer, data->bytes, data->length, reterr)
                          : keep_early(slot, data, reterr);
    if (result != 0) {
        return -1;
    }
    slot->taken += (uint32_t)data->length;
    if (slot->taken < slot->length) {
        return ask_slot(transfer, slot, reterr);
    }
    return is_first ? advance_ring(transfer, reterr) : 0;
}

int
transfer_take(struct transfer *transfer, const struct sftp_codec_reply *reply, struct error *reterr)
{
    struct slot *slot = find_slot(transfer, reply->id);
    if (slot == NULL) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "an answer to a read that is not out");
    }
    if (reply->type == SFTP_CODEC_DATA) {
        return take_data(transfer, slot, &reply->data, reterr);
    }
    if (reply->type != SFTP_CODEC_STATUS || reply->status == SFTP_CODEC_OK) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "a read answered by type %u",
                         (unsigned)reply->type);
    }
    if (reply->status == SFTP_CODEC_EOF) {
        return error_set(reterr, CAUSE_SFTP_CHANGED, "the file ended before byte %llu of %llu",
                         (unsigned long long)(slot->offset + slot->taken + 1),
                         (unsigned long long)transfer->order.size);
    }
    return error_set(reterr, CAUSE_SFTP_REFUSED, "reading failed with status %u", reply->status);
}

uint64_t
transfer_bytes(const struct transfer *transfer)
{
    return transfer->spooled;
}

bool
transfer_is_complete(const struct transfer *transfer)
{
    return transfer->spooled == transfer->order.size && transfer->count == 0;
}
