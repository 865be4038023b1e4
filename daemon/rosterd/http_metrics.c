/*
 * Prometheus' text format 0.0.4. Every family is here in one place with its help; a lint of the
 * tests holds docs/metrics.md against it. Sums only: what has a value for each of 13,000 districts
 * has a path of its own, so that it can be scraped seldom.
 */
#include "http_call.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
gauge(FILE *out, const char *name, double value, const char *help)
{
    family(out, name, "gauge", help);
    fprintf(out, "%s %.17g\n", name, value);
}

static void
counter(FILE *out, const char *name, uint64_t value, const char *help)
{
    family(out, name, "counter", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

/* A moment that may not have come yet is left out: 0 would be a date in 1970. */
static void
moment(FILE *out, const char *name, double when, const char *help)
{
    if (when > 0) {
        gauge(out, name, when, help);
    }
}

/* A label's value: backslash, quote and newline escaped. */
static void
put_label(FILE *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"') {
            fputc('\\', out);
        }
        if (*value == '\n') {
            fputs("\\n", out);
        } else {
            fputc(*value, out);
        }
    }
}

static void
put_daemon(FILE *out, const struct snapshot *snapshot)
{
    family(out, "rosterd_build_info", "gauge", "The program, always 1.");
    fputs("rosterd_build_info{version=\"", out);
    put_label(out, snapshot->version);
    fputs("\"} 1\n", out);
    moment(out, "rosterd_up_to_date_timestamp_seconds", snapshot->taken_at,
           "When the loop last said how things are; old: the loop is stuck.");
    gauge(out, "rosterd_ready", snapshot->is_ready ? 1 : 0,
          "Whether districts can be synced: database reached, districts read.");
    gauge(out, "rosterd_draining", snapshot->is_draining ? 1 : 0,
          "Whether the daemon is stopping and starts nothing new.");
    gauge(out, "rosterd_lease_epoch", (double)snapshot->epoch_max,
          "Highest epoch of the leases held.");
    counter(out, "rosterd_takeovers_total", snapshot->counters.takeovers,
            "Districts taken, first or from another daemon.");
    family(out, "rosterd_loop_lag_seconds", "gauge",
           "How late the loop's timers were over five minutes.");
    fprintf(out, "rosterd_loop_lag_seconds{quantile=\"0.99\"} %.17g\n", snapshot->lag_p99_s);
    fprintf(out, "rosterd_loop_lag_seconds{quantile=\"1\"} %.17g\n", snapshot->lag_max_s);
    moment(out, "rosterd_config_applied_timestamp_seconds", snapshot->config_loaded_at,
           "When the configuration file was last loaded.");
    moment(out, "rosterd_districts_read_timestamp_seconds", snapshot->districts_read_at,
           "When the table of districts was last read.");
    family(out, "rosterd_log_messages_total", "counter", "Entries logged.");
    fprintf(out, "rosterd_log_messages_total{level=\"error\"} %" PRIu64 "\n",
            snapshot->counters.log_errors);
    fprintf(out, "rosterd_log_messages_total{level=\"warning\"} %" PRIu64 "\n",
            snapshot->counters.log_warnings);
}

static void
put_districts(FILE *out, const struct snapshot *snapshot)
{
    family(out, "rosterd_districts", "gauge", "Districts by their switch.");
    for (int word = 0; word < SYNC_COUNT; word++) {
        fprintf(out, "rosterd_districts{sync=\"%s\"} %" PRId64 "\n",
                sync_word((enum sync_word)word), snapshot->districts_by_sync[word]);
    }
    family(out, "rosterd_districts_health", "gauge", "Districts that are on, by health.");
    for (int word = 0; word < HEALTH_COUNT; word++) {
        fprintf(out, "rosterd_districts_health{health=\"%s\"} %" PRId64 "\n",
                health_word((enum health)word), snapshot->districts_by_health[word]);
    }
    gauge(out, "rosterd_holds", (double)snapshot->holds, "Runs that wait for a decision.");
    moment(out, "rosterd_oldest_hold_timestamp_seconds", snapshot->hold_oldest_at,
           "Since when the one that waits longest does.");
    gauge(out, "rosterd_districts_leased", (double)snapshot->districts_ours,
          "Districts this daemon looks after.");
}

