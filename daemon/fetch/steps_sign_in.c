/*
 * From a host's name to an SFTP conversation.
 *
 * The host key is compared right after the key exchange, before anything of ours is sent. Pins are
 * fingerprints without a type, and a server shows one key a connection: one that is not pinned is
 * only "another key" after every other kind was asked for, each in a connection of its own.
 */
#include <fcntl.h>
#include <string.h>

#include "bounds.h"
#include "steps.h"

static const char *const method_words[REMOTE_METHOD_COUNT] = {
    [REMOTE_BY_KEY] = "publickey",
    [REMOTE_BY_PASSWORD] = "password",
    [REMOTE_BY_QUESTIONS] = "keyboard-interactive",
};

static void
on_ready(void *context)
{
    session_resume(context, NULL);
}

/* Which kinds of keys to ask for: one after the other when they are to be listed; those of the
 * pins first when we know them; else all that are left. */
static unsigned
wanted_kinds(const struct session *session)
{
    unsigned kinds = session->kinds;
    if (session->job->op == JOB_HOSTKEY) {
        return kinds & -kinds;
    }
    unsigned hinted = 0;
    for (size_t index = 0; index < session->job->host_key_count; index++) {
        hinted |= hints_find(session->shared->hints, session->job->host_keys[index]);
    }
    return (hinted & kinds) != 0 ? hinted & kinds : kinds;
}

static void
on_dialled(void *context, int fd, const struct error *error)
{
    struct session *session = context;
    struct error own;
    session->dial = NULL;
    if (fd < 0) {
        session_resume(session, error);
        return;
    }
    int watched = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    session->kinds_wanted = wanted_kinds(session);
    session->remote = remote_new(fd, session->job->username, session->kinds_wanted, &own);
    if (watched >= 0) {
        session->watch = watch_new(session->shared->loop, watched, on_ready, session);
    }
    if (session->remote != NULL && session->watch == NULL) {
        (void)error_set(&own, CAUSE_MEMORY, "no descriptor or memory for a connection");
    }
    bool is_good = session->remote != NULL && session->watch != NULL &&
                   session_move(session, SESSION_HANDSHAKE, &own) == 0;
    session_resume(session, is_good ? NULL : &own);
}

int
step_dial(struct session *session, struct error *reterr)
{
    if (session->dial != NULL) {
        return 0;
    }
    const struct job *job = session->job;
    const struct dial_call call = {
        .names = session->shared->names,
        .host = job->host,
        .port = job->port,
        .connect_ms = job->deadlines.connect_ms,
        .silence_ms = job->deadlines.silence_ms,
        .on_done = on_dialled,
        .context = session,
    };
    session->dialled = uv_now(session->shared->loop);
    session->dial = dial_start(session->shared->loop, &call, reterr);
    return session->dial != NULL ? 0 : -1;
}

/* "ssh-ed25519 SHA256:…, ssh-rsa SHA256:…" */
static void
describe_keys(const struct session *session, char *ret_text, size_t size)
{
    size_t length = 0;
    size_t index = 0;
    json_t *key = NULL;
    ret_text[0] = '\0';
    json_array_foreach(session->keys, index, key)
    {
        int part = snprintf(ret_text + length, size - length, "%s%s %s", index > 0 ? ", " : "",
                            json_string_value(json_object_get(key, "type")),
                            json_string_value(json_object_get(key, "fingerprint")));
        length += part > 0 ? (size_t)part : 0;
        if (length >= size) {
            break;
        }
    }
}

/* No connection of another kind is left to try. */
static int
judge_keys(struct session *session, struct error *reterr)
{
    const struct job *job = session->job;
    if (json_array_size(session->keys) == 0) {
        return -1; /* reterr has the handshake's words */
    }
    if (job->op == JOB_HOSTKEY) {
        return session_succeed(session,
                               json_pack("{s:s,s:O}", "event", "hostkeys", "keys", session->keys));
    }
    char shown[ERROR_TEXT_SIZE - 128];
    describe_keys(session, shown, sizeof shown);
    if (job->host_key_count == 0) {
        return error_set(reterr, CAUSE_SFTP_HOSTKEY_UNKNOWN, "the server shows %s", shown);
    }
    return error_set(reterr, CAUSE_SFTP_HOSTKEY_CHANGED,
                     "the server shows %s; %zu pinned, none of them", shown, job->host_key_count);
}

static int
try_other_kinds(struct session *session, struct error *reterr)
{
    if (session->kinds == 0) {
        return judge_keys(session, reterr);
    }
    session_hang_up(session);
    return session_move(session, SESSION_DIAL, reterr);
}

static bool
is_pinned(const struct session *session, const char *fingerprint)
{
    for (size_t index = 0; index < session->job->host_key_count; index++) {
        if (strcmp(session->job->host_keys[index], fingerprint) == 0) {
            return true;
        }
    }
    return false;
}

