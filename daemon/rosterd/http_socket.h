/*
 * A listening Unix socket with the right mode and group: systemd's, or one of our own.
 */
#ifndef ROSTERD_HTTP_SOCKET_H
#define ROSTERD_HTTP_SOCKET_H

#include "error.h"

#include <stdbool.h>
#include <sys/types.h>

struct http_socket {
    int fd;
    int lock_fd; /* -1: it is systemd's */
    char path[108];
    dev_t device; /* of the file that was made, so that no other is ever removed */
    ino_t inode;
};

/*
 * @param name   of systemd's descriptor: "status" or "control"
 * @param path   where to make it when systemd gave none
 * @param group  who may connect; "": the process's own group
 * @return       0, or -1 with nothing left behind
 */
int http_socket_open(const char *name, const char *path, const char *group,
                     struct http_socket *ret_socket, struct error *reterr);

/*
 * Removes the socket's file, if it was made here and is still the same, and gives the lock back.
 * Does not close fd unless told to: an HTTP daemon that was started with it has done so.
 */
void http_socket_close(struct http_socket *socket, bool closes_fd);

#endif
