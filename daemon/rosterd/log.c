/*
 * A journal that does not read would stop whoever writes to it, so the lines go through a bounded
 * queue to a thread of their own. Without the journal they go straight to stderr.
 */
#include "log.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "message_id.h"
#include "printable.h"

#define LINE_SIZE 2048
#define FIELDS_MAX 16
#define QUEUE_MAX 1024
#define SAFE_SIZE 1024

static const char *const level_words[LEVEL_COUNT] = {
    [LEVEL_ERROR] = "error",
    [LEVEL_WARNING] = "warning",
    [LEVEL_INFO] = "info",
    [LEVEL_DEBUG] = "debug",
};
static const int level_priorities[LEVEL_COUNT] = {
    [LEVEL_ERROR] = 3,
    [LEVEL_WARNING] = 4,
    [LEVEL_INFO] = 6,
    [LEVEL_DEBUG] = 7,
};

/* An entry for the journal: its fields one after the other, each ended by a NUL. */
struct entry {
    struct entry *next;
    size_t fields_count;
    char fields[];
};

static struct {
    atomic_int level;
    atomic_uint_fast64_t counts[LEVEL_COUNT];
    bool is_journal;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct entry *head;
    struct entry **tail;
    size_t queued;
    uint64_t lost;
    bool is_ending;
} logger = {
    .level = LEVEL_INFO,
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
};

static void
send_entry(const struct entry *entry)
{
    struct iovec parts[FIELDS_MAX + 2];
    const char *field = entry->fields;
    size_t count = 0;
    while (count < entry->fields_count) {
        size_t length = strlen(field);
        /* sendv only reads; iovec has no const */
        parts[count++] = (struct iovec){.iov_base = (void *)(uintptr_t)field, .iov_len = length};
        field += length + 1;
    }
    (void)sd_journal_sendv(parts, (int)count);
}

static void *
send_all(void *unused)
{
    (void)unused;
    (void)pthread_mutex_lock(&logger.mutex);
    while (!logger.is_ending || logger.head != NULL) {
        if (logger.head == NULL) {
            (void)pthread_cond_wait(&logger.changed, &logger.mutex);
            continue;
        }
        struct entry *entry = logger.head;
        logger.head = entry->next;
        if (logger.head == NULL) {
            logger.tail = &logger.head;
        }
        logger.queued--;
        uint64_t lost = logger.lost;
        logger.lost = 0;
        (void)pthread_mutex_unlock(&logger.mutex);
        if (lost > 0) {
            (void)sd_journal_send("MESSAGE=log lines lost count=%llu", (unsigned long long)lost,
                                  "PRIORITY=4", "ROSTER_COUNT=%llu", (unsigned long long)lost,
                                  NULL);
        }
        send_entry(entry);
        free(entry);
        (void)pthread_mutex_lock(&logger.mutex);
    }
    (void)pthread_mutex_unlock(&logger.mutex);
    return NULL;
}