static int
check_host_key(struct session *session, struct error *reterr)
{
    struct remote_host_key key;
    if (remote_host_key(session->remote, &key, reterr) != 0) {
        return -1;
    }
    if (session->job->op != JOB_HOSTKEY && is_pinned(session, key.fingerprint)) {
        hints_learn(session->shared->hints, key.fingerprint, key.kind);
        return session_move(session, SESSION_METHODS, reterr);
    }
    (void)json_array_append_new(
        session->keys, json_pack("{s:s,s:s}", "type", key.type, "fingerprint", key.fingerprint));
    session->kinds &= ~(unsigned)key.kind;
    /* Without pins one key is enough to show that a person has to look. */
    bool has_to_look = session->job->op != JOB_HOSTKEY && session->job->host_key_count == 0;
    return has_to_look ? judge_keys(session, reterr) : try_other_kinds(session, reterr);
}

int
step_handshake(struct session *session, struct error *reterr)
{
    switch (remote_handshake(session->remote, reterr)) {
    case REMOTE_DONE:
        return check_host_key(session, reterr);
    case REMOTE_AGAIN:
        return 0;
    case REMOTE_NO_KEY:
        session->kinds &= ~session->kinds_wanted;
        return try_other_kinds(session, reterr);
    default:
        /* A server that only answers some kinds by hanging up has shown its keys before. */
        return judge_keys(session, reterr);
    }
}

int
step_methods(struct session *session, struct error *reterr)
{
    switch (remote_ask_methods(session->remote, reterr)) {
    case REMOTE_DONE:
        return session_move(session, SESSION_CHANNEL, reterr);
    case REMOTE_AGAIN:
        return 0;
    case REMOTE_DENIED:
        return session_move(session, SESSION_SIGN_IN, reterr);
    default:
        return -1;
    }
}

int
step_begin_sign_in(struct session *session, struct error *reterr)
{
    session->method = REMOTE_BY_KEY;
    return credentials_read(session->shared->credentials_folder, session->job->credential,
                            &session->credentials, reterr);
}

static bool
is_possible(struct session *session, enum remote_method method)
{
    const char *secret =
        method == REMOTE_BY_KEY ? session->credentials.key : session->credentials.password;
    return secret != NULL && remote_takes(session->remote, method);
}

/* Every method has been tried or left out. */
static int
describe_refusal(struct session *session, struct error *reterr)
{
    char takes[96] = "";
    size_t length = 0;
    for (int method = 0; method < REMOTE_METHOD_COUNT; method++) {
        if (remote_takes(session->remote, (enum remote_method)method)) {
            length += (size_t)snprintf(takes + length, sizeof takes - length, "%s%s",
                                       length > 0 ? ", " : "", method_words[method]);
        }
    }
    return error_set(reterr, CAUSE_SFTP_AUTH,
                     "signing in with credential \"%s\"%s%s: refused; the server takes %s",
                     session->job->credential, session->credentials.key != NULL ? ", key" : "",
                     session->credentials.password != NULL ? ", password" : "",
                     length > 0 ? takes : "nothing that we have");
}

int
step_sign_in(struct session *session, struct error *reterr)
{
    for (; session->method < REMOTE_METHOD_COUNT; session->method++) {
        if (!is_possible(session, session->method)) {
            continue;
        }
        switch (remote_sign_in(session->remote, session->method, &session->credentials, reterr)) {
        case REMOTE_DONE:
            credentials_clear(&session->credentials);
            return session_move(session, SESSION_CHANNEL, reterr);
        case REMOTE_AGAIN:
            return 0;
        case REMOTE_DENIED:
            break;
        default:
            return -1;
        }
    }
    return describe_refusal(session, reterr);
}

int
step_channel(struct session *session, struct error *reterr)
{
    switch (remote_open_channel(session->remote, reterr)) {
    case REMOTE_DONE:
        return session_move(session, SESSION_SUBSYSTEM, reterr);
    case REMOTE_AGAIN:
        return 0;
    default:
        return -1;
    }
}

int
step_subsystem(struct session *session, struct error *reterr)
{
    switch (remote_start_sftp(session->remote, reterr)) {
    case REMOTE_DONE:
        return session_move(session, SESSION_HELLO, reterr);
    case REMOTE_AGAIN:
        return 0;
    default:
        return -1;
    }
}

int
step_begin_hello(struct session *session, struct error *reterr)
{
    session->talk = talk_new(session->remote, session->shared->scratch, BOUNDS_WINDOW);
    if (session->talk == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for the SFTP conversation");
    }
    return session_ask(session, (struct sftp_codec_request){.type = SFTP_CODEC_INIT}, reterr);
}

int
step_hello(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type != SFTP_CODEC_VERSION || reply->version != 3) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "the server does not speak SFTP version 3");
    }
    session->has_limits = reply->has_limits;
    enum job_op op = session->job->op;
    bool looks = op == JOB_POLL || step_is_loose(session);
    return session_move(session, looks ? SESSION_OPEN_FOLDER : SESSION_FIND, reterr);
}
