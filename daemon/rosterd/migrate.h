/*
 * --migrate: brings the schema of a database up to what lies in sql/. Blocking; it is a program of
 * its own that ends.
 */
#ifndef ROSTERD_MIGRATE_H
#define ROSTERD_MIGRATE_H

#include "config.h"
#include "error.h"

/*
 * In one transaction, one at a time whoever calls it: the roles if one is missing (or we are
 * superuser), every migration that is not in yet, then all functions and views.
 *
 * @return 0, or -1: nothing was changed. CAUSE_DB_SCHEMA: the schema is newer than sql/
 */
int migrate_run(const struct config *config, struct error *reterr);

/* The number of the newest migration in the folder. Returns 0 or -1. */
int migrate_newest(const char *sql_path, int *ret_number, struct error *reterr);

#endif
