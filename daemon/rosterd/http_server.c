/*
 * The happy path of a request: the connection is counted against its user → head read → guards →
 * body read → routed to http_status.c or http_control.c → answered from the snapshot, or put to
 * sleep by http_ask until the loop has answered → sent, closed.
 *
 * A user over the limit gets a short 503 and is closed before a byte is read. What a guard refuses
 * is answered before the body. A client that goes silent is closed by libmicrohttpd. At the end
 * nothing may be asleep any more: first quiesce, then the loop answers what is open, then stop.
 */
#include "http_server.h"

#include "http_call.h"
#include "http_socket.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const http_door_words[HTTP_DOOR_COUNT] = {
    [HTTP_DOOR_STATUS] = "status", [HTTP_DOOR_CONTROL] = "control"};

const char *const http_refusal_words[HTTP_REFUSAL_COUNT] = {
    [HTTP_REFUSAL_HOST] = "host",     [HTTP_REFUSAL_BROWSER] = "browser",
    [HTTP_REFUSAL_METHOD] = "method", [HTTP_REFUSAL_FORM] = "form",
    [HTTP_REFUSAL_SIZE] = "size",     [HTTP_REFUSAL_CONNECTIONS] = "connections"};

/* A connection's user. Only the thread of the door touches these. */
struct peer {
    bool is_used;
    bool is_asking; /* the loop works on its question, whether the client still waits or not */
    uid_t uid;
    int fd; /* open as long as is_used */
};

struct door {
    struct http_server *server;
    enum http_door door;
    struct http_socket socket;
    struct MHD_Daemon *daemon;
    struct peer peers[HTTP_CONNECTIONS_MAX];
};

struct http_server {
    struct snapshot_board *board;
    struct ask_queue *asks; /* NULL once quiesced */
    pthread_mutex_t asks_mutex;
    struct http_counters counters;
    struct door doors[HTTP_DOOR_COUNT];
};

const struct snapshot *
http_snapshot(struct http_call *call)
{
    return snapshot_get(call->server->board);
}

const struct http_counters *
http_counters_of(const struct http_call *call)
{
    return &call->server->counters;
}

/* The loop's thread: the answer is stored, then the connection wakes up. After the wake-up the call
 * may be gone at any moment. */
static void
on_answer(void *context, int status, json_t *body)
{
    struct http_call *call = context;
    call->ask_status = status;
    call->ask_body = body;
    MHD_resume_connection(call->connection);
}

enum MHD_Result
http_ask(struct http_call *call, const struct ask *ask, http_finish_fn finish)
{
    struct http_server *server = call->server;
    call->is_asked = true;
    call->finish = finish;
    call->peer->is_asking = true;
    MHD_suspend_connection(call->connection);
    (void)pthread_mutex_lock(&server->asks_mutex);
    int submitted = server->asks == NULL ? -1 : ask_submit(server->asks, ask, on_answer, call);
    (void)pthread_mutex_unlock(&server->asks_mutex);
    if (submitted != 0) {
        on_answer(call, MHD_HTTP_SERVICE_UNAVAILABLE,
                  ask_error(CAUSE_DB_BUSY, "rosterd is stopping, or has too many questions open",
                            "Try again in a moment."));
    }
    return MHD_YES;
}

/* --- connections and their users ------------------------------------------------------------- */

static void
refuse_connection(struct door *door, int fd)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Connection: close\r\n\r\n"
        "{\"schema\":1,\"code\":\"ctl.connections\",\"message\":\"this user has too many "
        "connections open\",\"hint\":\"Close one of them.\",\"owner\":\"ops\"}\n";
    (void)send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_RDWR);
    atomic_fetch_add(&door->server->counters.refused[door->door][HTTP_REFUSAL_CONNECTIONS], 1);
}

/* A connection that its client has closed costs nobody anything any more, even if libmicrohttpd has
 * yet to notice; one that asked something goes on costing until it is answered. */
static bool
is_counted(const struct peer *peer)
{
    struct pollfd poller = {.fd = peer->fd};
    bool is_gone = poll(&poller, 1, 0) == 1 && (poller.revents & POLLHUP) != 0;
    return peer->is_asking || !is_gone;
}

static void
take_peer(struct door *door, int fd, void **socket_context)
{
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t length = sizeof credentials;
    struct peer *free_peer = NULL;
    int of_this_uid = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
        refuse_connection(door, fd);
        return;
    }
    for (size_t index = 0; index < HTTP_CONNECTIONS_MAX; index++) {
        struct peer *peer = &door->peers[index];
        if (!peer->is_used) {
            free_peer = peer;
        } else if (peer->uid == credentials.uid && is_counted(peer)) {
            of_this_uid++;
        }
    }
    if (free_peer == NULL || of_this_uid >= HTTP_CONNECTIONS_PER_UID) {
        refuse_connection(door, fd);
        return;
    }
    *free_peer = (struct peer){.is_used = true, .uid = credentials.uid, .fd = fd};
    *socket_context = free_peer;
}

