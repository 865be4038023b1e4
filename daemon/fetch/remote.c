/*
 * libssh 0.10 notes that this file rests on:
 * - It closes the descriptor itself, exactly once, if only ssh_free ends a session: ssh_disconnect
 *   is never called.
 * - It makes the socket blocking on its first event, so O_NONBLOCK is set again during the
 *   handshake; it only reads and writes after poll(2) said so.
 * - ssh_channel_read_timeout with a large count and no time to wait is the non-blocking read that
 *   also widens the receive window; it returns 0 both for "nothing yet" and for the end.
 * - ssh_userauth_none must come first, or the RSA signature algorithm is chosen before the server
 *   has said which it takes.
 */
#include "remote.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounds.h"

/* No SHA-1, no CBC, no group18: a handshake with it costs 150 ms of CPU and so all the others'
 * time. Group exchange is last because there the server picks the size. */
#define KEY_EXCHANGES                                                                              \
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"        \
    "ecdh-sha2-nistp521,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,"              \
    "diffie-hellman-group-exchange-sha256"
#define CIPHERS                                                                                    \
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,"      \
    "aes192-ctr,aes128-ctr"
#define MACS                                                                                       \
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"
#define USER_KEYS                                                                                  \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,"        \
    "rsa-sha2-256"
#define RSA_BITS_MIN 2048

static const struct {
    enum remote_key_kind kind;
    const char *algorithms;
} key_kinds[] = {
    {REMOTE_KEY_ED25519, "ssh-ed25519"},
    {REMOTE_KEY_ECDSA, "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"},
    {REMOTE_KEY_RSA, "rsa-sha2-512,rsa-sha2-256"},
};

struct remote {
    ssh_session session;
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    ssh_key key;        /* of the sign-in that is going on */
    unsigned questions; /* answered so far */
    uint32_t window;    /* wanted, bytes; 0: libssh's own */
    uint32_t taken;     /* bytes read since it was last widened */
};

/* With the library's last words, into which a server may have put its own: events.c escapes them.
 */
static enum remote_result
fail(const struct remote *remote, enum cause cause, const char *doing, struct error *reterr)
{
    const char *text = ssh_get_error(remote->session);
    /* A server may say no by hanging up, but then it says that it does. During the handshake the
     * two cannot be told apart. */
    if (cause != CAUSE_SFTP_HANDSHAKE && !ssh_is_connected(remote->session) &&
        strstr(text, "SSH_MSG_DISCONNECT") == NULL) {
        cause = CAUSE_SFTP_LOST;
    }
    (void)error_set(reterr, cause, "%s: %.300s", doing, text[0] != '\0' ? text : "connection lost");
    return REMOTE_FAILED;
}

static bool
set_options(ssh_session session, int fd, const char *username, const char *host_keys)
{
    int no = 0;
    int rsa_bits = RSA_BITS_MIN;
    const struct {
        enum ssh_options_e option;
        const void *value;
    } options[] = {
        {SSH_OPTIONS_FD, &fd},
        {SSH_OPTIONS_USER, username},
        {SSH_OPTIONS_PROCESS_CONFIG, &no},
        {SSH_OPTIONS_SSH_DIR, "/nonexistent"},
        {SSH_OPTIONS_KNOWNHOSTS, "/dev/null"},
        {SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"},
        {SSH_OPTIONS_KEY_EXCHANGE, KEY_EXCHANGES},
        {SSH_OPTIONS_HOSTKEYS, host_keys},
        {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, USER_KEYS},
        {SSH_OPTIONS_CIPHERS_C_S, CIPHERS},
        {SSH_OPTIONS_CIPHERS_S_C, CIPHERS},
        {SSH_OPTIONS_HMAC_C_S, MACS},
        {SSH_OPTIONS_HMAC_S_C, MACS},
        {SSH_OPTIONS_COMPRESSION, "no"},
        {SSH_OPTIONS_RSA_MIN_SIZE, &rsa_bits},
    };
    for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
        if (ssh_options_set(session, options[index].option, options[index].value) != SSH_OK) {
            return false;
        }
    }
    return true;
}

struct remote *
remote_new(int fd, const char *username, unsigned kinds, struct error *reterr)
{
    char host_keys[256] = "";
    size_t length = 0;
    for (size_t index = 0; index < sizeof key_kinds / sizeof *key_kinds; index++) {
        if (kinds & key_kinds[index].kind) {
            length += (size_t)snprintf(host_keys + length, sizeof host_keys - length, "%s%s",
                                       length > 0 ? "," : "", key_kinds[index].algorithms);
        }
    }
    struct remote *remote = calloc(1, sizeof *remote);
    ssh_session session = ssh_new();
    if (remote == NULL || session == NULL ||
        !set_options(session, fd, username != NULL ? username : "rosterd", host_keys)) {
        (void)error_set(reterr, CAUSE_MEMORY, "no SSH session could be made");
        ssh_free(session);
        free(remote);
        (void)close(fd);
        return NULL;
    }
    ssh_set_blocking(session, 0);
    remote->session = session;
    return remote;
}

