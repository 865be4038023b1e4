/*
 * One HTTP request over a Unix socket: connect, send, read to the end, close. Only rosterd is ever
 * at the other end, so this is the part of HTTP/1.1 that it speaks: a status line, headers,
 * Content-Length or the end of the connection, chunks. docs/adr/0011 says why it is not libcurl.
 */
#ifndef ROSTERCTL_CLIENT_H
#define ROSTERCTL_CLIENT_H

#include <stddef.h>

enum client_result {
    CLIENT_ANSWERED,      /* there is an HTTP status, whatever it says */
    CLIENT_NOT_RUNNING,   /* no socket, or nobody listens on it */
    CLIENT_NOT_PERMITTED, /* this user may not connect */
    CLIENT_TIMED_OUT,     /* connected, but no whole answer in time */
    CLIENT_BROKEN,        /* the connection ended early, or the answer is no HTTP */
    CLIENT_RESULT_COUNT
};

struct client_request {
    const char *socket; /* path of the Unix socket, at most 107 bytes */
    const char *method; /* "GET" or "POST" */
    const char *target; /* path and query, already percent-encoded */
    const char *body;   /* JSON text of a POST; NULL: none */
    int timeout_ms;     /* for all of it, from 1 */
};

struct client_answer {
    int status;      /* HTTP status */
    char *body;      /* ends with a NUL that is not counted; the caller frees it */
    size_t length;   /* of body, in bytes */
    char error[200]; /* when the result is not CLIENT_ANSWERED: what happened, for people */
};

/* The largest answer taken, so that a broken daemon cannot fill the machine's memory. */
#define CLIENT_BODY_MAX ((size_t)64 * 1024 * 1024)

/*
 * Does one request. Whatever the result, client_answer_deinit may be called on *ret_answer.
 */
enum client_result client_call(const struct client_request *request,
                               struct client_answer *ret_answer);

void client_answer_deinit(struct client_answer *answer);

/*
 * Reads status line, headers and body out of the bytes of a whole answer. For client_call and its
 * test.
 *
 * @param bytes   what came, `length` bytes and a NUL after them
 * @return 0, or -1 when it is not a whole HTTP/1.x answer
 */
int client_parse(char *bytes, size_t length, struct client_answer *ret_answer);

#endif
