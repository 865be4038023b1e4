#include "sftp_codec.h"

#include <string.h>

#define LIMITS_NAME "limits@openssh.com"
#define PACKET_EXTENDED 200
#define OPEN_FOR_READING 1

enum attribute_flag {
    ATTRIBUTE_SIZE = 0x1,
    ATTRIBUTE_OWNER = 0x2,
    ATTRIBUTE_MODE = 0x4,
    ATTRIBUTE_TIMES = 0x8,
    ATTRIBUTE_EXTENDED = 0x80000000,
};

/* Writes into a bounded buffer; once it failed it stays failed. */
struct writer {
    uint8_t *bytes;
    size_t size;
    size_t at;
    bool failed;
};

/* Reads from a bounded buffer; once it failed it yields zeros and empty slices. */
struct reader {
    const uint8_t *bytes;
    size_t left;
    bool failed;
};

static void
put_bytes(struct writer *writer, const void *bytes, size_t length)
{
    if (writer->failed || length > writer->size - writer->at) {
        writer->failed = true;
        return;
    }
    memcpy(writer->bytes + writer->at, bytes, length);
    writer->at += length;
}

static void
put_u8(struct writer *writer, uint8_t value)
{
    put_bytes(writer, &value, 1);
}

static void
put_u32(struct writer *writer, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    put_bytes(writer, bytes, sizeof bytes);
}

static void
put_u64(struct writer *writer, uint64_t value)
{
    put_u32(writer, (uint32_t)(value >> 32));
    put_u32(writer, (uint32_t)value);
}

static void
put_string(struct writer *writer, const void *bytes, size_t length, size_t limit)
{
    if (length > limit) {
        writer->failed = true;
        return;
    }
    put_u32(writer, (uint32_t)length);
    put_bytes(writer, bytes, length);
}

static void
put_path(struct writer *writer, const char *path)
{
    put_string(writer, path, strlen(path), SFTP_CODEC_PATH_MAX);
}

static void
put_handle(struct writer *writer, const struct sftp_codec_handle *handle)
{
    put_string(writer, handle->bytes, handle->length, SFTP_CODEC_HANDLE_MAX);
}

static void
put_body(struct writer *writer, const struct sftp_codec_request *request)
{
    switch (request->type) {
    case SFTP_CODEC_INIT:
        break;
    case SFTP_CODEC_OPEN:
        put_path(writer, request->path);
        put_u32(writer, OPEN_FOR_READING);
        put_u32(writer, 0); /* no attributes */
        break;
    case SFTP_CODEC_MKDIR:
        put_path(writer, request->path);
        put_u32(writer, 0);
        break;
    case SFTP_CODEC_LSTAT:
    case SFTP_CODEC_STAT:
    case SFTP_CODEC_OPENDIR:
    case SFTP_CODEC_REMOVE:
        put_path(writer, request->path);
        break;
    case SFTP_CODEC_RENAME:
        put_path(writer, request->path);
        put_path(writer, request->new_path);
        break;
    case SFTP_CODEC_CLOSE:
    case SFTP_CODEC_READDIR:
        put_handle(writer, request->handle);
        break;
    case SFTP_CODEC_READ:
        put_handle(writer, request->handle);
        put_u64(writer, request->offset);
        put_u32(writer, request->length);
        break;
    case SFTP_CODEC_LIMITS:
        put_string(writer, LIMITS_NAME, strlen(LIMITS_NAME), SFTP_CODEC_PATH_MAX);
        break;
    }
}

size_t
sftp_codec_encode(const struct sftp_codec_request *request, uint8_t *buffer, size_t size)
{
    struct writer writer = {.bytes = buffer, .size = size};
    put_u32(&writer, 0); /* the length, known at the end */
    put_u8(&writer, request->type == SFTP_CODEC_LIMITS ? PACKET_EXTENDED : (uint8_t)request->type);
    put_u32(&writer, request->type == SFTP_CODEC_INIT ? 3 : request->id);
    put_body(&writer, request);
    if (writer.failed) {
        return 0;
    }
    struct writer front = {.bytes = buffer, .size = 4};
    put_u32(&front, (uint32_t)(writer.at - 4));
    return writer.at;
}

static struct sftp_codec_slice
get_bytes(struct reader *reader, size_t length)
{
    if (reader->failed || length > reader->left) {
        reader->failed = true;
        return (struct sftp_codec_slice){.bytes = reader->bytes, .length = 0};
    }
    struct sftp_codec_slice slice = {.bytes = reader->bytes, .length = length};
    reader->bytes += length;
    reader->left -= length;
    return slice;
}

static uint8_t
get_u8(struct reader *reader)
{
    struct sftp_codec_slice slice = get_bytes(reader, 1);
    return slice.length == 1 ? slice.bytes[0] : 0;
}

static uint32_t
get_u32(struct reader *reader)
{
    struct sftp_codec_slice slice = get_bytes(reader, 4);
    if (slice.length != 4) {
        return 0;
    }
    return (uint32_t)slice.bytes[0] << 24 | (uint32_t)slice.bytes[1] << 16 |
           (uint32_t)slice.bytes[2] << 8 | slice.bytes[3];
}

static uint64_t
get_u64(struct reader *reader)
{
    uint64_t high = get_u32(reader);
    return high << 32 | get_u32(reader);
}

static struct sftp_codec_slice
get_string(struct reader *reader)
{
    return get_bytes(reader, get_u32(reader));
}

