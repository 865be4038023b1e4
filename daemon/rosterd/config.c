/*
 * One row a key. To add one: a member in struct config, a row here, a line in rosterd.json(5).
 */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "place.h"

#define FILE_MAX_BYTES 65536
#define NAME_SIZE 64

enum type { TYPE_TEXT, TYPE_PATH, TYPE_INTEGER, TYPE_REAL, TYPE_LEVEL };

enum { FIXED = 0, RELOADABLE = 1, REQUIRED = 2 };

struct key {
    const char *section; /* NULL: at the top */
    const char *name;
    enum type type;
    size_t offset;
    unsigned flags;
    const char *text; /* default of text */
    double value;     /* default of numbers */
    double min, max;
};

#define AT(member) offsetof(struct config, member)
#define DAY_S 86400.0

static const struct key keys[] = {
    {"database", "conninfo", TYPE_TEXT, AT(database.conninfo), REQUIRED, "", 0, 1, 4096},
    {"database", "stage_conninfo", TYPE_TEXT, AT(database.stage_conninfo), FIXED, "", 0, 0, 4096},
    {"database", "migrate_conninfo", TYPE_TEXT, AT(database.migrate_conninfo), FIXED, "", 0, 0,
     4096},
    {"spool", "path", TYPE_PATH, AT(spool.path), FIXED, "/var/lib/rosterd/spool", 0, 1, 1024},
    {"spool", "max_bytes", TYPE_INTEGER, AT(spool.max_bytes), RELOADABLE, NULL, 21474836480.0, 1e6,
     1e15},
    {"spool", "keep_days", TYPE_REAL, AT(spool.keep_days), RELOADABLE, NULL, 7, 0, 3650},
    {"credentials", "path", TYPE_PATH, AT(credentials.path), FIXED, "/var/lib/rosterd/credentials",
     0, 1, 1024},
    {"sockets", "status", TYPE_PATH, AT(sockets.status), FIXED, "/run/rosterd/status.sock", 0, 1,
     107},
    {"sockets", "control", TYPE_PATH, AT(sockets.control), FIXED, "/run/rosterd/control.sock", 0, 1,
     107},
    {"sockets", "status_group", TYPE_TEXT, AT(sockets.status_group), FIXED, "rosterd-view", 0, 0,
     32},
    {"sockets", "control_group", TYPE_TEXT, AT(sockets.control_group), FIXED, "rosterd-admin", 0, 0,
     32},
    {"programs", "fetch", TYPE_PATH, AT(programs.fetch), FIXED,
     ROSTERD_PROGRAMS_PATH "/rosterd-fetch", 0, 1, 1024},
    {"programs", "stage", TYPE_PATH, AT(programs.stage), FIXED,
     ROSTERD_PROGRAMS_PATH "/rosterd-stage", 0, 1, 1024},
    {NULL, "sql", TYPE_PATH, AT(sql), FIXED, ROSTERD_SQL_PATH, 0, 1, 1024},
    {"workers", "fetch", TYPE_INTEGER, AT(workers.fetch), FIXED, NULL, 2, 1, 16},
    {"workers", "sessions", TYPE_INTEGER, AT(workers.sessions), RELOADABLE, NULL, 64, 1, 64},
    {"workers", "sessions_per_host", TYPE_INTEGER, AT(workers.sessions_per_host), RELOADABLE, NULL,
     4, 1, 64},
    {"workers", "stage", TYPE_INTEGER, AT(workers.stage), FIXED, NULL, 2, 1, CONFIG_SLOTS_MAX},
    {"deadlines", "connect_s", TYPE_REAL, AT(deadlines.connect_s), RELOADABLE, NULL, 15, 0.05, 600},
    {"deadlines", "silence_s", TYPE_REAL, AT(deadlines.silence_s), RELOADABLE, NULL, 30, 0.05,
     3600},
    {"deadlines", "fetch_s", TYPE_REAL, AT(deadlines.fetch_s), RELOADABLE, NULL, 3600, 0.05, DAY_S},
    {"deadlines", "stage_s", TYPE_REAL, AT(deadlines.stage_s), RELOADABLE, NULL, 3600, 0.05, DAY_S},
    {"deadlines", "plan_s", TYPE_REAL, AT(deadlines.plan_s), RELOADABLE, NULL, 1800, 0.05, DAY_S},
    {"deadlines", "apply_s", TYPE_REAL, AT(deadlines.apply_s), RELOADABLE, NULL, 3600, 0.05, DAY_S},
    {"deadlines", "drain_s", TYPE_REAL, AT(deadlines.drain_s), RELOADABLE, NULL, 60, 0, 3600},
    {"schedule", "jitter_percent", TYPE_REAL, AT(schedule.jitter_percent), RELOADABLE, NULL, 10, 0,
     50},
    {"schedule", "reread_s", TYPE_REAL, AT(schedule.reread_s), RELOADABLE, NULL, 30, 0.1, 3600},
    {"schedule", "retry_min_s", TYPE_REAL, AT(schedule.retry_min_s), RELOADABLE, NULL, 30, 0.05,
     3600},
    {"schedule", "retry_max_s", TYPE_REAL, AT(schedule.retry_max_s), RELOADABLE, NULL, 3600, 0.05,
     DAY_S},
    {"lease", "ttl_s", TYPE_REAL, AT(lease.ttl_s), FIXED, NULL, 30, 0.5, 3600},
    {"retention", "runs_days", TYPE_INTEGER, AT(retention.runs_days), RELOADABLE, NULL, 400, 1,
     36500},
    {"retention", "findings_days", TYPE_INTEGER, AT(retention.findings_days), RELOADABLE, NULL, 90,
     1, 36500},
    {"retention", "audit_days", TYPE_INTEGER, AT(retention.audit_days), RELOADABLE, NULL, 400, 14,
     36500},
    {"log", "level", TYPE_LEVEL, AT(log.level), RELOADABLE, NULL, LEVEL_INFO, 0, 0},
};
#define KEYS_COUNT (sizeof keys / sizeof keys[0])