void
remote_free(struct remote *remote)
{
    if (remote != NULL) {
        ssh_key_free(remote->key);
        ssh_free(remote->session); /* the channel and the descriptor go with it */
        free(remote);
    }
}

enum remote_result
remote_handshake(struct remote *remote, struct error *reterr)
{
    int result = ssh_connect(remote->session);
    int fd = ssh_get_fd(remote->session);
    if (fd >= 0) {
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    if (result == SSH_AGAIN) {
        return REMOTE_AGAIN;
    }
    if (result == SSH_OK) {
        return REMOTE_DONE;
    }
    if (strstr(ssh_get_error(remote->session), "no match for method server host key") != NULL) {
        (void)fail(remote, CAUSE_SFTP_HANDSHAKE, "handshake", reterr);
        return REMOTE_NO_KEY;
    }
    return fail(remote, CAUSE_SFTP_HANDSHAKE, "handshake", reterr);
}

static enum remote_key_kind
kind_of(enum ssh_keytypes_e type)
{
    switch (type) {
    case SSH_KEYTYPE_ED25519:
        return REMOTE_KEY_ED25519;
    case SSH_KEYTYPE_RSA:
        return REMOTE_KEY_RSA;
    default:
        return REMOTE_KEY_ECDSA;
    }
}

int
remote_host_key(struct remote *remote, struct remote_host_key *ret_key, struct error *reterr)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t length = 0;
    char *text = NULL;
    int result = -1;
    if (ssh_get_server_publickey(remote->session, &key) == SSH_OK &&
        ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0) {
        text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
    }
    if (text != NULL) {
        ret_key->kind = kind_of(ssh_key_type(key));
        (void)snprintf(ret_key->type, sizeof ret_key->type, "%s",
                       ssh_key_type_to_char(ssh_key_type(key)));
        (void)snprintf(ret_key->fingerprint, sizeof ret_key->fingerprint, "%s", text);
        result = 0;
    } else {
        (void)error_set(reterr, CAUSE_SFTP_HANDSHAKE, "the server's host key cannot be read");
    }
    ssh_string_free_char(text);
    ssh_clean_pubkey_hash(&hash);
    ssh_key_free(key);
    return result;
}

/* What an answer of the sign-in calls means. */
static enum remote_result
judge(const struct remote *remote, int answer, struct error *reterr)
{
    switch (answer) {
    case SSH_AUTH_SUCCESS:
        return REMOTE_DONE;
    case SSH_AUTH_AGAIN:
        return REMOTE_AGAIN;
    case SSH_AUTH_PARTIAL:
    case SSH_AUTH_DENIED:
        return REMOTE_DENIED;
    default:
        return fail(remote, CAUSE_SFTP_AUTH, "signing in", reterr);
    }
}

enum remote_result
remote_ask_methods(struct remote *remote, struct error *reterr)
{
    return judge(remote, ssh_userauth_none(remote->session, NULL), reterr);
}

bool
remote_takes(struct remote *remote, enum remote_method method)
{
    static const int flags[REMOTE_METHOD_COUNT] = {
        [REMOTE_BY_KEY] = SSH_AUTH_METHOD_PUBLICKEY,
        [REMOTE_BY_PASSWORD] = SSH_AUTH_METHOD_PASSWORD,
        [REMOTE_BY_QUESTIONS] = SSH_AUTH_METHOD_INTERACTIVE,
    };
    return (ssh_userauth_list(remote->session, NULL) & flags[method]) != 0;
}

/* Instead of a question on some terminal. */
static int
no_passphrase(const char *prompt, char *buffer, size_t length, int echo, int verify, void *context)
{
    (void)prompt;
    (void)buffer;
    (void)length;
    (void)echo;
    (void)verify;
    (void)context;
    return -1;
}

static enum remote_result
sign_in_by_key(struct remote *remote, const struct credentials *credentials, struct error *reterr)
{
    if (remote->key == NULL &&
        ssh_pki_import_privkey_base64(credentials->key, credentials->passphrase, no_passphrase,
                                      NULL, &remote->key) != SSH_OK) {
        remote->key = NULL;
        const char *hint =
            strncmp(credentials->key, "PuTTY", 5) == 0
                ? "it is in PuTTY's format: convert it with puttygen -O private-openssh"
                : "no private key, or its passphrase is wrong or missing";
        (void)error_set(reterr, CAUSE_SFTP_CREDENTIAL, "the key cannot be used: %s", hint);
        return REMOTE_FAILED;
    }
    int answer = ssh_userauth_publickey(remote->session, NULL, remote->key);
    if (answer == SSH_AUTH_AGAIN) {
        return REMOTE_AGAIN;
    }
    ssh_key_free(remote->key);
    remote->key = NULL;
    return judge(remote, answer, reterr);
}

