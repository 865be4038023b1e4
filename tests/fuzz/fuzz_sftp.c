/*
 * What a hostile SFTP server can send: the bytes are taken as the stream of a session. Each frame
 * is measured, decoded and walked from memory of exactly its size, names go through the choice of
 * a drop's file, and every text through the escape and back.
 */
#include "fuzz.h"
#include "printable.h"
#include "settle.h"
#include "sftp_codec.h"

#define NAMES_MAX 64
#define NAME_MAX_BYTES 255

/* Escaping is one-to-one, and its result is plain. */
static void
check_printable(const uint8_t *bytes, size_t length)
{
    char text[PRINTABLE_SIZE(NAME_MAX_BYTES)];
    char back[NAME_MAX_BYTES + 1];
    if (length > NAME_MAX_BYTES) {
        char small[32];
        PROMISE(printable_encode(bytes, length, small, sizeof small) < sizeof small);
        return;
    }
    size_t shown = printable_encode(bytes, length, text, sizeof text);
    PROMISE(strlen(text) == shown);
    for (size_t index = 0; index < shown; index++) {
        PROMISE((unsigned char)text[index] >= 0x20 && text[index] != 0x7f);
    }
    size_t restored = printable_decode(text, back, sizeof back);
    if (memchr(bytes, '\0', length) == NULL) {
        PROMISE(restored == length && memcmp(back, bytes, length) == 0);
    } else {
        PROMISE(restored == (size_t)-1);
    }
}

/* The choice never takes what is not in the listing, and remembers newest first. */
static void
check_choice(const struct settle_file *files, size_t count)
{
    struct settle_question question = {
        .mode = count % 2 == 0 ? SETTLE_TWO_POLLS : SETTLE_MARKER,
        .files = files,
        .file_count = count,
        .pattern = "*[a-z]*.zip",
        .seen = files,
        .seen_count = count,
        .known = count > 2 ? &files[1] : NULL,
    };
    struct settle_answer answer;
    settle_choose(&question, &answer);
    PROMISE(answer.seen_count <= SETTLE_SEEN_MAX);
    for (size_t index = 1; index < answer.seen_count; index++) {
        PROMISE(answer.seen[index - 1].mtime >= answer.seen[index].mtime);
    }
    if (answer.verdict == SETTLE_READY) {
        PROMISE(strchr(answer.chosen.name, '/') == NULL && answer.chosen.size > 0);
    }
}

static void
walk_names(struct sftp_codec_reply *reply)
{
    struct settle_file files[NAMES_MAX];
    size_t count = 0;
    struct sftp_codec_entry entry;
    while (sftp_codec_next_entry(reply, &entry) > 0) {
        check_printable(entry.name.bytes, entry.name.length);
        if (count == NAMES_MAX || entry.name.length > NAME_MAX_BYTES) {
            continue;
        }
        char *name = calloc(1, entry.name.length + 1);
        PROMISE(name != NULL);
        memcpy(name, entry.name.bytes, entry.name.length);
        files[count++] = (struct settle_file){
            .name = name, .size = entry.attributes.size, .mtime = (int64_t)entry.attributes.mtime};
    }
    check_choice(files, count);
    for (size_t index = 0; index < count; index++) {
        free((void *)(uintptr_t)files[index].name);
    }
}

static void
take_frame(const uint8_t *bytes, size_t length)
{
    uint8_t *frame = malloc(length); /* exact, so that a step outside is seen */
    struct sftp_codec_reply reply;
    PROMISE(frame != NULL);
    memcpy(frame, bytes, length);
    if (sftp_codec_decode(frame, length, &reply) == 0) {
        PROMISE(reply.data.length <= length && reply.text.length <= length);
        PROMISE(reply.handle.length <= SFTP_CODEC_HANDLE_MAX);
        check_printable(reply.text.bytes, reply.text.length);
        walk_names(&reply);
    }
    free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t frame = 0;
        if (sftp_codec_frame(data, size, &frame) != 0 || frame == 0 || frame > size) {
            break;
        }
        take_frame(data, frame);
        data += frame;
        size -= frame;
    }
    return 0;
}
