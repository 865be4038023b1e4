/*
 * The configuration file: JSON, one table of keys in config.c. Every key is optional but
 * database.conninfo; an unknown key, a wrong type or a number out of range is an error that names
 * line and column.
 */
#ifndef ROSTERD_CONFIG_H
#define ROSTERD_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "log.h"

/* Staging slots the schema has. */
#define CONFIG_SLOTS_MAX 8

/* Strings are never NULL; "" means not given. */
struct config {
    struct {
        char *conninfo;
        char *stage_conninfo;   /* user=rosterd_stage_N is added */
        char *migrate_conninfo; /* of --migrate */
    } database;
    struct {
        char *path;
        int64_t max_bytes;
        double keep_days;
    } spool;
    struct {
        char *path;
    } credentials;
    struct {
        char *status;
        char *control;
        char *status_group;
        char *control_group;
    } sockets;
    struct {
        char *fetch;
        char *stage;
    } programs;
    char *sql;
    struct {
        int64_t fetch;    /* processes */
        int64_t sessions; /* at once in one of them */
        int64_t sessions_per_host;
        int64_t stage; /* runs at once from staging to commit */
    } workers;
    struct {
        double connect_s;
        double silence_s;
        double fetch_s;
        double stage_s;
        double plan_s;
        double apply_s;
        double drain_s;
    } deadlines;
    struct {
        double jitter_percent;
        double reread_s;
        double retry_min_s;
        double retry_max_s;
    } schedule;
    struct {
        double ttl_s;
    } lease;
    struct {
        int64_t runs_days;
        int64_t findings_days;
        int64_t audit_days;
    } retention;
    struct {
        enum log_level level;
    } log;
};

/*
 * Reads the file, or a text that stands for it (`name` goes into messages).
 *
 * @param ret_config  to be given back with config_deinit
 * @return 0, or -1 with CAUSE_CONFIG_INVALID and "FILE:LINE:COLUMN: …"
 */
int config_load(const char *path, struct config *ret_config, struct error *reterr);
int config_parse(const char *text, const char *name, struct config *ret_config,
                 struct error *reterr);

void config_deinit(struct config *config);

/* Takes over what may change while the daemon runs from `fresh` into `config`.
 *
 * @param ret_fixed  names up to `size` - 1 bytes of keys that differ but need a restart, with
 *                   spaces between; "" if there are none
 */
void config_reload(struct config *config, const struct config *fresh, char *ret_fixed, size_t size);

#endif
