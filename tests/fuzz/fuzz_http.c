/*
 * Any bytes at the sockets, status or control, and any bytes as the server's answer to rosterctl:
 * every request is answered by HTTP that rosterctl can read, or by a closed connection.
 */
#include "fuzz.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "http_place.h"

#define ANSWER_MAX (1 << 20)
#define ANSWER_MS 10

static struct place *place;
static char answer_bytes[ANSWER_MAX];

static void
end_place(void)
{
    void *state = place;
    (void)place_tear_down(&state);
}

static void
begin_place(void)
{
    void *state = NULL;
    PROMISE(place_set_up(&state) == 0);
    place = state;
    place->queue.status = 200;
    place->queue.body = "{\"findings\": []}";
    (void)atexit(end_place);
}

/* Reads until the server closes; that it never does is noticed by the fuzzer's own deadline. */
static size_t
read_to_end(int fd)
{
    size_t length = 0;
    ssize_t got;
    while ((got = recv(fd, answer_bytes + length, sizeof answer_bytes - 1 - length, 0)) > 0) {
        length += (size_t)got;
    }
    answer_bytes[length] = '\0';
    return length;
}

static void
try_request(const char *socket_path, const uint8_t *data, size_t size)
{
    int fd = place_dial(socket_path);
    /* its answer states a length and has no body */
    bool is_head = memmem(data, size, "HEAD", 4) != NULL;
    struct client_answer answer = {0};
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            break; /* answered and closed before all was said */
        }
        data += sent;
        size -= (size_t)sent;
    }
    (void)send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
    /* a request that states a longer body than it has gets no answer before its time is over */
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    size_t length = poll(&poller, 1, ANSWER_MS) == 1 ? read_to_end(fd) : 0;
    if (length > 0 && !is_head) {
        PROMISE(client_parse(answer_bytes, length, &answer) == 0);
        PROMISE(answer.status >= 200 && answer.status < 600);
    }
    client_answer_deinit(&answer);
    (void)close(fd);
}

static void
try_answer(const uint8_t *data, size_t size)
{
    struct client_answer answer = {0};
    char *bytes = calloc(1, size + 1); /* exact, so that a step outside is seen */
    PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    if (client_parse(bytes, size, &answer) == 0) {
        PROMISE(answer.status >= 100 && answer.length <= size &&
                answer.body[answer.length] == '\0');
    }
    client_answer_deinit(&answer);
    free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (place == NULL) {
        begin_place();
    }
    if (size < 1) {
        return 0;
    }
    switch (data[0]) {
    case 's':
        try_request(place->status, data + 1, size - 1);
        break;
    case 'c':
        try_request(place->control, data + 1, size - 1);
        break;
    default:
        try_answer(data + 1, size - 1);
        break;
    }
    return 0;
}