static void *
member(struct config *config, const struct key *key)
{
    return (char *)config + key->offset;
}

/* "database.conninfo" */
static const char *
key_name(const struct key *key, char buffer[static NAME_SIZE])
{
    (void)snprintf(buffer, NAME_SIZE, "%s%s%s", key->section == NULL ? "" : key->section,
                   key->section == NULL ? "" : ".", key->name);
    return buffer;
}

static int
set_defaults(struct config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t at = 0; at < KEYS_COUNT; at++) {
        void *to = member(config, &keys[at]);
        switch (keys[at].type) {
        case TYPE_TEXT:
        case TYPE_PATH:
            if ((*(char **)to = strdup(keys[at].text)) == NULL) {
                return -1;
            }
            break;
        case TYPE_INTEGER:
            *(int64_t *)to = (int64_t)keys[at].value;
            break;
        case TYPE_REAL:
            *(double *)to = keys[at].value;
            break;
        case TYPE_LEVEL:
            *(enum log_level *)to = LEVEL_INFO;
            break;
        }
    }
    return 0;
}

void
config_deinit(struct config *config)
{
    for (size_t at = 0; at < KEYS_COUNT; at++) {
        if (keys[at].type == TYPE_TEXT || keys[at].type == TYPE_PATH) {
            char **text = member(config, &keys[at]);
            free(*text);
            *text = NULL;
        }
    }
}

/* A file being read: for messages. */
struct source {
    const char *text;
    const char *name;
};

/* An error at a key: the section and the key, or the section alone. */
static int
fail_at(const struct source *source, const char *section, const char *name, const char *what,
        struct error *reterr)
{
    const char *path[2];
    size_t depth = 0;
    if (section != NULL) {
        path[depth++] = section;
    }
    if (name != NULL) {
        path[depth++] = name;
    }
    struct place place = place_find(source->text, path, depth);
    return error_set(reterr, CAUSE_CONFIG_INVALID, "%s:%d:%d: %s%s%s %s", source->name, place.line,
                     place.column, section == NULL ? "" : section,
                     section == NULL || name == NULL ? "" : ".", name == NULL ? "" : name, what);
}

