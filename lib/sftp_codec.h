/*
 * The wire form of SFTP version 3 (draft-ietf-secsh-filexfer-02), the client's side: requests are
 * encoded, replies decoded. No I/O and no state; every length is checked before it is used, and
 * what a reply points to lies inside the frame it was decoded from.
 *
 * Lenient where servers are known to differ and nothing is lost: a STATUS may lack its text, bytes
 * behind a reply's last field are ignored, attributes may be absent.
 */
#ifndef ROSTER_SFTP_CODEC_H
#define ROSTER_SFTP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every server must take reads of this size; more only if it says so (limits@openssh.com). */
#define SFTP_CODEC_READ_SAFE 32768
/* The longest path sent, the longest handle kept (the draft's limit), the longest frame taken:
 * OpenSSH's own limit on a packet, and a little for servers that count the header apart. */
#define SFTP_CODEC_PATH_MAX 4096
#define SFTP_CODEC_HANDLE_MAX 256
#define SFTP_CODEC_FRAME_MAX (256 * 1024 + 1024)
/* Room that any request fits into. */
#define SFTP_CODEC_REQUEST_MAX (2 * SFTP_CODEC_PATH_MAX + 64)

/* Packet types that we send. */
enum sftp_codec_request_type {
    SFTP_CODEC_INIT = 1,
    SFTP_CODEC_OPEN = 3, /* for reading */
    SFTP_CODEC_CLOSE = 4,
    SFTP_CODEC_READ = 5,
    SFTP_CODEC_LSTAT = 7,
    SFTP_CODEC_OPENDIR = 11,
    SFTP_CODEC_READDIR = 12,
    SFTP_CODEC_REMOVE = 13,
    SFTP_CODEC_MKDIR = 14,
    SFTP_CODEC_STAT = 17,
    SFTP_CODEC_RENAME = 18,
    SFTP_CODEC_LIMITS = 200, /* limits@openssh.com */
};

struct sftp_codec_handle {
    size_t length;
    uint8_t bytes[SFTP_CODEC_HANDLE_MAX];
};

/* One request; only the fields of its type are read. */
struct sftp_codec_request {
    enum sftp_codec_request_type type;
    uint32_t id;
    const char *path;
    const char *new_path;                   /* RENAME */
    const struct sftp_codec_handle *handle; /* CLOSE, READ, READDIR */
    uint64_t offset;                        /* READ */
    uint32_t length;                        /* READ, bytes */
};

/* Packet types that we understand in a reply. */
enum sftp_codec_reply_type {
    SFTP_CODEC_VERSION = 2,
    SFTP_CODEC_STATUS = 101,
    SFTP_CODEC_HANDLE = 102,
    SFTP_CODEC_DATA = 103,
    SFTP_CODEC_NAME = 104,
    SFTP_CODEC_ATTRS = 105,
    SFTP_CODEC_EXTENDED_REPLY = 201,
};

/* STATUS codes with a meaning for us; others are failures. */
enum sftp_codec_status {
    SFTP_CODEC_OK = 0,
    SFTP_CODEC_EOF = 1,
    SFTP_CODEC_NO_SUCH_FILE = 2,
    SFTP_CODEC_PERMISSION_DENIED = 3,
    SFTP_CODEC_FAILURE = 4,
    SFTP_CODEC_UNSUPPORTED = 8,
};

struct sftp_codec_attributes {
    bool has_size;
    bool has_mode;
    bool has_mtime;
    uint64_t size;  /* bytes */
    uint32_t mode;  /* POSIX st_mode */
    uint32_t mtime; /* seconds since 1970 */
};

/* Bytes inside a frame. */
struct sftp_codec_slice {
    const uint8_t *bytes;
    size_t length;
};

/* A decoded reply; only the fields of its type are set. Slices live as long as the frame. */
struct sftp_codec_reply {
    enum sftp_codec_reply_type type;
    uint32_t id;                             /* 0 for VERSION */
    uint32_t version;                        /* VERSION */
    bool has_limits;                         /* VERSION: offers limits@openssh.com version 1 */
    uint32_t status;                         /* STATUS: an sftp_codec_status or any other number */
    struct sftp_codec_slice text;            /* STATUS: the server's words, may be empty */
    struct sftp_codec_handle handle;         /* HANDLE */
    struct sftp_codec_slice data;            /* DATA */
    struct sftp_codec_attributes attributes; /* ATTRS */
    uint64_t read_max;                       /* EXTENDED_REPLY to LIMITS: bytes, 0: not said */
    uint32_t name_count;                     /* NAME: entries not yet taken */
    struct sftp_codec_slice names;           /* NAME: their bytes */
};

/* One entry of a NAME reply. The long name is skipped: its form is anyone's guess. */
struct sftp_codec_entry {
    struct sftp_codec_slice name;
    struct sftp_codec_attributes attributes;
};

/*
 * Encodes one request, with its length in front.
 *
 * @param buffer  room for size bytes; SFTP_CODEC_REQUEST_MAX always suffices
 * @return        bytes written, or 0: a path or handle is too long, or there is no room
 */
size_t sftp_codec_encode(const struct sftp_codec_request *request, uint8_t *buffer, size_t size);

/*
 * Where does the frame at the start of bytes end?
 *
 * @param ret_frame  the whole frame's length with its length field, 0 while that field is not
 *                   there yet; the frame is complete when this is at most `length`
 * @return           0, or -1: the frame is shorter than any reply or longer than
 *                   SFTP_CODEC_FRAME_MAX, and the stream cannot be followed any more
 */
int sftp_codec_frame(const uint8_t *bytes, size_t length, size_t *ret_frame);

/*
 * Decodes one complete frame of sftp_codec_frame's length.
 *
 * @return  0, or -1: an unknown type, or a field that reaches out of the frame
 */
int sftp_codec_decode(const uint8_t *frame, size_t length, struct sftp_codec_reply *ret_reply);

/*
 * Takes the next entry out of a NAME reply.
 *
 * @return  1, 0 when none is left, -1: the entry reaches out of the frame
 */
int sftp_codec_next_entry(struct sftp_codec_reply *reply, struct sftp_codec_entry *ret_entry);

#endif
