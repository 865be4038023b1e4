#!/bin/sh
# Run the SQL tests in a throw-away PostgreSQL cluster: initdb, schema, pgTAP, pg_prove.
#
# usage: tests/sql/run.sh [TEST.sql …]     all tests of this folder when none is named
#        PGBIN=/usr/lib/postgresql/15/bin  where initdb and pg_ctl are (default: the newest installed)
#        KEEP=1                            leave the cluster up and print how to reach it
set -eu

here=$(cd "$(dirname "$0")" && pwd)
pgbin=${PGBIN:-$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)}
home=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-sql.XXXXXX")

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

stop() {
    status=$?
    if [ "${KEEP:-}" = 1 ]; then
        echo "kept: psql -h $home -U postgres -d rosterd; stop with: $pgbin/pg_ctl -D $home/data stop" >&2
        exit "$status"
    fi
    as_postgres "$pgbin/pg_ctl" -D "$home/data" -m immediate -s stop >"$home/stop" 2>&1 || true
    rm -rf "$home"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

[ "$(id -u)" != 0 ] || chown postgres "$home"
as_postgres "$pgbin/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$home/initdb" 2>&1 || {
    cat "$home/initdb" >&2
    exit 1
}
as_postgres "$pgbin/pg_ctl" -D "$home/data" -l "$home/log" -s -w \
    -o "-c listen_addresses='' -c unix_socket_directories=$home -c fsync=off -c shared_buffers=256MB -c max_locks_per_transaction=256" start
conninfo="host=$home user=postgres dbname=rosterd"
psql -X -q -d "host=$home user=postgres dbname=postgres" -c 'CREATE DATABASE rosterd'
"$here/../tools/apply_sql.sh" "$conninfo"
psql -X -q -d "$conninfo" -c 'CREATE EXTENSION pgtap'

[ $# -gt 0 ] || set -- "$here"/[0-9a-z]*_*.sql
PGHOST=$home PGUSER=postgres PGDATABASE=rosterd pg_prove -j 2 --set client_min_messages=warning "$@"
