/*
 * RESOLVE, unless the answer is known → TRY the first address → on_done(fd)
 *   resolver fails            → on_done(-1, sftp.dns)
 *   address refused or silent → TRY the next one; none left → on_done(-1, sftp.connect)
 *   dial_abandon              → nothing is told, everything is closed
 * The memory is freed when the timer is closed and the resolver has answered; a resolver that hangs
 * cannot be interrupted, only waited for.
 */
#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bounds.h"
#include "watch.h"

struct dial {
    uv_loop_t *loop;
    struct dial_call call;
    char host[256];
    uv_getaddrinfo_t resolver;
    uv_timer_t timer;
    struct watch *watch;
    struct names_answer found;
    size_t next;        /* address */
    struct error error; /* of the last address */
    bool resolving;
    bool ended;
    bool timer_closed;
};

static void
free_if_idle(struct dial *dial)
{
    if (dial->ended && dial->timer_closed && !dial->resolving) {
        free(dial);
    }
}

static void
on_timer_closed(uv_handle_t *handle)
{
    struct dial *dial = handle->data;
    dial->timer_closed = true;
    free_if_idle(dial);
}

static void
end(struct dial *dial)
{
    dial->ended = true;
    watch_close(dial->watch);
    dial->watch = NULL;
    (void)uv_cancel((uv_req_t *)&dial->resolver);
    uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}

static void
report(struct dial *dial, int fd)
{
    struct dial_call call = dial->call;
    struct error error = dial->error;
    end(dial);
    call.on_done(call.context, fd, &error);
}

static void
describe_address(const struct dial *dial, size_t index, char *ret_text, size_t size)
{
    char host[NI_MAXHOST] = "?";
    (void)getnameinfo(&dial->found.addresses[index].any, sizeof dial->found.addresses[index], host,
                      sizeof host, NULL, 0, NI_NUMERICHOST);
    (void)snprintf(ret_text, size, "%s port %u", host, (unsigned)dial->call.port);
}

static void
set_options(const struct dial *dial, int fd)
{
    int on = 1;
    unsigned silence_ms = (unsigned)dial->call.silence_ms;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
}

static void try_next(struct dial *dial);

static void
on_connected(void *context)
{
    struct dial *dial = context;
    int fd = watch_take_fd(dial->watch);
    dial->watch = NULL;
    int failure = 0;
    socklen_t length = sizeof failure;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) != 0) {
        failure = errno;
    }
    if (failure == 0) {
        report(dial, fd);
        return;
    }
    (void)close(fd);
    char address[NI_MAXHOST + 16];
    describe_address(dial, dial->next - 1, address, sizeof address);
    (void)error_set_errno(&dial->error, CAUSE_SFTP_CONNECT, failure, "connecting to %s", address);
    try_next(dial);
}

static void
on_timer(uv_timer_t *timer)
{
    struct dial *dial = timer->data;
    watch_close(dial->watch);
    dial->watch = NULL;
    char address[NI_MAXHOST + 16];
    describe_address(dial, dial->next - 1, address, sizeof address);
    (void)error_set(&dial->error, CAUSE_SFTP_CONNECT, "connecting to %s: no answer in time",
                    address);
    try_next(dial);
}

/* Starts one connect; -1: this address is out, dial->error says why. */
static int
try_address(struct dial *dial, size_t index)
{
    const struct sockaddr *address = &dial->found.addresses[index].any;
    socklen_t length =
        address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    char text[NI_MAXHOST + 16];
    describe_address(dial, index, text, sizeof text);
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return error_set_errno(&dial->error, CAUSE_SFTP_CONNECT, errno, "socket for %s", text);
    }
    set_options(dial, fd);
    if (connect(fd, address, length) != 0 && errno != EINPROGRESS) {
        int failure = errno;
        (void)close(fd);
        return error_set_errno(&dial->error, CAUSE_SFTP_CONNECT, failure, "connecting to %s", text);
    }
    dial->watch = watch_new(dial->loop, fd, on_connected, dial);
    if (dial->watch == NULL || watch_start(dial->watch, false, true) != 0) {
        return error_set(&dial->error, CAUSE_MEMORY, "connecting to %s: no memory", text);
    }
    return 0;
}

static void
try_next(struct dial *dial)
{
    (void)uv_timer_stop(&dial->timer);
    while (dial->next < dial->found.count) {
        size_t index = dial->next++;
        if (try_address(dial, index) == 0) {
            uint64_t share = dial->call.connect_ms / dial->found.count;
            (void)uv_timer_start(&dial->timer, on_timer, share > 0 ? share : 1, 0);
            return;
        }
        watch_close(dial->watch);
        dial->watch = NULL;
    }
    names_forget(dial->call.names, dial->host);
    report(dial, -1);
}

/* In a later turn than dial_start: on_done never comes from within it. */
static void
on_known(uv_timer_t *timer)
{
    try_next(timer->data);
}

static void
on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct dial *dial = request->data;
    dial->resolving = false;
    if (dial->ended) {
        uv_freeaddrinfo(found);
        free_if_idle(dial);
        return;
    }
    names_keep(dial->call.names, dial->host, found, uv_now(dial->loop), &dial->found);
    uv_freeaddrinfo(found);
    if (status != 0 || dial->found.count == 0) {
        (void)error_set(&dial->error, CAUSE_SFTP_DNS, "resolving \"%s\": %s", dial->host,
                        status != 0 ? uv_strerror(status) : "it has no address");
        report(dial, -1);
        return;
    }
    try_next(dial);
}

struct dial *
dial_start(uv_loop_t *loop, const struct dial_call *call, struct error *reterr)
{
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL) {
        (void)error_set(reterr, CAUSE_MEMORY, "no memory for a connection");
        return NULL;
    }
    dial->loop = loop;
    dial->call = *call;
    dial->call.host = dial->host;
    char service[8];
    (void)snprintf(service, sizeof service, "%u", (unsigned)call->port);
    (void)uv_timer_init(loop, &dial->timer);
    dial->timer.data = dial;
    dial->resolver.data = dial;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    int length = snprintf(dial->host, sizeof dial->host, "%s", call->host);
    names_find(call->names, dial->host, call->port, uv_now(loop), &dial->found);
    if (dial->found.count > 0) {
        (void)uv_timer_start(&dial->timer, on_known, 0, 0);
        return dial;
    }
    int failure =
        length >= (int)sizeof dial->host
            ? UV_ENAMETOOLONG
            : uv_getaddrinfo(loop, &dial->resolver, on_resolved, dial->host, service, &hints);
    if (failure != 0) {
        (void)error_set(reterr, CAUSE_SFTP_DNS, "resolving \"%s\": %s", dial->host,
                        uv_strerror(failure));
        end(dial);
        return NULL;
    }
    dial->resolving = true;
    return dial;
}

int
dial_describe(const struct dial *dial, struct error *reterr)
{
    if (dial->next == 0) {
        return error_set(reterr, CAUSE_SFTP_DNS, "resolving \"%s\": no answer in time", dial->host);
    }
    char address[NI_MAXHOST + 16];
    describe_address(dial, dial->next - 1, address, sizeof address);
    return error_set(reterr, CAUSE_SFTP_CONNECT, "connecting to %s: no answer in time", address);
}

void
dial_abandon(struct dial *dial)
{
    if (dial != NULL) {
        end(dial);
    }
}