static int
set_text(const struct key *key, const json_t *value, char **to, char what[static 160])
{
    if (!json_is_string(value)) {
        (void)snprintf(what, 160, "must be a string");
        return -1;
    }
    const char *text = json_string_value(value);
    size_t length = strlen(text);
    if (length != json_string_length(value) || (double)length < key->min ||
        (double)length > key->max) {
        (void)snprintf(what, 160, "must have %.0f to %.0f bytes", key->min, key->max);
        return -1;
    }
    if (key->type == TYPE_PATH && *text != '/') {
        (void)snprintf(what, 160, "must be an absolute path");
        return -1;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        (void)snprintf(what, 160, "does not fit into memory");
        return -1;
    }
    free(*to);
    *to = copy;
    return 0;
}

/* Sets one key. Returns 0, or -1 with what is wrong in `what`. */
static int
set_value(struct config *config, const struct key *key, const json_t *value, char what[static 160])
{
    void *to = member(config, key);
    if (key->type == TYPE_TEXT || key->type == TYPE_PATH) {
        return set_text(key, value, to, what);
    }
    if (key->type == TYPE_LEVEL) {
        const char *word = json_string_value(value);
        if (word != NULL && log_level_parse(word, to) == 0) {
            return 0;
        }
        (void)snprintf(what, 160, "must be \"error\", \"warning\", \"info\" or \"debug\"");
        return -1;
    }
    bool is_integer = key->type == TYPE_INTEGER;
    if (is_integer ? !json_is_integer(value) : !json_is_number(value)) {
        (void)snprintf(what, 160, is_integer ? "must be a whole number" : "must be a number");
        return -1;
    }
    double number = json_number_value(value);
    if (number < key->min || number > key->max) {
        (void)snprintf(what, 160, "must be from %.15g to %.15g", key->min, key->max);
        return -1;
    }
    if (is_integer) {
        *(int64_t *)to = json_integer_value(value);
    } else {
        *(double *)to = number;
    }
    return 0;
}

static const struct key *
find_key(const char *section, const char *name)
{
    for (size_t at = 0; at < KEYS_COUNT; at++) {
        bool same = section == NULL || keys[at].section == NULL
                        ? section == keys[at].section
                        : strcmp(section, keys[at].section) == 0;
        if (same && strcmp(name, keys[at].name) == 0) {
            return &keys[at];
        }
    }
    return NULL;
}

