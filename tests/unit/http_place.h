/*
 * A place for tests of the sockets: the real server over a hand-made snapshot of three districts,
 * and a loop that is a thread of the test.
 */
#ifndef HTTP_PLACE_H
#define HTTP_PLACE_H

#include "http_server.h"

#include <pthread.h>

#define FINGERPRINT "SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

/* Remembers what was asked, and answers on a thread of its own. */
struct ask_queue {
    int status;           /* of the next answer; 0: refuse to be asked */
    const char *body;     /* JSON text of it */
    pthread_mutex_t hold; /* held: the answer waits */
    int asked;
    enum ask_verb verb;
    char slug[64];
    char until[64];
    char reason[64];
    char what[64];
    char fingerprint[64];
    char sourced_id[64];
    bool is_preview;
    char by[64];
    int64_t run;
    int limit;
};

struct place {
    char folder[64];
    char status[100];
    char control[100];
    struct snapshot_board *board;
    struct ask_queue queue;
    struct http_server *server;
    struct http_options options;
};

/* Seconds since 1970. */
double place_now(void);

/* Makes a snapshot of that moment the newest one. */
void place_publish(struct place *place, double taken_at, bool is_db_up);

/* Starts the server again after it was stopped. */
void place_restart(struct place *place);

/* Of each test: a folder with both sockets. */
int place_set_up(void **state);
int place_tear_down(void **state);

/* The JSON of an answer (NULL if it is none), which must have this HTTP status; a body: a POST. */
json_t *place_ask(const char *socket, const char *target, const char *body, int status);

/* A connection. */
int place_dial(const char *socket_path);

/* Reads till the end, at most 10 s for each piece; the number of bytes, or -1 if it did not end. */
ssize_t place_read_to_end(int fd, char *bytes, size_t size);

/* Sends bytes as they are; the HTTP status of the answer, 0 if there is none. */
int place_raw(const char *socket, const char *text, char *answer, size_t size);

#endif
