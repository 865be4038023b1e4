/*
 * The happy path: systemd handed the socket over, or: lock PATH.lock → remove what a crash left →
 * bind with nobody allowed → group → mode 0660 → listen. The lock lasts as long as the process, so
 * "is somebody still using this file" needs no guess; whoever gets the lock owns the path.
 */
#include "http_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { LISTEN_QUEUE = 64, GROUP_BUFFER = 16384 };

/* The descriptor systemd gave under this name, or -1. */
static int
find_inherited(const char *name)
{
    char **names = NULL;
    int found = -1;
    int count = sd_listen_fds_with_names(0, &names);
    for (int index = 0; index < count; index++) {
        int fd = SD_LISTEN_FDS_START + index;
        if (strcmp(names[index], name) == 0 && sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0) {
            found = fd;
        }
        free(names[index]);
    }
    free(names);
    return found;
}

static int
find_group(const char *group, gid_t *ret_gid, struct error *reterr)
{
    char buffer[GROUP_BUFFER];
    struct group entry;
    struct group *found = NULL;
    if (*group == '\0') {
        *ret_gid = (gid_t)-1;
        return 0;
    }
    if (getgrnam_r(group, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL) {
        return error_set(reterr, CAUSE_CONFIG_INVALID,
                         "there is no group \"%s\": make it (systemd-sysusers), or set the "
                         "socket's group to \"\" in the configuration",
                         group);
    }
    *ret_gid = found->gr_gid;
    return 0;
}

static int
take_lock(const char *path, int *ret_fd, struct error *reterr)
{
    char lock[sizeof((struct http_socket *)NULL)->path + 8];
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, errno, "cannot make %s", lock);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        return error_set(reterr, CAUSE_CONFIG_INVALID,
                         "another rosterd has %s; two daemons on one machine need two "
                         "configurations",
                         path);
    }
    *ret_fd = fd;
    return 0;
}

static int
remove_stale(const char *path, struct error *reterr)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT ? 0
                               : error_set_errno(reterr, CAUSE_CONFIG_INVALID, errno,
                                                 "cannot look at %s", path);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return error_set(reterr, CAUSE_CONFIG_INVALID, "%s is there and is no socket", path);
    }
    if (unlink(path) != 0) {
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, errno, "cannot replace %s", path);
    }
    return 0;
}

/* Binds with mode 0600, then opens it to the group: nobody else can slip in between. */
static int
bind_with_mode(int fd, const char *path, gid_t gid, const char *group, struct error *reterr)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    mode_t old_mask = umask(0177);
    int bound = bind(fd, (const struct sockaddr *)&address, sizeof address);
    int bind_errno = errno;
    (void)umask(old_mask);
    if (bound != 0) {
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, bind_errno, "cannot make %s", path);
    }
    if (gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) != 0) {
        int error_number = errno;
        (void)unlink(path);
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, error_number,
                               "cannot give %s to the group \"%s\" (rosterd's user must be in "
                               "it)",
                               path, group);
    }
    if (chmod(path, 0660) != 0 || listen(fd, LISTEN_QUEUE) != 0) {
        int error_number = errno;
        (void)unlink(path);
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, error_number, "cannot open %s", path);
    }
    return 0;
}

static int
make_socket(const char *path, const char *group, struct http_socket *made, struct error *reterr)
{
    gid_t gid = (gid_t)-1;
    struct stat status;
    if (strlen(path) >= sizeof made->path) {
        return error_set(reterr, CAUSE_CONFIG_INVALID,
                         "a socket's path has at most 107 bytes, not %zu: %s", strlen(path), path);
    }
    (void)snprintf(made->path, sizeof made->path, "%s", path);
    if (find_group(group, &gid, reterr) != 0 || take_lock(path, &made->lock_fd, reterr) != 0 ||
        remove_stale(path, reterr) != 0) {
        return -1;
    }
    made->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made->fd < 0) {
        return error_set_errno(reterr, CAUSE_MEMORY, errno, "cannot make a socket");
    }
    if (bind_with_mode(made->fd, path, gid, group, reterr) != 0) {
        return -1;
    }
    if (lstat(path, &status) == 0) {
        made->device = status.st_dev;
        made->inode = status.st_ino;
    }
    return 0;
}

int
http_socket_open(const char *name, const char *path, const char *group,
                 struct http_socket *ret_socket, struct error *reterr)
{
    struct http_socket made = {.fd = find_inherited(name), .lock_fd = -1};
    if (made.fd >= 0) {
        int flags = fcntl(made.fd, F_GETFL);
        if (flags < 0 || fcntl(made.fd, F_SETFL, flags | O_NONBLOCK) != 0) {
            return error_set_errno(reterr, CAUSE_INTERNAL, errno, "cannot use systemd's socket");
        }
        *ret_socket = made;
        return 0;
    }
    if (make_socket(path, group, &made, reterr) != 0) {
        http_socket_close(&made, true);
        return -1;
    }
    *ret_socket = made;
    return 0;
}

void
http_socket_close(struct http_socket *socket, bool closes_fd)
{
    struct stat status;
    if (socket->inode != 0 && lstat(socket->path, &status) == 0 &&
        status.st_dev == socket->device && status.st_ino == socket->inode) {
        (void)unlink(socket->path);
    }
    if (closes_fd && socket->fd >= 0) {
        (void)close(socket->fd);
    }
    if (socket->lock_fd >= 0) {
        /* The lock's file stays: removing it would let two daemons lock two files of one name. */
        (void)close(socket->lock_fd);
    }
    *socket = (struct http_socket){.fd = -1, .lock_fd = -1};
}