static void
on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
              enum MHD_ConnectionNotificationCode code)
{
    struct door *door = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct peer *peer = *socket_context;
        if (peer != NULL) {
            peer->is_used = false;
        }
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = NULL;
    if (info != NULL) {
        take_peer(door, info->connect_fd, socket_context);
    }
}

/* --- guards ---------------------------------------------------------------------------------- */

static const char *
header(struct http_call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

/* localhost, 127.0.0.1 and [::1], with any port. Another name means that a page of the Internet
 * got its own name to point at this machine. */
static bool
is_local_host(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        size_t length = strlen(names[index]);
        if (strncasecmp(host, names[index], length) == 0 &&
            (host[length] == '\0' ||
             (host[length] == ':' &&
              strspn(host + length + 1, "0123456789") == strlen(host + length + 1)))) {
            return true;
        }
    }
    return false;
}

/* Whether a web page made this request. Looking is allowed to a browser's own address line (and to
 * pages that came from here), acting to no browser at all. */
static bool
is_from_page(struct http_call *call)
{
    const char *site = header(call, "Sec-Fetch-Site");
    if (call->door == HTTP_DOOR_STATUS) {
        return header(call, "Origin") != NULL ||
               (site != NULL && strcmp(site, "none") != 0 && strcmp(site, "same-origin") != 0);
    }
    return header(call, "Origin") != NULL || header(call, "Referer") != NULL || site != NULL ||
           header(call, "Sec-Fetch-Mode") != NULL || header(call, "Sec-Fetch-Dest") != NULL;
}

static enum MHD_Result
refuse(struct http_call *call, enum http_refusal refusal, int status, const char *message,
       const char *hint)
{
    call->is_refused = true;
    atomic_fetch_add(&call->server->counters.refused[call->door][refusal], 1);
    return http_send_error(call, status, CAUSE_USAGE, message, hint);
}

static bool
is_body_too_large(struct http_call *call)
{
    const char *length = header(call, "Content-Length");
    return length != NULL && strtoull(length, NULL, 10) > HTTP_BODY_MAX;
}

/* Answers at once what may not go on; MHD_YES with is_refused set. */
static enum MHD_Result
guard(struct http_call *call, const char *method)
{
    const char *host = header(call, "Host");
    bool is_look = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (host == NULL || !is_local_host(host)) {
        return refuse(call, HTTP_REFUSAL_HOST, MHD_HTTP_FORBIDDEN,
                      "the Host header must be localhost, 127.0.0.1 or [::1]",
                      "Use http://localhost/… with --unix-socket, or with the port of ssh -L.");
    }
    if (is_from_page(call)) {
        return refuse(call, HTTP_REFUSAL_BROWSER, MHD_HTTP_FORBIDDEN,
                      "requests made by web pages are not answered here", "Use rosterctl.");
    }
    if (call->door == HTTP_DOOR_STATUS && !is_look) {
        return refuse(call, HTTP_REFUSAL_METHOD, MHD_HTTP_METHOD_NOT_ALLOWED,
                      "this socket is for looking: GET and HEAD only", "Acts go to control.sock.");
    }
    if (call->door == HTTP_DOOR_CONTROL && strcmp(method, "POST") != 0) {
        return refuse(call, HTTP_REFUSAL_METHOD, MHD_HTTP_METHOD_NOT_ALLOWED,
                      "this socket is for acting: POST only", "To look, use status.sock.");
    }
    if (is_body_too_large(call)) {
        return refuse(call, HTTP_REFUSAL_SIZE, MHD_HTTP_CONTENT_TOO_LARGE,
                      "the body of a request has at most 64 KiB", "");
    }
    if (call->door == HTTP_DOOR_CONTROL) {
        const char *type = header(call, "Content-Type");
        const char *mark = header(call, "X-Roster");
        if (type == NULL || strncasecmp(type, "application/json", 16) != 0 || mark == NULL ||
            strcmp(mark, "1") != 0) {
            return refuse(call, HTTP_REFUSAL_FORM, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                          "an act needs Content-Type: application/json and X-Roster: 1",
                          "Use rosterctl, or send both headers.");
        }
    }
    return MHD_YES;
}

/* --- requests -------------------------------------------------------------------------------- */

static struct http_call *
call_new(struct door *door, struct MHD_Connection *connection)
{
    struct http_call *call = calloc(1, sizeof *call);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct peer *peer = info == NULL ? NULL : info->socket_context;
    if (call == NULL || peer == NULL) {
        free(call);
        return NULL;
    }
    call->server = door->server;
    call->connection = connection;
    call->door = door->door;
    call->peer = peer;
    (void)snprintf(call->by, sizeof call->by, "uid:%u", (unsigned)peer->uid);
    atomic_fetch_add(&door->server->counters.requests[door->door], 1);
    return call;
}