static struct sftp_codec_attributes
get_attributes(struct reader *reader)
{
    struct sftp_codec_attributes attributes = {.has_size = false};
    uint32_t flags = get_u32(reader);
    if (flags & ATTRIBUTE_SIZE) {
        attributes.has_size = true;
        attributes.size = get_u64(reader);
    }
    if (flags & ATTRIBUTE_OWNER) {
        (void)get_u64(reader);
    }
    if (flags & ATTRIBUTE_MODE) {
        attributes.has_mode = true;
        attributes.mode = get_u32(reader);
    }
    if (flags & ATTRIBUTE_TIMES) {
        (void)get_u32(reader);
        attributes.has_mtime = true;
        attributes.mtime = get_u32(reader);
    }
    if (flags & ATTRIBUTE_EXTENDED) {
        uint32_t count = get_u32(reader);
        /* Each pair takes bytes of the frame, so a large count ends at the frame's end. */
        for (uint32_t pair = 0; pair < count && !reader->failed; pair++) {
            (void)get_string(reader);
            (void)get_string(reader);
        }
    }
    return attributes;
}

static bool
is_text(struct sftp_codec_slice slice, const char *text)
{
    return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

static void
get_version(struct reader *reader, struct sftp_codec_reply *reply)
{
    reply->version = get_u32(reader);
    /* Extensions are only hints: what cannot be read there is as good as not offered. */
    struct reader rest = *reader;
    while (rest.left > 0 && !rest.failed) {
        struct sftp_codec_slice name = get_string(&rest);
        struct sftp_codec_slice value = get_string(&rest);
        if (!rest.failed && is_text(name, LIMITS_NAME) && is_text(value, "1")) {
            reply->has_limits = true;
        }
    }
}

static void
get_status(struct reader *reader, struct sftp_codec_reply *reply)
{
    reply->status = get_u32(reader);
    if (!reader->failed) {
        /* Some servers leave out the text: then it is empty. */
        struct reader rest = *reader;
        reply->text = get_string(&rest);
    }
}

static void
get_handle(struct reader *reader, struct sftp_codec_reply *reply)
{
    struct sftp_codec_slice handle = get_string(reader);
    if (handle.length > SFTP_CODEC_HANDLE_MAX) {
        reader->failed = true;
        return;
    }
    reply->handle.length = handle.length;
    memcpy(reply->handle.bytes, handle.bytes, handle.length);
}

/* The answer to limits@openssh.com: packet, read, write, handles. No other extended request is
 * ever sent. */
static void
get_limits(struct reader *reader, struct sftp_codec_reply *reply)
{
    (void)get_u64(reader);
    reply->read_max = get_u64(reader);
}

int
sftp_codec_frame(const uint8_t *bytes, size_t length, size_t *ret_frame)
{
    struct reader reader = {.bytes = bytes, .left = length};
    *ret_frame = 0;
    uint32_t payload = get_u32(&reader);
    if (reader.failed) {
        return 0;
    }
    /* The shortest reply is a type and a number. */
    if (payload < 5 || payload > SFTP_CODEC_FRAME_MAX - 4) {
        return -1;
    }
    *ret_frame = (size_t)payload + 4;
    return 0;
}

int
sftp_codec_decode(const uint8_t *frame, size_t length, struct sftp_codec_reply *ret_reply)
{
    struct reader reader = {.bytes = frame, .left = length};
    struct sftp_codec_reply *reply = ret_reply;
    /* Not the whole struct: the handle's 256 bytes would be cleared for each 32 KiB of data. */
    reply->version = 0;
    reply->has_limits = false;
    reply->status = 0;
    reply->handle.length = 0;
    reply->read_max = 0;
    reply->name_count = 0;
    reply->text = reply->data = reply->names =
        (struct sftp_codec_slice){.bytes = frame, .length = 0};
    reply->attributes = (struct sftp_codec_attributes){.has_size = false};

    if (get_u32(&reader) != reader.left || reader.failed) {
        return -1;
    }
    uint8_t type = get_u8(&reader);
    reply->type = (enum sftp_codec_reply_type)type;
    reply->id = type == SFTP_CODEC_VERSION ? 0 : get_u32(&reader);
    switch (type) {
    case SFTP_CODEC_VERSION:
        get_version(&reader, reply);
        break;
    case SFTP_CODEC_STATUS:
        get_status(&reader, reply);
        break;
    case SFTP_CODEC_HANDLE:
        get_handle(&reader, reply);
        break;
    case SFTP_CODEC_DATA:
        reply->data = get_string(&reader);
        break;
    case SFTP_CODEC_NAME:
        reply->name_count = get_u32(&reader);
        reply->names = (struct sftp_codec_slice){.bytes = reader.bytes, .length = reader.left};
        break;
    case SFTP_CODEC_ATTRS:
        reply->attributes = get_attributes(&reader);
        break;
    case SFTP_CODEC_EXTENDED_REPLY:
        get_limits(&reader, reply);
        break;
    default:
        return -1;
    }
    return reader.failed ? -1 : 0;
}

int
sftp_codec_next_entry(struct sftp_codec_reply *reply, struct sftp_codec_entry *ret_entry)
{
    if (reply->name_count == 0) {
        return 0;
    }
    struct reader reader = {.bytes = reply->names.bytes, .left = reply->names.length};
    ret_entry->name = get_string(&reader);
    (void)get_string(&reader);
    ret_entry->attributes = get_attributes(&reader);
    if (reader.failed) {
        return -1;
    }
    reply->name_count--;
    reply->names = (struct sftp_codec_slice){.bytes = reader.bytes, .length = reader.left};
    return 1;
}
