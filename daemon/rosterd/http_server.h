/*
 * The two local sockets: status.sock (GET only, to look) and control.sock (POST only, to act). Each
 * has its own HTTP daemon with its own thread, so lookers cannot block those who act, and neither
 * waits for the loop: answers come from the newest snapshot. What needs the loop (acts, findings,
 * old runs) is submitted as an ask while the connection sleeps.
 */
#ifndef ROSTERD_HTTP_SERVER_H
#define ROSTERD_HTTP_SERVER_H

#include "ask.h"
#include "error.h"
#include "snapshot.h"

/* Connections at once: of a socket, and of one user on a socket. A user who keeps half-open
 * requests then delays nobody else. */
#define HTTP_CONNECTIONS_MAX 32
#define HTTP_CONNECTIONS_PER_UID 4
/* Seconds without a byte from the client before its connection is closed. */
#define HTTP_SILENCE_S 5
/* Bytes for the head of a request and of its answer; of the body of a request. */
#define HTTP_HEAD_MAX (16 * 1024)
#define HTTP_BODY_MAX (64 * 1024)

struct http_options {
    const char *status_path; /* of the socket, at most 107 bytes */
    const char *control_path;
    const char *status_group; /* may connect; "" : the daemon's own group */
    const char *control_group;
    struct snapshot_board *board; /* outlives the server */
    struct ask_queue *asks;       /* till http_server_quiesce */
};

struct http_server;

/*
 * Opens both sockets and starts answering. Sockets handed over by systemd under the names "status"
 * and "control" are used as they are; the others are made with mode 0660 and their group, after a
 * lock beside them says that no other daemon has them (a socket left by a crash is replaced).
 *
 * @return 0, or -1 with nothing left behind
 */
int http_server_start(const struct http_options *options, struct http_server **ret_server,
                      struct error *reterr);

/* From now on nothing is asked of the loop: such requests are answered 503. When this returns no
 * thread is in ask_submit, so the queue may be closed. */
void http_server_quiesce(struct http_server *server);

/*
 * Ends both threads, removes the sockets that were made, frees. Every ask must have been answered:
 * http_server_quiesce, ask_queue_close, then this. Takes NULL.
 */
void http_server_stop(struct http_server *server);

#endif