static enum remote_result
answer_questions(struct remote *remote, const char *password, struct error *reterr)
{
    for (;;) {
        int answer = ssh_userauth_kbdint(remote->session, NULL, NULL);
        if (answer != SSH_AUTH_INFO) {
            return judge(remote, answer, reterr);
        }
        int count = ssh_userauth_kbdint_getnprompts(remote->session);
        remote->questions += count > 0 ? (unsigned)count : 1;
        if (remote->questions > BOUNDS_QUESTIONS) {
            (void)error_set(reterr, CAUSE_SFTP_AUTH,
                            "signing in: the server asks more than for a password");
            return REMOTE_FAILED;
        }
        for (int index = 0; index < count; index++) {
            char echo = 1;
            (void)ssh_userauth_kbdint_getprompt(remote->session, (unsigned)index, &echo);
            /* A question whose answer would be shown is not for the password. */
            if (ssh_userauth_kbdint_setanswer(remote->session, (unsigned)index,
                                              echo ? "" : password) < 0) {
                return fail(remote, CAUSE_SFTP_AUTH, "signing in", reterr);
            }
        }
    }
}

enum remote_result
remote_sign_in(struct remote *remote, enum remote_method method,
               const struct credentials *credentials, struct error *reterr)
{
    switch (method) {
    case REMOTE_BY_KEY:
        return sign_in_by_key(remote, credentials, reterr);
    case REMOTE_BY_PASSWORD:
        return judge(remote, ssh_userauth_password(remote->session, NULL, credentials->password),
                     reterr);
    case REMOTE_BY_QUESTIONS:
        return answer_questions(remote, credentials->password, reterr);
    case REMOTE_METHOD_COUNT:
        break;
    }
    return REMOTE_DENIED;
}

static enum remote_result
judge_channel(const struct remote *remote, int answer, const char *doing, struct error *reterr)
{
    switch (answer) {
    case SSH_OK:
        return REMOTE_DONE;
    case SSH_AGAIN:
        return REMOTE_AGAIN;
    default:
        return fail(remote, CAUSE_SFTP_REFUSED, doing, reterr);
    }
}

/* What a server writes to its error stream is dropped at once: nobody reads it, and it would pile
 * up. The rest stays for remote_read. */
static int
on_data(ssh_session session, ssh_channel channel, void *data, uint32_t length, int is_stderr,
        void *context)
{
    (void)session;
    (void)channel;
    (void)data;
    (void)context;
    return is_stderr ? (int)length : 0;
}

enum remote_result
remote_open_channel(struct remote *remote, struct error *reterr)
{
    if (remote->channel == NULL) {
        remote->channel = ssh_channel_new(remote->session);
        if (remote->channel == NULL) {
            return fail(remote, CAUSE_MEMORY, "opening a channel", reterr);
        }
        remote->callbacks.channel_data_function = on_data;
        ssh_callbacks_init(&remote->callbacks);
        if (ssh_set_channel_callbacks(remote->channel, &remote->callbacks) != SSH_OK) {
            return fail(remote, CAUSE_MEMORY, "opening a channel", reterr);
        }
    }
    return judge_channel(remote, ssh_channel_open_session(remote->channel), "opening a channel",
                         reterr);
}

enum remote_result
remote_start_sftp(struct remote *remote, struct error *reterr)
{
    return judge_channel(remote, ssh_channel_request_sftp(remote->channel), "asking for SFTP",
                         reterr);
}

void
remote_widen(struct remote *remote, uint32_t window)
{
    remote->window = window;
    remote->taken = window; /* at the next read */
}

enum remote_result
remote_read(struct remote *remote, uint8_t *bytes, size_t size, size_t *ret_length,
            struct error *reterr)
{
    /* Small counts fit into any window and send nothing; a large one widens it again. */
    uint32_t count = 32768;
    if (remote->window > 0 && remote->taken >= remote->window / 2 && remote->window <= size) {
        count = remote->window;
        remote->taken = 0;
    }
    int length = ssh_channel_read_timeout(remote->channel, bytes, count, 0, 0);
    if (length > 0) {
        *ret_length = (size_t)length;
        remote->taken += (uint32_t)length;
        return REMOTE_DONE;
    }
    if (length < 0 && length != SSH_AGAIN) {
        return fail(remote, CAUSE_SFTP_LOST, "connection", reterr);
    }
    if (ssh_channel_is_eof(remote->channel) || ssh_channel_is_closed(remote->channel) ||
        !ssh_is_connected(remote->session)) {
        (void)error_set(reterr, CAUSE_SFTP_LOST, "the server ended the session");
        return REMOTE_FAILED;
    }
    return REMOTE_AGAIN;
}

int
remote_write(struct remote *remote, const uint8_t *bytes, size_t length, size_t *ret_length,
             struct error *reterr)
{
    int written = ssh_channel_write(remote->channel, bytes, (uint32_t)length);
    if (written < 0 && written != SSH_AGAIN) {
        (void)fail(remote, CAUSE_SFTP_LOST, "connection", reterr);
        return -1;
    }
    *ret_length = written > 0 ? (size_t)written : 0;
    return 0;
}

bool
remote_has_unsent(struct remote *remote)
{
    return (ssh_get_poll_flags(remote->session) & SSH_WRITE_PENDING) != 0;
}
