/*
 * One request on its way to an answer; for the http_ files only. Everything here runs on the
 * thread of the request's socket, but for the delivery of an ask's answer.
 */
#ifndef ROSTERD_HTTP_CALL_H
#define ROSTERD_HTTP_CALL_H

#include "ask.h"
#include "snapshot.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum http_door { HTTP_DOOR_STATUS, HTTP_DOOR_CONTROL, HTTP_DOOR_COUNT };

/* Why a request was refused before anybody looked at what it wants. */
enum http_refusal {
    HTTP_REFUSAL_HOST,
    HTTP_REFUSAL_BROWSER,
    HTTP_REFUSAL_METHOD,
    HTTP_REFUSAL_FORM,
    HTTP_REFUSAL_SIZE,
    HTTP_REFUSAL_CONNECTIONS,
    HTTP_REFUSAL_COUNT
};

/* Since the start. Read by other threads for the metrics. */
struct http_counters {
    _Atomic uint64_t requests[HTTP_DOOR_COUNT];
    _Atomic uint64_t refused[HTTP_DOOR_COUNT][HTTP_REFUSAL_COUNT];
};

extern const char *const http_door_words[HTTP_DOOR_COUNT];
extern const char *const http_refusal_words[HTTP_REFUSAL_COUNT];

struct http_server;
struct http_call;
struct peer;

/* Turns an ask's answer into the one that is sent; takes over `body` and gives one back. */
typedef json_t *(*http_finish_fn)(struct http_call *call, int *status, json_t *body);

struct http_call {
    struct http_server *server;
    struct MHD_Connection *connection;
    enum http_door door;
    struct peer *peer; /* the connection's user */
    char by[24];       /* who asks: "uid:1000" */
    bool is_refused;

    char *body;
    size_t body_length;

    /* Set by the thread that answers an ask, before it wakes the connection up. */
    bool is_asked;
    int ask_status;
    json_t *ask_body;
    http_finish_fn finish;

    /* What finish needs to know of the query. */
    int64_t run_id;
    int limit;
    const struct snapshot *snapshot;          /* held while asking, or NULL */
    const struct snapshot_district *district; /* of that snapshot, or NULL */
};

/* Sends an object (taken over) with "schema" added. */
enum MHD_Result http_send_json(struct http_call *call, int status, json_t *body);

/* Sends text (taken over, malloc'd). */
enum MHD_Result http_send_text(struct http_call *call, int status, const char *type, char *text);

/* Sends {"code", "message", "hint", "owner"}. */
enum MHD_Result http_send_error(struct http_call *call, int status, enum cause cause,
                                const char *message, const char *hint);

/* Asks the loop and sends what it answers, through `finish` if there is one. */
enum MHD_Result http_ask(struct http_call *call, const struct ask *ask, http_finish_fn finish);

/* The newest snapshot, to be given back with snapshot_put; NULL before the first. */
const struct snapshot *http_snapshot(struct http_call *call);

const struct http_counters *http_counters_of(const struct http_call *call);

/* A parameter of the query, or NULL. */
const char *http_query(struct http_call *call, const char *key);

/* A number of the query between 1 and `max`; `fallback` when there is none, -1 when it is wrong. */
int http_query_limit(struct http_call *call, int fallback, int max);

/*
 * The parts of a path behind "/v1/": at most 3, each a copy in `buffer`.
 *
 * @return their number; 0: no such path
 */
#define HTTP_PARTS_MAX 3
#define HTTP_PART_SIZE 200
size_t http_split_path(const char *path, char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE]);

/* The number of a run in a path; -1: it is none. */
int64_t http_run_id(const char *text);

/* The routes of the two sockets. */
enum MHD_Result http_status_route(struct http_call *call, const char *path);
enum MHD_Result http_control_route(struct http_call *call, const char *path);

/* /metrics and /metrics/districts as text, malloc'd; NULL when memory ran out. */
char *http_metrics_text(const struct snapshot *snapshot, const struct http_counters *counters);
char *http_metrics_districts_text(const struct snapshot *snapshot);

/* Parts of the snapshot as JSON; NULL when memory ran out. Moments are RFC 3339, unknown is null.
 */
json_t *http_json_status(const struct snapshot *snapshot, double now);
json_t *http_json_district(const struct snapshot_district *district);
json_t *http_json_hold(const struct snapshot_district *district);
json_t *http_json_run(const struct snapshot_run *run);
json_t *http_json_when(double when);

double http_now(void);

#endif
