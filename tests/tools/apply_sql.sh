#!/bin/sh
# Apply sql/ to a database by psql, the way `rosterd --migrate` does: roles, then in one transaction
# the migrations that are not there yet, all functions, all views.
#
# usage: apply_sql.sh CONNINFO [SQL_FOLDER]       as a superuser of that database
set -eu

conninfo=${1:?usage: apply_sql.sh CONNINFO [SQL_FOLDER]}
sql=$(cd "${2:-$(dirname "$0")/../../sql}" && pwd)

# Not echo: some shells give backslashes in it a meaning.
say() { printf '%s\n' "$1"; }

script() {
    say "\\i $sql/roles.sql"
    say "BEGIN;"
    say "SET LOCAL ROLE rosterd_owner;"
    say "SELECT pg_advisory_xact_lock(hashtextextended('rosterd migrate', 0)) \\g /dev/null"
    say "CREATE SCHEMA IF NOT EXISTS rosterd;"
    say "CREATE TABLE IF NOT EXISTS rosterd.schema_migration (
              number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
    for file in "$sql"/migrations/*.sql; do
        name=$(basename "$file" .sql)
        number=${name%%-*}
        number=${number#"${number%%[!0]*}"}
        say "SELECT NOT EXISTS (SELECT FROM rosterd.schema_migration WHERE number = $number) AS todo \\gset"
        say "\\if :todo"
        say "INSERT INTO rosterd.schema_migration (number, name) VALUES ($number, '$name');"
        say "\\i $file"
        say "\\endif"
    done
    say "SET LOCAL check_function_bodies = off;"
    find "$sql/functions" -name '*.sql' | LC_ALL=C sort | sed 's/^/\\i /'
    find "$sql/views" -name '*.sql' | LC_ALL=C sort | sed 's/^/\\i /'
    say "COMMIT;"
}

script | psql -X -q -v ON_ERROR_STOP=1 -v client_min_messages=warning -d "$conninfo"