static void
put_runs(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_counters *counters = &snapshot->counters;
    gauge(out, "rosterd_runs_running", (double)snapshot->runs_running, "Runs under way.");
    counter(out, "rosterd_runs_started_total", counters->runs_started, "Runs begun.");
    counter(out, "rosterd_runs_done_total", counters->runs_done, "Runs applied.");
    counter(out, "rosterd_runs_unchanged_total", counters->runs_unchanged,
            "Runs whose file was known or changed nothing.");
    counter(out, "rosterd_runs_held_total", counters->runs_held, "Runs held for a decision.");
    counter(out, "rosterd_runs_rejected_total", counters->runs_rejected,
            "Runs whose file could not be used.");
    counter(out, "rosterd_runs_failed_total", counters->runs_failed, "Runs that failed.");
    counter(out, "rosterd_runs_cancelled_total", counters->runs_cancelled,
            "Runs stopped by a switch or a pause.");
    counter(out, "rosterd_runs_interrupted_total", counters->runs_interrupted,
            "Runs whose daemon stopped.");
    counter(out, "rosterd_rows_read_total", counters->rows_read, "Rows of files that were staged.");
    counter(out, "rosterd_rows_staged_total", counters->rows_staged,
            "Rows brought into staging: those that are not as the night before.");
    counter(out, "rosterd_apply_retries_total", counters->apply_retries,
            "Applications tried again because the district's row was busy.");
    counter(out, "rosterd_stage_retries_total", counters->stage_retries,
            "Files staged again because the slot had lost its rows.");
    counter(out, "rosterd_stage_wholes_total", counters->stage_wholes,
            "Files staged again because the rows that had not changed were needed too.");
}

/* Failed polls and runs summed by the class of their cause, the part before the dot. */
static void
put_failures(FILE *out, const struct snapshot *snapshot)
{
    family(out, "rosterd_failures_total", "counter",
           "Polls and runs that failed, by the class of the cause.");
    for (int cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
        const char *word = cause_word((enum cause)cause);
        size_t length = strcspn(word, ".");
        const char *before = cause > CAUSE_NONE + 1 ? cause_word((enum cause)(cause - 1)) : "";
        if (strncmp(before, word, length) == 0 && strcspn(before, ".") == length) {
            continue; /* summed with the first of its class */
        }
        uint64_t sum = 0;
        for (int other = cause; other < CAUSE_COUNT; other++) {
            const char *other_word = cause_word((enum cause)other);
            if (strncmp(other_word, word, length) == 0 && strcspn(other_word, ".") == length) {
                sum += snapshot->counters.causes[other];
            }
        }
        fprintf(out, "rosterd_failures_total{cause_class=\"%.*s\"} %" PRIu64 "\n", (int)length,
                word, sum);
    }
}

