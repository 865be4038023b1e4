/*
 * check: proves the parts one by one, one line each, with a hint for what is not well. What this
 * user may not look at is said to be skipped, never taken for well.
 */
#include "answer.h"
#include "error.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum verdict { VERDICT_OK, VERDICT_SKIPPED, VERDICT_WARNING, VERDICT_FAILED };

static const char *const verdict_words[] = {"OK", "SKIPPED", "WARNING", "FAILED"};

struct report {
    const struct ctl *ctl;
    json_t *checks; /* [{"name", "verdict", "text", "hint"}] */
    enum verdict worst;
};

static void add(struct report *report, const char *name, enum verdict verdict, const char *hint,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

static void
add(struct report *report, const char *name, enum verdict verdict, const char *hint,
    const char *format, ...)
{
    char text[SHOW_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *safe = words_safe(text);
    (void)json_array_append_new(report->checks, json_pack("{s:s, s:s, s:s, s:s}", "name", name,
                                                          "verdict", verdict_words[verdict], "text",
                                                          safe == NULL ? "" : safe, "hint", hint));
    free(safe);
    if (verdict > report->worst) {
        report->worst = verdict;
    }
}

/* --- this machine ---------------------------------------------------------------------------- */

/* The configuration file, or NULL when it cannot be read here. */
static json_t *
check_config(struct report *report)
{
    const char *path = report->ctl->options->config;
    json_error_t error;
    if (access(path, R_OK) != 0) {
        bool is_missing = errno == ENOENT;
        add(report, "configuration", VERDICT_SKIPPED,
            is_missing ? "name it with --config FILE" : "look as root",
            "%s: %s, so its folders are not looked at either", path,
            is_missing ? "there is none" : "this user may not read it");
        return NULL;
    }
    json_t *config = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(config)) {
        json_decref(config);
        add(report, "configuration", VERDICT_FAILED, "rosterd --check-config", "%s:%d:%d: %s", path,
            error.line, error.column, error.text);
        return NULL;
    }
    add(report, "configuration", VERDICT_OK, "", "%s is JSON", path);
    return config;
}

static const char *
config_path(const json_t *config, const char *group, const char *fallback)
{
    return get_text(json_object_get(config, group), "path", fallback);
}

/* A folder of ours: there, closed to others. Whether its contents can be looked at. */
static bool
check_folder(struct report *report, const char *name, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        bool is_hidden = errno == EACCES;
        add(report, name, is_hidden ? VERDICT_SKIPPED : VERDICT_FAILED,
            is_hidden ? "look as root" : "systemd-tmpfiles --create rosterd.conf", "%s: %s", path,
            is_hidden ? "this user may not look" : strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode) || (status.st_mode & 077) != 0) {
        add(report, name, VERDICT_FAILED, "chmod 0700, owner rosterd",
            "%s has mode %04o; children's data and secrets need 0700", path,
            (unsigned)(status.st_mode & 07777));
        return false;
    }
    if (access(path, R_OK | X_OK) != 0) {
        add(report, name, VERDICT_SKIPPED, "look as root", "%s: this user may not look inside",
            path);
        return false;
    }
    return true;
}

static void
check_spool_folder(struct report *report, const json_t *config)
{
    const char *path = config_path(config, "spool", "/var/lib/rosterd/spool");
    struct statvfs disk;
    char room[WORDS_SIZE];
    if (!check_folder(report, "spool folder", path)) {
        return;
    }
    if (statvfs(path, &disk) != 0) {
        add(report, "spool folder", VERDICT_WARNING, "", "%s: %s", path, strerror(errno));
        return;
    }
    json_int_t free_bytes = (json_int_t)(disk.f_bavail * disk.f_frsize);
    bool is_short = free_bytes < (json_int_t)1024 * 1024 * 1024 || disk.f_favail == 0;
    add(report, "spool folder", is_short ? VERDICT_WARNING : VERDICT_OK,
        is_short ? "free space on that disk, or move spool.path" : "", "%s, %s free on its disk",
        path, format_bytes(room, free_bytes));
}

