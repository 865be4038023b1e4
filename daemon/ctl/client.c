/*
 * The happy path: connect (at once, it is a local socket) → send all → read until the server
 * closes → parse. Every wait is a poll() with what is left of the time; each failure leaves
 * through one of the client_result values with a sentence for people.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct buffer {
    char *bytes;
    size_t length;
    size_t size;
};

static long long
now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum client_result
fail(struct client_answer *answer, enum client_result result, const char *what, int error_number)
{
    if (error_number == 0) {
        (void)snprintf(answer->error, sizeof answer->error, "%s", what);
    } else {
        (void)snprintf(answer->error, sizeof answer->error, "%s: %s", what, strerror(error_number));
    }
    return result;
}

/* Waits for events until the deadline; false when it has passed. */
static bool
wait_for(int fd, short events, long long deadline_ms)
{
    for (;;) {
        long long left = deadline_ms - now_ms();
        if (left <= 0) {
            return false;
        }
        struct pollfd poller = {.fd = fd, .events = events};
        int ready = poll(&poller, 1, (int)left);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
}

static enum client_result
connect_to(const char *path, long long deadline_ms, struct client_answer *answer, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return fail(answer, CLIENT_BROKEN, "the socket's path is longer than 107 bytes", 0);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return fail(answer, CLIENT_BROKEN, "cannot make a socket", errno);
    }
    while (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error_number = errno;
        struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
        if (error_number == EINTR) {
            continue;
        }
        /* A local connect waits for nobody: EAGAIN means the queue of the listener is full. */
        if (error_number == EAGAIN && now_ms() < deadline_ms) {
            (void)nanosleep(&pause, NULL);
            continue;
        }
        (void)close(fd);
        switch (error_number) {
        case ENOENT:
        case ECONNREFUSED:
            return fail(answer, CLIENT_NOT_RUNNING, "nobody listens there", error_number);
        case EACCES:
        case EPERM:
            return fail(answer, CLIENT_NOT_PERMITTED, "this user may not connect", error_number);
        case EAGAIN:
            return fail(answer, CLIENT_TIMED_OUT, "rosterd takes no connections", 0);
        default:
            return fail(answer, CLIENT_BROKEN, "cannot connect", error_number);
        }
    }
    *ret_fd = fd;
    return CLIENT_ANSWERED;
}

static enum client_result
send_all(int fd, const char *bytes, size_t length, long long deadline_ms,
         struct client_answer *answer)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            if (!wait_for(fd, POLLOUT, deadline_ms)) {
                return fail(answer, CLIENT_TIMED_OUT, "rosterd does not read the request", 0);
            }
        } else if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            /* It may have answered and closed already: what it said is worth reading. */
            return CLIENT_ANSWERED;
        } else if (sent < 0 && errno != EINTR) {
            return fail(answer, CLIENT_BROKEN, "cannot send", errno);
        }
    }
    return CLIENT_ANSWERED;
}

/* Room for at least 4 KiB more and a NUL. */
static bool
buffer_grow(struct buffer *buffer)
{
    if (buffer->size - buffer->length > 4096) {
        return true;
    }
    size_t size = buffer->size == 0 ? 16384 : buffer->size * 2;
    char *bytes = realloc(buffer->bytes, size);
    if (bytes == NULL) {
        return false;
    }
    buffer->bytes = bytes;
    buffer->size = size;
    return true;
}

static enum client_result
read_all(int fd, struct buffer *buffer, long long deadline_ms, struct client_answer *answer)
{
    for (;;) {
        if (buffer->length > CLIENT_BODY_MAX || !buffer_grow(buffer)) {
            return fail(answer, CLIENT_BROKEN, "the answer is too large", 0);
        }
        ssize_t got =
            recv(fd, buffer->bytes + buffer->length, buffer->size - buffer->length - 1, 0);
        if (got > 0) {
            buffer->length += (size_t)got;
        } else if (got == 0 || errno == ECONNRESET) {
            buffer->bytes[buffer->length] = '\0';
            return CLIENT_ANSWERED;
        } else if (errno == EAGAIN) {
            if (!wait_for(fd, POLLIN, deadline_ms)) {
                return fail(answer, CLIENT_TIMED_OUT, "rosterd did not answer in time", 0);
            }
        } else if (errno != EINTR) {
            return fail(answer, CLIENT_BROKEN, "cannot read", errno);
        }
    }
}