static void
put_durations(FILE *out, const struct snapshot *snapshot)
{
    static const char name[] = "rosterd_step_duration_seconds";
    family(out, name, "histogram", "How long the steps took.");
    for (int step = 0; step < DURATION_COUNT; step++) {
        const struct snapshot_histogram *histogram = &snapshot->counters.durations[step];
        const char *word = snapshot_duration_words[step];
        uint64_t sum = 0;
        for (int bucket = 0; bucket < SNAPSHOT_BUCKETS; bucket++) {
            sum += histogram->buckets[bucket];
            fprintf(out, "%s_bucket{step=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, word,
                    snapshot_bucket_s[bucket], sum);
        }
        sum += histogram->buckets[SNAPSHOT_BUCKETS];
        fprintf(out, "%s_bucket{step=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, word, sum);
        fprintf(out, "%s_sum{step=\"%s\"} %.17g\n", name, word, histogram->sum_s);
        fprintf(out, "%s_count{step=\"%s\"} %" PRIu64 "\n", name, word, sum);
    }
}

static void
put_drops(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_counters *counters = &snapshot->counters;
    gauge(out, "rosterd_polls_running", (double)snapshot->polls_running, "Drops being looked at.");
    counter(out, "rosterd_polls_total", counters->polls, "Looks at a drop.");
    counter(out, "rosterd_poll_failures_total", counters->polls_failed,
            "Looks at a drop that failed.");
    counter(out, "rosterd_files_received_total", counters->files_fetched,
            "Files brought into the spool.");
    counter(out, "rosterd_sftp_received_bytes_total", counters->bytes_fetched,
            "Bytes of files brought into the spool.");
    counter(out, "rosterd_sftp_stalls_total", counters->causes[CAUSE_SFTP_STALLED],
            "Servers that stopped answering in mid-session.");
    counter(out, "rosterd_sftp_hostkey_mismatches_total",
            counters->causes[CAUSE_SFTP_HOSTKEY_CHANGED],
            "Servers that showed another host key than the pinned one.");
    if (snapshot->spool_bytes >= 0) {
        gauge(out, "rosterd_spool_bytes", (double)snapshot->spool_bytes, "Bytes in the spool.");
        gauge(out, "rosterd_spool_files", (double)snapshot->spool_files, "Files in the spool.");
    }
    gauge(out, "rosterd_spool_limit_bytes", (double)snapshot->spool_limit_bytes,
          "Bytes the spool may hold.");
    moment(out, "rosterd_spool_oldest_timestamp_seconds", snapshot->spool_oldest_at,
           "Time of the oldest file in the spool.");
}

static void
put_database(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_counters *counters = &snapshot->counters;
    gauge(out, "rosterd_db_up", snapshot->is_db_up ? 1 : 0, "Whether the database is reached.");
    if (snapshot->is_db_up && snapshot->db_roundtrip_s > 0) {
        gauge(out, "rosterd_db_roundtrip_seconds", snapshot->db_roundtrip_s,
              "Time the last heartbeat took.");
    }
    moment(out, "rosterd_db_heartbeat_timestamp_seconds", snapshot->heartbeat_at,
           "Last heartbeat that was written.");
    counter(out, "rosterd_db_connects_total", counters->db_connects, "Connections made.");
    counter(out, "rosterd_db_statements_total", counters->db_statements, "Statements sent.");
    counter(out, "rosterd_db_statement_failures_total", counters->db_failures,
            "Statements that failed.");
    counter(out, "rosterd_db_commit_unknown_total", counters->db_commit_unknown,
            "Commits whose answer was lost with the connection.");
}

static void
put_children(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_counters *counters = &snapshot->counters;
    counter(out, "rosterd_children_started_total", counters->children_started,
            "Child programs started.");
    counter(out, "rosterd_children_died_total", counters->children_died,
            "Child programs that ended unexpectedly.");
    counter(out, "rosterd_children_killed_total", counters->children_killed,
            "Child programs stopped over their deadline.");
}

static void
put_sockets(FILE *out, const struct http_counters *counters)
{
    family(out, "rosterd_socket_requests_total", "counter", "Requests on the local sockets.");
    for (int door = 0; door < HTTP_DOOR_COUNT; door++) {
        fprintf(out, "rosterd_socket_requests_total{socket=\"%s\"} %" PRIu64 "\n",
                http_door_words[door], atomic_load(&counters->requests[door]));
    }
    family(out, "rosterd_socket_refused_total", "counter",
           "Requests and connections refused before they were looked at.");
    for (int door = 0; door < HTTP_DOOR_COUNT; door++) {
        for (int refusal = 0; refusal < HTTP_REFUSAL_COUNT; refusal++) {
            fprintf(out, "rosterd_socket_refused_total{socket=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
                    http_door_words[door], http_refusal_words[refusal],
                    atomic_load(&counters->refused[door][refusal]));
        }
    }
}

static double
seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int
count_open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* the folder's own descriptor, "." and ".." */
    if (folder == NULL) {
        return -1;
    }
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

/* The names every exporter has for its process. */
static void
put_process(FILE *out, const struct snapshot *snapshot)
{
    struct rusage usage;
    struct rlimit limit;
    long long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm != NULL) {
        if (fscanf(statm, "%*s %lld", &pages) == 1) {
            gauge(out, "process_resident_memory_bytes",
                  (double)pages * (double)sysconf(_SC_PAGESIZE), "Memory in use.");
        }
        (void)fclose(statm);
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        family(out, "process_cpu_seconds_total", "counter", "Processor time used.");
        fprintf(out, "process_cpu_seconds_total %.17g\n",
                seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
    }
    int open_fds = count_open_fds();
    if (open_fds >= 0) {
        gauge(out, "process_open_fds", open_fds, "Open descriptors.");
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        gauge(out, "process_max_fds", (double)limit.rlim_cur, "Descriptors allowed.");
    }
    moment(out, "process_start_time_seconds", snapshot->started_at, "When the daemon started.");
}

char *
http_metrics_text(const struct snapshot *snapshot, const struct http_counters *counters)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return NULL;
    }
    double begun = http_now();
    put_daemon(out, snapshot);
    put_districts(out, snapshot);
    put_runs(out, snapshot);
    put_failures(out, snapshot);
    put_durations(out, snapshot);
    put_drops(out, snapshot);
    put_database(out, snapshot);
    put_children(out, snapshot);
    put_sockets(out, counters);
    put_process(out, snapshot);
    gauge(out, "rosterd_collect_seconds", http_now() - begun, "Time this answer took to write.");
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void
put_of_districts(FILE *out, const struct snapshot *snapshot, const char *name, const char *help,
                 double (*value_of)(const struct snapshot_district *district))
{
    family(out, name, "gauge", help);
    for (size_t index = 0; index < snapshot_districts_count(snapshot); index++) {
        const struct snapshot_district *district = snapshot_district_at(snapshot, index);
        fprintf(out, "%s{district=\"", name);
        put_label(out, district->slug);
        fprintf(out, "\"} %.17g\n", value_of(district));
    }
}

static double
last_success_of(const struct snapshot_district *district)
{
    return district->last_success_at;
}

static double
watched_of(const struct snapshot_district *district)
{
    return district->sync == SYNC_ON ? 1 : 0;
}

char *
http_metrics_districts_text(const struct snapshot *snapshot)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return NULL;
    }
    put_of_districts(out, snapshot, "rosterd_district_last_success_timestamp_seconds",
                     "When a run last confirmed the district's data; 0: never.", last_success_of);
    put_of_districts(out, snapshot, "rosterd_district_sync_enabled",
                     "Whether the district is on and not paused; alert on those only.", watched_of);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