/* Counts the secrets, and those that others could read. */
static void
check_credentials(struct report *report, const json_t *config)
{
    const char *path = config_path(config, "credentials", "/var/lib/rosterd/credentials");
    if (!check_folder(report, "credentials", path)) {
        return;
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        add(report, "credentials", VERDICT_FAILED, "look at its owner", "%s: %s", path,
            strerror(errno));
        return;
    }
    int secrets = 0;
    int open_secrets = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct stat status;
        if (fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode)) {
            secrets++;
            open_secrets += (status.st_mode & 077) != 0;
        }
    }
    (void)closedir(folder);
    if (open_secrets > 0) {
        add(report, "credentials", VERDICT_FAILED, "chmod 0600 the files in that folder",
            "%d of %d files in %s can be read by others", open_secrets, secrets, path);
    } else {
        add(report, "credentials", secrets == 0 ? VERDICT_WARNING : VERDICT_OK,
            secrets == 0 ? "put NAME.key or NAME.password there" : "", "%d file%s in %s", secrets,
            secrets == 1 ? "" : "s", path);
    }
}

static void
check_control(struct report *report, bool is_answering)
{
    const char *path = report->ctl->options->control_socket;
    if (!is_answering) {
        add(report, "control socket", VERDICT_SKIPPED, "", "needs the daemon");
        return;
    }
    if (access(path, W_OK) == 0) {
        add(report, "control socket", VERDICT_OK, "", "%s", path);
        return;
    }
    bool is_hidden = errno == EACCES;
    add(report, "control socket", is_hidden ? VERDICT_SKIPPED : VERDICT_FAILED,
        is_hidden ? "acting needs the group rosterd-admin" : "journalctl -u rosterd -n 50",
        "%s: %s", path, is_hidden ? "not for this user" : strerror(errno));
}

/* --- the daemon ------------------------------------------------------------------------------ */

/* The status, or NULL when the daemon cannot be asked. */
static json_t *
check_daemon(struct report *report)
{
    json_t *status = NULL;
    struct question question = {.door = DOOR_STATUS, .target = "/v1/status", .is_quiet = true};
    enum ctl_exit code = answer_get(report->ctl, &question, &status);
    if (code != CTL_DONE) {
        add(report, "daemon", VERDICT_FAILED, get_text(status, "hint", ""), "%s",
            get_text(status, "message", "no answer"));
        json_decref(status);
        return NULL;
    }
    const json_t *daemon = json_object_get(status, "daemon");
    const char *version = get_text(daemon, "version", "unknown");
    char age[SHOW_SIZE];
    if (get_truth(status, "stale")) {
        add(report, "daemon", VERDICT_FAILED, "systemctl status rosterd",
            "it answers, but its loop has not moved for %s",
            show_age(status, "taken_at", report->ctl->now, "an unknown time", age));
    } else if (strcmp(version, ROSTERD_VERSION) != 0) {
        add(report, "daemon", VERDICT_WARNING, "systemctl restart rosterd",
            "it runs version %s; installed is %s", version, ROSTERD_VERSION);
    } else {
        add(report, "daemon", VERDICT_OK, "", "%s %s, up %s", get_text(daemon, "name", "unknown"),
            version, show_age(daemon, "started_at", report->ctl->now, "unknown", age));
    }
    return status;
}

static void
check_database(struct report *report, const json_t *status)
{
    const json_t *database = json_object_get(status, "database");
    const json_t *daemon = json_object_get(status, "daemon");
    if (!get_truth(database, "up")) {
        add(report, "database", VERDICT_FAILED,
            "is PostgreSQL up? does database.conninfo fit, and pg_hba.conf and pg_ident.conf let "
            "the user rosterd in?",
            "not reached: %s", get_text(database, "detail", "no reason known"));
        add(report, "schema", VERDICT_SKIPPED, "", "needs the database");
        return;
    }
    double roundtrip_ms = get_real(database, "roundtrip_ms");
    add(report, "database", roundtrip_ms > 100 ? VERDICT_WARNING : VERDICT_OK,
        roundtrip_ms > 100 ? "is it far away, or short of CPU?" : "", "reached, round trip %.1f ms",
        roundtrip_ms);
    bool is_ready = get_truth(daemon, "ready");
    add(report, "schema", is_ready ? VERDICT_OK : VERDICT_FAILED,
        is_ready ? "" : "rosterd --migrate",
        is_ready ? "the daemon works with it" : "the daemon is not ready with this database");
}