static bool
is_section(const char *name)
{
    for (size_t at = 0; at < KEYS_COUNT; at++) {
        if (keys[at].section != NULL && strcmp(keys[at].section, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The keys of the whole file (section NULL) or of one section. */
static int
set_object(struct config *config, const struct source *source, const char *section, json_t *object,
           struct error *reterr)
{
    const char *name;
    json_t *value;
    char what[160];
    json_object_foreach(object, name, value)
    {
        const struct key *key = find_key(section, name);
        if (key != NULL) {
            if (set_value(config, key, value, what) != 0) {
                return fail_at(source, section, name, what, reterr);
            }
        } else if (section != NULL || !is_section(name)) {
            return fail_at(source, section, name, "is not a key of rosterd", reterr);
        } else if (!json_is_object(value)) {
            return fail_at(source, section, name, "must be an object", reterr);
        } else if (set_object(config, source, name, value, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

/* What no single key can say. */
static int
check_whole(const struct config *config, const struct source *source, struct error *reterr)
{
    char name[NAME_SIZE];
    for (size_t at = 0; at < KEYS_COUNT; at++) {
        const char *const *text = (const void *)((const char *)config + keys[at].offset);
        if ((keys[at].flags & REQUIRED) != 0 && **text == '\0') {
            return error_set(reterr, CAUSE_CONFIG_INVALID, "%s: %s must be given", source->name,
                             key_name(&keys[at], name));
        }
    }
    if (config->schedule.retry_min_s > config->schedule.retry_max_s) {
        return fail_at(source, "schedule", "retry_min_s", "must not be over schedule.retry_max_s",
                       reterr);
    }
    if (strcmp(config->sockets.status, config->sockets.control) == 0) {
        return fail_at(source, "sockets", "control", "must differ from sockets.status", reterr);
    }
    return 0;
}

int
config_parse(const char *text, const char *name, struct config *ret_config, struct error *reterr)
{
    const struct source source = {text, name};
    struct config config;
    json_error_t json_error;
    if (set_defaults(&config) != 0) {
        config_deinit(&config);
        return error_set(reterr, CAUSE_MEMORY, "%s: memory ran out", name);
    }
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &json_error);
    int failed = 0;
    if (root == NULL) {
        failed = error_set(reterr, CAUSE_CONFIG_INVALID, "%s:%d:%d: %s", name, json_error.line,
                           json_error.column, json_error.text);
    } else if (!json_is_object(root)) {
        failed = error_set(reterr, CAUSE_CONFIG_INVALID, "%s:1:1: must be an object", name);
    } else {
        failed = set_object(&config, &source, NULL, root, reterr) != 0 ||
                 check_whole(&config, &source, reterr) != 0;
    }
    json_decref(root);
    if (failed != 0) {
        config_deinit(&config);
        return -1;
    }
    *ret_config = config;
    return 0;
}

int
config_load(const char *path, struct config *ret_config, struct error *reterr)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, errno, "%s", path);
    }
    char *text = malloc(FILE_MAX_BYTES + 1);
    size_t length = text == NULL ? 0 : fread(text, 1, FILE_MAX_BYTES + 1, file);
    bool has_failed = ferror(file) != 0;
    (void)fclose(file);
    int result;
    if (text == NULL) {
        result = error_set(reterr, CAUSE_MEMORY, "%s: memory ran out", path);
    } else if (has_failed) {
        result = error_set(reterr, CAUSE_CONFIG_INVALID, "%s: cannot be read", path);
    } else if (length > FILE_MAX_BYTES) {
        result = error_set(reterr, CAUSE_CONFIG_INVALID, "%s: is larger than %d bytes", path,
                           FILE_MAX_BYTES);
    } else if (memchr(text, '\0', length) != NULL) {
        result = error_set(reterr, CAUSE_CONFIG_INVALID, "%s: holds a NUL byte", path);
    } else {
        text[length] = '\0';
        result = config_parse(text, path, ret_config, reterr);
    }
    free(text);
    return result;
}

/* Copies a key that may change, or tells that it differs. */
static bool
take_over(struct config *config, const struct config *fresh, const struct key *key)
{
    void *to = member(config, key);
    const void *from = (const char *)fresh + key->offset;
    bool is_reloadable = (key->flags & RELOADABLE) != 0;
    switch (key->type) {
    case TYPE_TEXT:
    case TYPE_PATH:
        return strcmp(*(char *const *)to, *(char *const *)from) == 0;
    case TYPE_INTEGER:
        if (is_reloadable) {
            *(int64_t *)to = *(const int64_t *)from;
        }
        return *(const int64_t *)to == *(const int64_t *)from;
    case TYPE_REAL:
        if (is_reloadable) {
            *(double *)to = *(const double *)from;
        }
        return memcmp(to, from, sizeof(double)) == 0;
    case TYPE_LEVEL:
        *(enum log_level *)to = *(const enum log_level *)from;
        return true;
    }
    return true;
}

void
config_reload(struct config *config, const struct config *fresh, char *ret_fixed, size_t size)
{
    size_t used = 0;
    ret_fixed[0] = '\0';
    for (size_t at = 0; at < KEYS_COUNT; at++) {
        char name[NAME_SIZE];
        if (!take_over(config, fresh, &keys[at]) && used < size) {
            int length = snprintf(ret_fixed + used, size - used, "%s%s", used == 0 ? "" : " ",
                                  key_name(&keys[at], name));
            used += length > 0 ? (size_t)length : 0;
        }
    }
}