static enum MHD_Result
take_body(struct http_call *call, const char *bytes, size_t *length)
{
    if (call->body_length + *length > HTTP_BODY_MAX) {
        /* Chunked and longer than allowed: nothing can be answered in mid-body, so close. */
        atomic_fetch_add(&call->server->counters.refused[call->door][HTTP_REFUSAL_SIZE], 1);
        return MHD_NO;
    }
    char *body = realloc(call->body, call->body_length + *length + 1);
    if (body == NULL) {
        return MHD_NO;
    }
    memcpy(body + call->body_length, bytes, *length);
    call->body = body;
    call->body_length += *length;
    body[call->body_length] = '\0';
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result
send_answer(struct http_call *call)
{
    int status = call->ask_status;
    json_t *body = call->ask_body;
    call->ask_body = NULL;
    if (call->finish != NULL) {
        body = call->finish(call, &status, body);
    }
    if (body == NULL) {
        return http_send_error(call, MHD_HTTP_INTERNAL_SERVER_ERROR, CAUSE_MEMORY,
                               "rosterd has no answer", "Try again.");
    }
    return http_send_json(call, status, body);
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *upload, size_t *upload_length, void **request_context)
{
    struct door *door = context;
    struct http_call *call = *request_context;
    (void)version;
    if (call == NULL) {
        call = call_new(door, connection);
        *request_context = call;
        return call == NULL ? MHD_NO : guard(call, method);
    }
    if (call->is_refused) {
        *upload_length = 0;
        return MHD_YES;
    }
    if (*upload_length > 0) {
        return take_body(call, upload, upload_length);
    }
    if (call->is_asked) {
        return send_answer(call);
    }
    return call->door == HTTP_DOOR_STATUS ? http_status_route(call, path)
                                          : http_control_route(call, path);
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **request_context,
             enum MHD_RequestTerminationCode code)
{
    struct http_call *call = *request_context;
    (void)context;
    (void)connection;
    (void)code;
    if (call != NULL) {
        json_decref(call->ask_body);
        if (call->snapshot != NULL) {
            snapshot_put(call->snapshot);
        }
        free(call->body);
        free(call);
    }
    *request_context = NULL;
}

/* --- start and stop -------------------------------------------------------------------------- */

static int
start_door(struct door *door, struct error *reterr)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    door->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, door, MHD_OPTION_LISTEN_SOCKET, door->socket.fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_MAX,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (door->daemon == NULL) {
        return error_set(reterr, CAUSE_INTERNAL, "cannot start the HTTP thread of %s.sock",
                         http_door_words[door->door]);
    }
    return 0;
}

static int
open_doors(struct http_server *server, const struct http_options *options, struct error *reterr)
{
    const char *const paths[] = {options->status_path, options->control_path};
    const char *const groups[] = {options->status_group, options->control_group};
    for (size_t index = 0; index < HTTP_DOOR_COUNT; index++) {
        struct door *door = &server->doors[index];
        if (http_socket_open(http_door_words[index], paths[index], groups[index], &door->socket,
                             reterr) != 0) {
            return -1;
        }
    }
    for (size_t index = 0; index < HTTP_DOOR_COUNT; index++) {
        if (start_door(&server->doors[index], reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

int
http_server_start(const struct http_options *options, struct http_server **ret_server,
                  struct error *reterr)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for the sockets");
    }
    server->board = options->board;
    server->asks = options->asks;
    (void)pthread_mutex_init(&server->asks_mutex, NULL);
    for (int index = 0; index < HTTP_DOOR_COUNT; index++) {
        server->doors[index] = (struct door){
            .server = server, .door = (enum http_door)index, .socket = {.fd = -1, .lock_fd = -1}};
    }
    /* Once, before there are threads: JSON objects made by several of them share the seed. */
    json_object_seed(0);
    if (open_doors(server, options, reterr) != 0) {
        http_server_stop(server);
        return -1;
    }
    *ret_server = server;
    return 0;
}

void
http_server_quiesce(struct http_server *server)
{
    (void)pthread_mutex_lock(&server->asks_mutex);
    server->asks = NULL;
    (void)pthread_mutex_unlock(&server->asks_mutex);
}

void
http_server_stop(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    for (size_t index = 0; index < HTTP_DOOR_COUNT; index++) {
        struct door *door = &server->doors[index];
        bool had_thread = door->daemon != NULL;
        if (had_thread) {
            MHD_stop_daemon(door->daemon); /* closes the listening socket too */
        }
        http_socket_close(&door->socket, !had_thread);
    }
    (void)pthread_mutex_destroy(&server->asks_mutex);
    free(server);
}