static void
check_spool(struct report *report, const json_t *status)
{
    const json_t *spool = json_object_get(status, "spool");
    json_int_t bytes = get_count(spool, "bytes");
    json_int_t limit = get_count(spool, "limit_bytes");
    char used[WORDS_SIZE];
    char total[WORDS_SIZE];
    enum verdict verdict = bytes < 0 || bytes >= limit ? VERDICT_FAILED
                           : bytes > limit / 10 * 8    ? VERDICT_WARNING
                                                       : VERDICT_OK;
    add(report, "spool", verdict,
        verdict == VERDICT_OK ? "" : "raise spool.max_bytes or lower spool.keep_days", "%s of %s",
        format_bytes(used, bytes), format_bytes(total, limit));
}

static void
check_districts(struct report *report, const json_t *status)
{
    json_int_t needs = get_count(status, "needs_total");
    json_int_t total = get_count(json_object_get(status, "districts"), "total");
    char numbers[2][WORDS_SIZE];
    add(report, "districts", needs > 0 ? VERDICT_WARNING : VERDICT_OK,
        needs > 0 ? "rosterctl status" : "", "%s of %s need somebody",
        format_count(numbers[0], needs), format_count(numbers[1], total));
}

/* --- one district ---------------------------------------------------------------------------- */

static void
check_offered_key(struct report *report, const char *slug)
{
    char hint[SHOW_SIZE];
    json_t *answer = NULL;
    char *target = answer_target("/v1/districts/%s/hostkey", slug);
    struct question question = {.door = DOOR_CONTROL,
                                .target = target == NULL ? "" : target,
                                .body = json_object(),
                                .timeout_default_ms = 60000,
                                .is_quiet = true};
    enum ctl_exit code = answer_get(report->ctl, &question, &answer);
    (void)snprintf(hint, sizeof hint, "rosterctl hostkey %s", slug);
    if (code == CTL_NOT_PERMITTED) {
        add(report, "server", VERDICT_SKIPPED, "needs the group rosterd-admin", "not asked");
    } else if (code != CTL_DONE) {
        add(report, "server", VERDICT_FAILED, get_text(answer, "hint", ""), "%s",
            get_text(answer, "message", "no answer"));
    } else {
        size_t index = 0;
        const json_t *key = NULL;
        const json_t *offered = json_object_get(answer, "offered");
        bool is_pinned = false;
        json_array_foreach(offered, index, key)
        {
            is_pinned = is_pinned || get_truth(key, "pinned");
        }
        add(report, "server", is_pinned ? VERDICT_OK : VERDICT_FAILED, is_pinned ? "" : hint,
            is_pinned ? "it answers and shows a pinned host key"
                      : "it answers, but shows no pinned host key");
    }
    json_decref(answer);
    free(target);
}

static void
check_last_result(struct report *report, const json_t *district)
{
    char age[SHOW_SIZE];
    char step[SHOW_SIZE];
    const char *health = get_text(district, "health", "unknown");
    bool is_well = strcmp(health, "ok") == 0 || strcmp(health, "working") == 0;
    bool is_bad = strcmp(health, "failing") == 0 || strcmp(health, "held") == 0;
    if (is_well) {
        add(report, "last result", VERDICT_OK, "", "%s, last success %s%s", health,
            show_age(district, "last_success_at", report->ctl->now, "never", age),
            get_when(district, "last_success_at") < 0 ? "" : " ago");
    } else {
        add(report, "last result", is_bad ? VERDICT_FAILED : VERDICT_WARNING,
            show_next_step(district, step), "%s: %s", health, show_what(district));
    }
}