/* Whether our stderr is the journal's: then systemd started us and its socket is there. */
static bool
is_under_systemd(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device = 0;
    unsigned long long inode = 0;
    struct stat status;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void
log_init(enum log_level level)
{
    logger.level = (int)level;
    logger.tail = &logger.head;
    logger.is_ending = false;
    logger.is_journal =
        is_under_systemd() && pthread_create(&logger.thread, NULL, send_all, NULL) == 0;
}

void
log_deinit(void)
{
    if (!logger.is_journal) {
        return;
    }
    (void)pthread_mutex_lock(&logger.mutex);
    logger.is_ending = true;
    (void)pthread_cond_signal(&logger.changed);
    (void)pthread_mutex_unlock(&logger.mutex);
    (void)pthread_join(logger.thread, NULL);
    logger.is_journal = false;
}

void
log_set_level(enum log_level level)
{
    logger.level = (int)level;
}

uint64_t
log_count(enum log_level level)
{
    return logger.counts[level];
}

int
log_level_parse(const char *word, enum log_level *ret_level)
{
    for (int level = 0; level < LEVEL_COUNT; level++) {
        if (strcmp(word, level_words[level]) == 0) {
            *ret_level = (enum log_level)level;
            return 0;
        }
    }
    return -1;
}

/* The text fit for one line. What came from outside was escaped where it came in and is not escaped
 * twice; this is the last guard. */
static const char *
safe_text(const char *text, char buffer[static SAFE_SIZE])
{
    const unsigned char *c = (const unsigned char *)text;
    while (*c >= 0x20 && *c != 0x7F) {
        c++;
    }
    if (*c == '\0') {
        return text;
    }
    (void)printable_encode(text, strlen(text), buffer, SAFE_SIZE);
    return buffer;
}

/* The value of a field as text; NULL: it has none. */
static const char *
field_text(const struct log_field *field, char number[static 24])
{
    if (field->type == FIELD_NUMBER) {
        (void)snprintf(number, 24, "%lld", (long long)field->number);
        return number;
    }
    return field->text;
}

/* "message key=value key=\"two words\"" */
static void
format_line(char line[static LINE_SIZE], const char *message, const struct log_field *fields)
{
    size_t used = (size_t)snprintf(line, LINE_SIZE, "%s", message);
    for (; fields->key != NULL && used < LINE_SIZE - 1; fields++) {
        char number[24];
        char safe[SAFE_SIZE];
        const char *text = field_text(fields, number);
        if (text == NULL) {
            continue;
        }
        text = safe_text(text, safe);
        bool is_quoted = *text == '\0' || strpbrk(text, " =\"") != NULL;
        int length = snprintf(line + used, LINE_SIZE - used, is_quoted ? " %s=\"%s\"" : " %s=%s",
                              fields->key, text);
        used += length > 0 ? (size_t)length : 0;
    }
}

static void
write_stderr(enum log_level level, const char *line)
{
    char out[LINE_SIZE + 16];
    int length = snprintf(out, sizeof out, "%s: %s\n", level_words[level], line);
    /* one write a line, so that lines of several threads do not mix; a full pipe loses it */
    ssize_t written = write(STDERR_FILENO, out, (size_t)length);
    (void)written;
}

/* Room in `entry` for one more field; returns where its value goes. */
static size_t
put_field(char *fields, size_t used, size_t size, const char *key, const char *value)
{
    size_t at = used;
    for (const char *c = key; *c != '\0' && at + 2 < size; c++) {
        fields[at++] = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
    }
    fields[at++] = '=';
    for (const char *c = value; *c != '\0' && at + 1 < size; c++) {
        fields[at++] = *c;
    }
    fields[at++] = '\0';
    return at;
}

static void
queue_journal(enum log_level level, const char *line, const struct log_field *fields)
{
    enum { ENTRY_SIZE = 2 * LINE_SIZE };
    struct entry *entry = malloc(sizeof *entry + ENTRY_SIZE);
    if (entry == NULL) {
        return;
    }
    char priority[4];
    (void)snprintf(priority, sizeof priority, "%d", level_priorities[level]);
    entry->next = NULL;
    entry->fields_count = 2;
    size_t used = put_field(entry->fields, 0, ENTRY_SIZE, "message", line);
    used = put_field(entry->fields, used, ENTRY_SIZE, "priority", priority);
    for (; fields->key != NULL && entry->fields_count < FIELDS_MAX; fields++) {
        char number[24];
        char key[40];
        char safe[SAFE_SIZE];
        const char *text = field_text(fields, number);
        if (text == NULL || used + 64 > ENTRY_SIZE) {
            continue;
        }
        (void)snprintf(key, sizeof key, "roster_%s", fields->key);
        used = put_field(entry->fields, used, ENTRY_SIZE, key, safe_text(text, safe));
        entry->fields_count++;
        enum cause cause = strcmp(fields->key, "cause") == 0 ? cause_from_word(text) : CAUSE_COUNT;
        if (cause != CAUSE_NONE && cause != CAUSE_COUNT) {
            /* by which `journalctl -x` finds what the cause means, in our catalog */
            char id[MESSAGE_ID_SIZE];
            message_id_of(cause, id);
            used = put_field(entry->fields, used, ENTRY_SIZE, "message_id", id);
            entry->fields_count++;
        }
    }
    (void)pthread_mutex_lock(&logger.mutex);
    bool has_room = logger.queued < QUEUE_MAX;
    if (has_room) {
        *logger.tail = entry;
        logger.tail = &entry->next;
        logger.queued++;
        (void)pthread_cond_signal(&logger.changed);
    } else {
        logger.lost++;
    }
    (void)pthread_mutex_unlock(&logger.mutex);
    if (!has_room) {
        free(entry);
    }
}

void
log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    logger.counts[level]++;
    if ((int)level > logger.level) {
        return;
    }
    char line[LINE_SIZE];
    format_line(line, message, fields);
    if (logger.is_journal) {
        queue_journal(level, line, fields);
    } else {
        write_stderr(level, line);
    }
}