/* The value of a header, or NULL. The head is NUL-terminated lines joined by "\r\n". */
static const char *
header_value(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            return value + strspn(value, " \t");
        }
    }
    return NULL;
}

/* Joins the chunks in place; the length of what they hold, or -1 when they do not end well. */
static ssize_t
join_chunks(char *body, size_t length)
{
    size_t from = 0;
    size_t to = 0;
    for (;;) {
        char *end = NULL;
        errno = 0;
        unsigned long chunk = strtoul(body + from, &end, 16);
        if (errno != 0 || end == body + from) {
            return -1;
        }
        end = strstr(end, "\r\n");
        if (end == NULL) {
            return -1;
        }
        from = (size_t)(end - body) + 2;
        if (chunk == 0) {
            return (ssize_t)to;
        }
        if (chunk > length || from + chunk + 2 > length) {
            return -1;
        }
        memmove(body + to, body + from, chunk);
        to += chunk;
        from += chunk + 2;
    }
}

int
client_parse(char *bytes, size_t length, struct client_answer *ret_answer)
{
    char *body = strstr(bytes, "\r\n\r\n");
    int status = 0;
    if (body == NULL || sscanf(bytes, "HTTP/1.%*1[01] %3d", &status) != 1 || status < 100) {
        return -1;
    }
    *body = '\0';
    body += 4;
    size_t body_length = length - (size_t)(body - bytes);
    const char *coding = header_value(bytes, "Transfer-Encoding");
    const char *declared = header_value(bytes, "Content-Length");
    if (coding != NULL) {
        ssize_t joined = join_chunks(body, body_length);
        if (joined < 0) {
            return -1;
        }
        body_length = (size_t)joined;
    } else if (declared != NULL) {
        unsigned long long expected = strtoull(declared, NULL, 10);
        if (expected > body_length) {
            return -1;
        }
        body_length = (size_t)expected;
    }
    char *copy = malloc(body_length + 1);
    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, body, body_length);
    copy[body_length] = '\0';
    ret_answer->status = status;
    ret_answer->body = copy;
    ret_answer->length = body_length;
    return 0;
}

static int
format_request(const struct client_request *request, char **ret_text)
{
    if (request->body == NULL) {
        return asprintf(ret_text, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                        request->method, request->target);
    }
    return asprintf(ret_text,
                    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Roster: 1\r\n"
                    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                    request->method, request->target, strlen(request->body), request->body);
}

enum client_result
client_call(const struct client_request *request, struct client_answer *ret_answer)
{
    *ret_answer = (struct client_answer){0};
    char *text = NULL;
    int length = format_request(request, &text);
    if (length < 0) {
        return fail(ret_answer, CLIENT_BROKEN, "memory ran out", 0);
    }
    long long deadline_ms = now_ms() + request->timeout_ms;
    int fd = -1;
    struct buffer buffer = {0};
    enum client_result result = connect_to(request->socket, deadline_ms, ret_answer, &fd);
    if (result == CLIENT_ANSWERED) {
        result = send_all(fd, text, (size_t)length, deadline_ms, ret_answer);
    }
    if (result == CLIENT_ANSWERED) {
        result = read_all(fd, &buffer, deadline_ms, ret_answer);
    }
    if (result == CLIENT_ANSWERED && buffer.length == 0) {
        result = fail(ret_answer, CLIENT_BROKEN,
                      "rosterd closed the connection without an answer (too many connections of "
                      "this user at once?)",
                      0);
    } else if (result == CLIENT_ANSWERED &&
               client_parse(buffer.bytes, buffer.length, ret_answer) != 0) {
        result = fail(ret_answer, CLIENT_BROKEN, "the answer is cut short or is no HTTP", 0);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    free(buffer.bytes);
    free(text);
    return result;
}

void
client_answer_deinit(struct client_answer *answer)
{
    free(answer->body);
    answer->body = NULL;
}