static void
check_district(struct report *report, const char *slug)
{
    json_t *answer = NULL;
    char *target = answer_target("/v1/districts/%s", slug);
    struct question question = {
        .door = DOOR_STATUS, .target = target == NULL ? "" : target, .is_quiet = true};
    enum ctl_exit code = answer_get(report->ctl, &question, &answer);
    free(target);
    if (code != CTL_DONE) {
        add(report, "district", VERDICT_FAILED, get_text(answer, "hint", ""), "%s",
            get_text(answer, "message", "no answer"));
        json_decref(answer);
        return;
    }
    const json_t *district = json_object_get(answer, "district");
    const json_t *source = json_object_get(district, "source");
    const char *sync = get_text(district, "sync", "unknown");
    bool is_on = strcmp(sync, "on") == 0;
    bool has_key = json_array_size(json_object_get(source, "host_keys")) > 0;
    char way_on[SHOW_SIZE];
    (void)snprintf(way_on, sizeof way_on,
                   strcmp(sync, "paused") == 0 ? "rosterctl resume %s"
                                               : "SELECT rosterd.set_sync('%s', true, 'why');",
                   get_text(district, "slug", slug));
    add(report, "switch", is_on ? VERDICT_OK : VERDICT_WARNING, is_on ? "" : way_on, "sync is %s",
        sync);
    char way_in[SHOW_SIZE];
    (void)snprintf(way_in, sizeof way_in, "rosterctl hostkey %s", get_text(district, "slug", slug));
    add(report, "lease", get_text(district, "daemon", NULL) != NULL ? VERDICT_OK : VERDICT_WARNING,
        "", "looked after by %s", get_text(district, "daemon", "no daemon"));
    add(report, "source", json_is_object(source) && has_key ? VERDICT_OK : VERDICT_FAILED,
        !json_is_object(source) ? "INSERT INTO rosterd.source (district_id, host, username, path, "
                                  "credential) …"
        : has_key               ? ""
                                : way_in,
        !json_is_object(source) ? "there is none"
        : has_key               ? "there, with a pinned host key"
                                : "there, but no host key is pinned");
    if ((report->ctl->options->given & OPTION_NO_NETWORK) != 0) {
        add(report, "server", VERDICT_SKIPPED, "", "--no-network");
    } else if (json_is_object(source)) {
        check_offered_key(report, slug);
    }
    check_last_result(report, district);
    json_decref(answer);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void
print_report(const struct report *report)
{
    static const char *const headings[] = {"", "", "", NULL};
    char line[SHOW_SIZE];
    size_t index = 0;
    json_t *check = NULL;
    struct table *table = table_new(headings);
    json_array_foreach(report->checks, index, check)
    {
        const char *verdict = get_text(check, "verdict", "");
        const char *hint = get_text(check, "hint", "");
        table_add(table, paint_of_word(verdict), verdict);
        table_add(table, PAINT_PLAIN, get_text(check, "name", ""));
        table_add(table, PAINT_PLAIN, get_text(check, "text", ""));
        if (*hint != '\0') {
            (void)snprintf(line, sizeof line, "-> %s", hint);
            table_note(table, PAINT_PLAIN, line);
        }
    }
    table_print(table, &report->ctl->painter, 0, true);
    table_free(table);
}

enum ctl_exit
verb_check(const struct ctl *ctl)
{
    struct report report = {.ctl = ctl, .checks = json_array()};
    json_t *config = check_config(&report);
    if (config != NULL) {
        check_spool_folder(&report, config);
        check_credentials(&report, config);
    }
    json_t *status = check_daemon(&report);
    check_control(&report, status != NULL);
    if (status != NULL) {
        check_database(&report, status);
        check_spool(&report, status);
    }
    if (status != NULL && ctl->options->words_count > 0) {
        check_district(&report, ctl->options->words[0]);
    } else if (status != NULL) {
        check_districts(&report, status);
    }
    if (ctl->options->is_json) {
        json_t *answer = json_pack("{s:i, s:s, s:O}", "schema", 1, "verdict",
                                   verdict_words[report.worst], "checks", report.checks);
        answer_print_json(answer);
        json_decref(answer);
    } else {
        print_report(&report);
    }
    json_decref(status);
    json_decref(config);
    json_decref(report.checks);
    return report.worst == VERDICT_FAILED    ? CTL_USAGE
           : report.worst == VERDICT_WARNING ? CTL_REFUSED
                                             : CTL_DONE;
}
