/*
 * An SFTP server for thousands of drops, light enough to be no bottleneck: any key signs in, every
 * folder holds one file that no pattern takes, nothing can be read or written.
 *
 * sftp_responder KEYFILE PORT FIRST COUNT: listens on PORT of COUNT loopback addresses from
 * 127.1.0.FIRST upwards; prints "ready", ends with its standard input.
 */
#define WITH_SERVER
#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <libssh/sftp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESSES_MAX = 4096, STACK_BYTES = 512 * 1024 };

static ssh_bind server;
static char once[] = "once", over[] = "over"; /* what a folder's handle stands for */

static bool
answer_auth(ssh_message message)
{
    if (ssh_message_subtype(message) == SSH_AUTH_METHOD_PUBLICKEY) {
        enum ssh_publickey_state_e state = ssh_message_auth_publickey_state(message);
        if (state == SSH_PUBLICKEY_STATE_VALID) {
            ssh_message_auth_reply_success(message, 0);
            return true;
        }
        if (state == SSH_PUBLICKEY_STATE_NONE) {
            ssh_message_auth_reply_pk_ok_simple(message);
            return false;
        }
    }
    ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PUBLICKEY);
    ssh_message_reply_default(message);
    return false;
}

/* Signs in and opens the subsystem; NULL when the client goes away before that. */
static ssh_channel
open_channel(ssh_session session)
{
    ssh_channel channel = NULL;
    ssh_message message;
    while ((message = ssh_message_get(session)) != NULL) {
        bool is_open = false;
        switch (ssh_message_type(message)) {
        case SSH_REQUEST_AUTH:
            (void)answer_auth(message);
            break;
        case SSH_REQUEST_CHANNEL_OPEN:
            channel = ssh_message_channel_request_open_reply_accept(message);
            break;
        case SSH_REQUEST_CHANNEL:
            if (channel != NULL && ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_SUBSYSTEM) {
                ssh_message_channel_request_reply_success(message);
                is_open = true;
                break;
            }
            /* fall through */
        default:
            ssh_message_reply_default(message);
        }
        ssh_message_free(message);
        if (is_open) {
            return channel;
        }
    }
    return NULL;
}

static void
answer_folder(sftp_client_message message)
{
    ssh_string handle = sftp_handle_alloc(message->sftp, once);
    sftp_reply_handle(message, handle);
    ssh_string_free(handle);
}

static void
answer_listing(sftp_client_message message)
{
    if (sftp_handle(message->sftp, message->handle) != once) {
        sftp_reply_status(message, SSH_FX_EOF, NULL);
        return;
    }
    struct sftp_attributes_struct file = {.flags = SSH_FILEXFER_ATTR_SIZE |
                                                   SSH_FILEXFER_ATTR_ACMODTIME |
                                                   SSH_FILEXFER_ATTR_PERMISSIONS,
                                          .size = 12,
                                          .permissions = 0100644,
                                          .atime = 1,
                                          .mtime = 1};
    sftp_reply_names_add(message, "README.txt", "README.txt", &file);
    sftp_reply_names(message);
    sftp_handle_remove(message->sftp, once);
    ssh_string handle = sftp_handle_alloc(message->sftp, over); /* the same number again */
    ssh_string_free(handle);
}

static void
serve(ssh_session session)
{
    ssh_channel channel = open_channel(session);
    sftp_session sftp = channel == NULL ? NULL : sftp_server_new(session, channel);
    if (sftp == NULL || sftp_server_init(sftp) < 0) {
        return;
    }
    sftp_client_message message;
    while ((message = sftp_get_client_message(sftp)) != NULL) {
        switch (message->type) {
        case SSH_FXP_OPENDIR:
            answer_folder(message);
            break;
        case SSH_FXP_READDIR:
            answer_listing(message);
            break;
        case SSH_FXP_REALPATH:
            sftp_reply_name(message, "/drop", NULL);
            break;
        case SSH_FXP_CLOSE:
            sftp_handle_remove(sftp, sftp_handle(sftp, message->handle));
            sftp_reply_status(message, SSH_FX_OK, NULL);
            break;
        default:
            sftp_reply_status(message, SSH_FX_OP_UNSUPPORTED, NULL);
        }
        sftp_client_message_free(message);
    }
    sftp_free(sftp);
}

static void *
meet(void *argument)
{
    ssh_session session = argument;
    if (ssh_handle_key_exchange(session) == SSH_OK) {
        serve(session);
    }
    ssh_disconnect(session);
    ssh_free(session);
    return NULL;
}

static void
take(int listener)
{
    pthread_attr_t attributes;
    pthread_t thread;
    ssh_session session = ssh_new();
    int one = 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || session == NULL || ssh_bind_accept_fd(server, session, fd) != SSH_OK) {
        fprintf(stderr, "sftp_responder: %s\n", ssh_get_error(server));
        ssh_free(session);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (pthread_create(&thread, &attributes, meet, session) != 0) {
        ssh_free(session);
    }
    pthread_attr_destroy(&attributes);
}

static int
listen_on(uint32_t address, uint16_t port)
{
    struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&place, sizeof place) != 0 || listen(fd, 128) != 0) {
        perror("sftp_responder");
        exit(1);
    }
    return fd;
}

int
main(int argc, char **argv)
{
    static struct pollfd fds[ADDRESSES_MAX + 1];
    if (argc != 5 || strtol(argv[4], NULL, 10) > ADDRESSES_MAX) {
        return 2;
    }
    uint16_t port = (uint16_t)strtoul(argv[2], NULL, 10);
    uint32_t first = 0x7f010000U + (uint32_t)strtoul(argv[3], NULL, 10);
    int count = (int)strtol(argv[4], NULL, 10);
    signal(SIGPIPE, SIG_IGN);
    server = ssh_bind_new();
    ssh_key key = NULL;
    if (ssh_pki_import_privkey_file(argv[1], NULL, NULL, NULL, &key) != SSH_OK ||
        ssh_bind_options_set(server, SSH_BIND_OPTIONS_IMPORT_KEY, key) != SSH_OK) {
        fprintf(stderr, "sftp_responder: %s\n", ssh_get_error(server));
        return 1;
    }
    for (int at = 0; at < count; at++) {
        fds[at] = (struct pollfd){.fd = listen_on(first + (uint32_t)at, port), .events = POLLIN};
    }
    fds[count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    puts("ready");
    fflush(stdout);
    for (;;) {
        if (poll(fds, (nfds_t)count + 1, -1) < 0) {
            continue;
        }
        if (fds[count].revents != 0) {
            return 0;
        }
        for (int at = 0; at < count; at++) {
            if (fds[at].revents != 0) {
                take(fds[at].fd);
            }
        }
    }
}
