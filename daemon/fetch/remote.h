/*
 * One SSH connection to a server, up to a channel with its sftp subsystem. The only module that
 * knows libssh, which it uses for the transport alone and never lets block: each call either
 * finishes, fails, or asks to be called again when the socket is ready.
 *
 * Nothing of this machine's ssh configuration counts, no host key is ever accepted here, and only
 * the algorithms listed in remote.c are offered.
 */
#ifndef FETCH_REMOTE_H
#define FETCH_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "credentials.h"
#include "error.h"

struct remote;

/* Kinds of host keys; a connection shows one of those it asks for. */
enum remote_key_kind {
    REMOTE_KEY_ED25519 = 1,
    REMOTE_KEY_ECDSA = 2,
    REMOTE_KEY_RSA = 4,
    REMOTE_KEY_ALL = 7,
};

enum remote_result {
    REMOTE_DONE,
    REMOTE_AGAIN,  /* call again when the socket is ready */
    REMOTE_NO_KEY, /* handshake: the server has no host key of the kinds asked for */
    REMOTE_DENIED, /* sign-in: not with this; another way may do */
    REMOTE_FAILED, /* reterr is set; the connection is of no use any more */
};

/* Ways to sign in, tried in this order. */
enum remote_method {
    REMOTE_BY_KEY,
    REMOTE_BY_PASSWORD,
    REMOTE_BY_QUESTIONS, /* keyboard-interactive, each hidden question answered by the password */
    REMOTE_METHOD_COUNT
};

struct remote_host_key {
    enum remote_key_kind kind;
    char type[32];        /* "ssh-ed25519" */
    char fingerprint[64]; /* "SHA256:…" as OpenSSH writes it */
};

/*
 * @param fd     a connected socket, closed by the remote in all cases
 * @param kinds  remote_key_kind values, or-ed
 * @return       NULL with an error: no memory
 */
struct remote *remote_new(int fd, const char *username, unsigned kinds, struct error *reterr);

/* Closes the connection, without a farewell. NULL is fine. */
void remote_free(struct remote *remote);

/* Banner and key exchange. */
enum remote_result remote_handshake(struct remote *remote, struct error *reterr);

/* The key by which the server signed the key exchange. */
int remote_host_key(struct remote *remote, struct remote_host_key *ret_key, struct error *reterr);

/* Asks which methods the server takes; DONE: it let us in without any. */
enum remote_result remote_ask_methods(struct remote *remote, struct error *reterr);

/* Does the server take this method (still: some ask for two)? */
bool remote_takes(struct remote *remote, enum remote_method method);

/* One try. DENIED leaves the server's view of methods up to date for remote_takes. */
enum remote_result remote_sign_in(struct remote *remote, enum remote_method method,
                                  const struct credentials *credentials, struct error *reterr);

enum remote_result remote_open_channel(struct remote *remote, struct error *reterr);
enum remote_result remote_start_sftp(struct remote *remote, struct error *reterr);

/* Lets the server send so many bytes ahead; for transfers. */
void remote_widen(struct remote *remote, uint32_t window);

/*
 * Takes what has arrived on the channel.
 *
 * @param size        of bytes; at least the widest window asked for
 * @param ret_length  bytes taken, with DONE only
 */
enum remote_result remote_read(struct remote *remote, uint8_t *bytes, size_t size,
                               size_t *ret_length, struct error *reterr);

/* Sends as much as the server's window has room for; ret_length may be 0. */
int remote_write(struct remote *remote, const uint8_t *bytes, size_t length, size_t *ret_length,
                 struct error *reterr);

/* Is there something that waits for room in the socket? */
bool remote_has_unsent(struct remote *remote);

#endif
